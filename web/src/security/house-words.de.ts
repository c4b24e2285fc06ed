// The words of the rule about signing in, for who runs the house, in German.

export default {
  title: 'Anmelden',
  hint: 'Wer mehr zeigt als PIN oder Passwort, und wie lange man angemeldet bleibt.',
  second: 'Ein zweiter Schritt wird verlangt von',
  second_text: 'Wer keinen hat, richtet sofort einen ein und kann vorher nichts anderes tun. Das kannst auch du sein.',
  missing: 'Eine Person hat noch keinen.|{n} Personen haben noch keinen.',
  days: 'Höchstens angemeldet (Tage)',
  idle_days: 'Abgemeldet nach Nichtgebrauch (Tage)',
  days_hint: 'Leer: keine Grenze.',
  days_fault: '1 bis 3.650 Tage, oder leer.',
  save: 'Speichern',
  saved: 'Die Regel ist gespeichert.',
  has_second: 'Zweiter Schritt',
  take_off: 'Zweiten Schritt entfernen',
  take_off_title: 'Den zweiten Schritt von {name} entfernen?',
  take_off_text: 'Für jemanden, der sein Handy verloren hat. Codes, Passkeys und Wiederherstellungscodes öffnen nichts mehr: PIN oder Passwort genügen, bis ein neuer Schritt eingerichtet ist. Es steht im Protokoll.',
  taken_off: 'Er ist entfernt.',
};
