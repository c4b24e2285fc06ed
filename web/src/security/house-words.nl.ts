// The words of the rule about signing in, for who runs the house, in Dutch.

export default {
  title: 'Inloggen',
  hint: 'Wie meer toont dan een pincode of wachtwoord, en hoe lang mensen ingelogd blijven.',
  second: 'Een tweede stap wordt gevraagd van',
  second_text: 'Wie er geen heeft, stelt er meteen een in en kan daarvoor niets anders. Dat kun jij zijn.',
  missing: 'Eén persoon heeft er nog geen.|{n} mensen hebben er nog geen.',
  days: 'Hoogstens ingelogd (dagen)',
  idle_days: 'Uitgelogd na niet gebruikt (dagen)',
  days_hint: 'Leeg: geen grens.',
  days_fault: '1 tot 3.650 dagen, of leeg.',
  save: 'Opslaan',
  saved: 'De regel is opgeslagen.',
  has_second: 'Tweede stap',
  take_off: 'Tweede stap weghalen',
  take_off_title: 'De tweede stap van {name} weghalen?',
  take_off_text: 'Voor wie haar telefoon kwijt is. Haar codes, passkeys en herstelcodes openen niets meer: haar pincode of wachtwoord is genoeg tot ze een nieuwe stap instelt. Het staat in het logboek.',
  taken_off: 'Het is weggehaald.',
};
