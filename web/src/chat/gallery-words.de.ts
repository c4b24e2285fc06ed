// The words of the gallery, and of looking for what is in it, in German.

export default {
  media: 'Bilder, Dateien und Links',
  pictures: 'Bilder',
  files: 'Dateien',
  links: 'Links',
  has: 'Enthält',
  none: 'Hier ist noch nichts',
  older: 'Ältere zeigen',
  show_in: 'In der Unterhaltung zeigen',
  day: 'Tag',
  jump: 'Springen',
  arrival: 'Was von anderswo kam, steht am Tag, an dem es hereinkam.',
};
