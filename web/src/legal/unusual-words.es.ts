// What is unusual in the ledger, in Spanish.

export default {
  title: 'Inusual',
  none: 'Nada inusual desde el {date}.',
  hint: 'Muchas exportaciones o consultas en un día, y cualquiera en fin de semana o fuera de {from} a {to}, según tu reloj. No tiene por qué estar mal. Revisado desde el {date}.',
  many_exports: '{who} exportó {n} vez el {day}.|{who} exportó {n} veces el {day}.',
  many_looks: '{who} consultó {n} vez el {day}.|{who} consultó {n} veces el {day}.',
  off_exports: '{who} exportó fuera de horario el {day}, {n} vez.|{who} exportó fuera de horario el {day}, {n} veces.',
  off_looks: '{who} consultó fuera de horario el {day}, {n} vez.|{who} consultó fuera de horario el {day}, {n} veces.',
};
