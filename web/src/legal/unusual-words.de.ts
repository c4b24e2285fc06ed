// What is unusual in the ledger, in German.

export default {
  title: 'Ungewöhnliches',
  none: 'Nichts Ungewöhnliches seit {date}.',
  hint: 'Viele Exporte oder Einsichten an einem Tag, und jede am Wochenende oder außerhalb von {from} bis {to}, nach deiner Uhr. Es muss nichts Falsches sein. Durchgesehen seit {date}.',
  many_exports: '{who} hat am {day} {n} Mal exportiert.|{who} hat am {day} {n} Mal exportiert.',
  many_looks: '{who} hat am {day} {n} Mal eingesehen.|{who} hat am {day} {n} Mal eingesehen.',
  off_exports: '{who} hat am {day} außerhalb der Zeiten exportiert, {n} Mal.|{who} hat am {day} außerhalb der Zeiten exportiert, {n} Mal.',
  off_looks: '{who} hat am {day} außerhalb der Zeiten eingesehen, {n} Mal.|{who} hat am {day} außerhalb der Zeiten eingesehen, {n} Mal.',
};
