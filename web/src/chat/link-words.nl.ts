// The words of previews of links in Dutch.

export default {
  ahead: 'Gaat met je bericht mee',
  remove: 'Zonder voorbeeld versturen',
};
