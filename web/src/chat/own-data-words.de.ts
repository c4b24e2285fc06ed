// Taking out one's own data, in German.

export default {
  title: 'Meine Daten',
  text: 'Alles, was Daylight von dir aufbewahrt, als eine Datei: dein Profil und deine Geräte, deine Kanäle und wie lange sie aufbewahren, was gesagt wird, deine Nachrichten und Dateien, deine Reaktionen und Bestätigungen und was über dich festgehalten wurde.',
  not_in: 'Was andere geschrieben haben, ist nicht dabei.',
  get: 'Meine Daten holen',
  ask_text: 'Sie werden jetzt zusammengestellt, aus dem, was jetzt lesbar ist. Dass du sie geholt hast, wird festgehalten.',
  secret: 'Deine PIN oder dein Passwort',
  secret_hint: 'Damit sie niemand von einem Gerät nimmt, das du offen gelassen hast.',
  download: 'Herunterladen',
  cancel: 'Abbrechen',
  coming: 'Deine Daten sind unterwegs. Bei einer großen Datei dauert es etwas.',
};
