// Supervision where one writes, in German.

export default {
  watched: 'Beaufsichtigt: Regeln durchsuchen, was hier geschrieben wird, und die Rechtsabteilung liest, was sie herausgreifen.',
  message: 'Nachricht',
  send: 'Senden',
  leave_it: 'Vorerst lassen',
  asked: 'Bitte sieh dir das noch einmal an, bevor du es sendest',
  blocked: 'Das kann hier nicht gesendet werden',
  change: 'Ändern',
  anyway: 'Trotzdem senden',
  discard: 'Verwerfen',
};
