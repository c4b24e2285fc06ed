// Who looked, in Dutch.

export default {
  who_looked: 'Wie heeft gekeken',
  who_looked_text: 'Of iemand die niet in een kanaal van jou zit, om juridische redenen heeft geopend wat erin staat.',
  none: 'Nog niets dat verteld kan worden.',
  by_matter: 'Een jurist heeft in {channel} gelezen voor een juridische zaak: {n} keer.|Een jurist heeft in {channel} gelezen voor een juridische zaak: {n} keer.',
  by_export: 'Een jurist heeft een export van {channel} opgehaald: {n} keer.|Een jurist heeft een export van {channel} opgehaald: {n} keer.',
  told_rule: 'Verteld wanneer de zaak gesloten is, en uiterlijk een jaar na de dag. Achter elke inzage staan twee juristen, en elke blik staat in een register dat niemand kan veranderen.',
};
