// Who looked, in German.

export default {
  who_looked: 'Wer hineingesehen hat',
  who_looked_text: 'Ob jemand, der nicht in einem deiner Kanäle ist, aus rechtlichen Gründen geöffnet hat, was darin steht.',
  none: 'Noch nichts, was gesagt werden kann.',
  by_matter: 'Die Rechtsabteilung hat in {channel} für einen Rechtsfall gelesen: {n} Blick.|Die Rechtsabteilung hat in {channel} für einen Rechtsfall gelesen: {n} Blicke.',
  by_export: 'Die Rechtsabteilung hat einen Export von {channel} entnommen: {n} Mal.|Die Rechtsabteilung hat einen Export von {channel} entnommen: {n} Mal.',
  told_rule: 'Gesagt wird es, wenn der Fall geschlossen ist, spätestens ein Jahr nach dem Tag. Hinter jedem Lesen stehen zwei Personen, und jeder Blick steht in einer Aufzeichnung, die niemand ändern kann.',
};
