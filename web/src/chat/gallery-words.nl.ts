// The words of the gallery, and of looking for what is in it, in Dutch.

export default {
  media: "Foto's, bestanden en links",
  pictures: "Foto's",
  files: 'Bestanden',
  links: 'Links',
  has: 'Bevat',
  none: 'Hier is nog niets',
  older: 'Ouder tonen',
  show_in: 'In het gesprek tonen',
  day: 'Dag',
  jump: 'Springen',
  arrival: 'Wat van elders kwam, staat op de dag waarop het binnenkwam.',
};
