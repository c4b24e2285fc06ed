// Supervision where one writes, in Spanish.

export default {
  watched: 'Supervisada: unas reglas revisan lo que se escribe aquí y el área legal lee lo que recogen.',
  message: 'Mensaje',
  send: 'Enviar',
  leave_it: 'Dejarlo por ahora',
  asked: 'Vuelve a mirarlo antes de enviarlo',
  blocked: 'Esto no se puede enviar aquí',
  change: 'Cambiarlo',
  anyway: 'Enviar igualmente',
  discard: 'Descartar',
};
