// The words of the rule about signing in, for who runs the house, in Spanish.

export default {
  title: 'Inicio de sesión',
  hint: 'Quién muestra algo más que un PIN o contraseña, y cuánto dura la sesión.',
  second: 'Se pide un segundo paso a',
  second_text: 'Quien no lo tenga lo configurará enseguida y antes no podrá hacer nada más. Puede que seas tú.',
  missing: 'Una persona aún no lo tiene.|{n} personas aún no lo tienen.',
  days: 'Sesión abierta como máximo (días)',
  idle_days: 'Cerrada si no se usa durante (días)',
  days_hint: 'Vacío: sin límite.',
  days_fault: 'De 1 a 3.650 días, o vacío.',
  save: 'Guardar',
  saved: 'La regla está guardada.',
  has_second: 'Segundo paso',
  take_off: 'Quitar el segundo paso',
  take_off_title: '¿Quitar el segundo paso de {name}?',
  take_off_text: 'Para quien perdió su móvil. Sus códigos, llaves de acceso y códigos de recuperación ya no abren nada: basta su PIN o contraseña hasta que configure otro paso. Queda en el registro.',
  taken_off: 'Se ha quitado.',
};
