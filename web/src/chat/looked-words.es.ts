// Who looked, in Spanish.

export default {
  who_looked: 'Quién ha mirado',
  who_looked_text: 'Si alguien que no está en un canal tuyo abrió lo que hay en él por motivos legales.',
  none: 'Todavía nada que se pueda decir.',
  by_matter: 'El equipo legal leyó en {channel} para un asunto legal: {n} consulta.|El equipo legal leyó en {channel} para un asunto legal: {n} consultas.',
  by_export: 'El equipo legal sacó una exportación de {channel}: {n} vez.|El equipo legal sacó una exportación de {channel}: {n} veces.',
  told_rule: 'Se dice cuando el asunto se cierra y, a más tardar, un año después del día. Detrás de cada lectura hay dos personas, y cada consulta está en un registro que nadie puede cambiar.',
};
