// How the house is used, in Spanish.

export default {
  hint: 'Hasta dónde ha llegado cada comunidad, en sumas. Nada de esto trata de una sola persona: de menos de {n} personas no se dice nada, y una comunidad mayor se omite cuando una pequeña podría calcularse a partir de ella.',
  all: 'Todas',
  community: 'Comunidad',
  none: 'En ninguna comunidad',
  people: 'Personas',
  week: 'Activas en 7 días',
  month: 'Activas en 28 días',
  behind: 'Con anuncios sin leer',
  channels: 'Canales',
  few: 'Demasiado pocas',
  no_channel: 'Aún sin canal',
  counted: 'Cada persona cuenta una vez, en su comunidad más antigua. Está activa quien envió algo, también una confirmación de lectura.',
  small: 'Hay menos de {n} personas: todavía no se dice nada.',
};
