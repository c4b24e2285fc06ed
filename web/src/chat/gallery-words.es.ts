// The words of the gallery, and of looking for what is in it, in Spanish.

export default {
  media: 'Imágenes, archivos y enlaces',
  pictures: 'Imágenes',
  files: 'Archivos',
  links: 'Enlaces',
  has: 'Contiene',
  none: 'Aquí no hay nada todavía',
  older: 'Ver anteriores',
  show_in: 'Ver en la conversación',
  day: 'Día',
  jump: 'Ir',
  arrival: 'Lo traído de otro lugar está en el día en que llegó.',
};
