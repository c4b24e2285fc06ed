// The words of polls, in German.

export default {
  new_poll: 'Neue Umfrage',
  question: 'Frage',
  option_n: 'Antwort {n}',
  many: 'Mehrere Antworten möglich',
  open_to_all: 'Alle in der Unterhaltung sehen, wer wofür gestimmt hat.',
  twice: 'Jede Antwort kann nur einmal dastehen.',
  choose_one: 'Eine auswählen. Alle sehen deine Stimme.',
  choose_many: 'Eine oder mehrere auswählen. Alle sehen deine Stimme.',
  closed: 'Diese Umfrage ist geschlossen',
  votes_n: '{n} Stimme|{n} Stimmen',
  see_votes: 'Zeigen, wer abgestimmt hat',
  votes: 'Stimmen',
  no_votes: 'Noch niemand',
  yours: 'deine Wahl',
};
