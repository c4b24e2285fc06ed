// The words of previews of links in German.

export default {
  ahead: 'Geht mit deiner Nachricht',
  remove: 'Ohne Vorschau senden',
};
