// The words of previews of links in Spanish.

export default {
  ahead: 'Va con tu mensaje',
  remove: 'Enviar sin la vista previa',
};
