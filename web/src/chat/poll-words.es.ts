// The words of polls, in Spanish.

export default {
  new_poll: 'Nueva encuesta',
  question: 'Pregunta',
  option_n: 'Respuesta {n}',
  many: 'Se pueden elegir varias respuestas',
  open_to_all: 'Todos en la conversación ven quién votó qué.',
  twice: 'Cada respuesta puede estar una sola vez.',
  choose_one: 'Elige una. Todos ven tu voto.',
  choose_many: 'Elige una o más. Todos ven tu voto.',
  closed: 'Esta encuesta está cerrada',
  votes_n: '{n} voto|{n} votos',
  see_votes: 'Ver quién votó',
  votes: 'Votos',
  no_votes: 'Nadie todavía',
  yours: 'tu elección',
};
