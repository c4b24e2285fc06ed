// Taking out one's own data, in Dutch.

export default {
  title: 'Mijn gegevens',
  text: 'Alles wat Daylight van je bewaart, als één bestand: je profiel en apparaten, je kanalen en hoelang die bewaren wat er gezegd wordt, je berichten en bestanden, je reacties en bevestigingen, en wat over jou is vastgelegd.',
  not_in: 'Wat anderen schreven staat er niet in.',
  get: 'Mijn gegevens ophalen',
  ask_text: 'Het wordt nu gemaakt, van wat nu te lezen is. Dat je het ophaalde, wordt vastgelegd.',
  secret: 'Je pincode of wachtwoord',
  secret_hint: 'Zodat niemand het meeneemt van een apparaat dat je open liet staan.',
  download: 'Downloaden',
  cancel: 'Annuleren',
  coming: 'Je gegevens zijn onderweg. Een groot bestand duurt even.',
};
