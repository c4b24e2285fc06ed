// What is unusual in the ledger, in Dutch.

export default {
  title: 'Ongewoon',
  none: 'Niets ongewoons sinds {date}.',
  hint: 'Veel exports of inzagen op één dag, en elke in het weekend of buiten {from} tot {to}, volgens jouw klok. Het hoeft niet verkeerd te zijn. Bekeken sinds {date}.',
  many_exports: '{who} exporteerde {n} keer op {day}.|{who} exporteerde {n} keer op {day}.',
  many_looks: '{who} keek {n} keer op {day}.|{who} keek {n} keer op {day}.',
  off_exports: '{who} exporteerde buiten werktijd op {day}, {n} keer.|{who} exporteerde buiten werktijd op {day}, {n} keer.',
  off_looks: '{who} keek buiten werktijd op {day}, {n} keer.|{who} keek buiten werktijd op {day}, {n} keer.',
};
