// Taking out one's own data, in Spanish.

export default {
  title: 'Mis datos',
  text: 'Todo lo que Daylight guarda de ti, en un solo archivo: tu perfil y tus dispositivos, tus canales y cuánto tiempo guardan lo que se dice, tus mensajes y archivos, tus reacciones y confirmaciones, y lo que se registró sobre ti.',
  not_in: 'Lo que escribieron otras personas no está incluido.',
  get: 'Obtener mis datos',
  ask_text: 'Se prepara ahora, con lo que ahora se puede leer. Queda registrado que lo descargaste.',
  secret: 'Tu PIN o contraseña',
  secret_hint: 'Para que nadie se los lleve desde un dispositivo que dejaste abierto.',
  download: 'Descargar',
  cancel: 'Cancelar',
  coming: 'Tus datos están en camino. Un archivo grande tarda un poco.',
};
