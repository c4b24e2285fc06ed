// The words of polls, in Dutch.

export default {
  new_poll: 'Nieuwe peiling',
  question: 'Vraag',
  option_n: 'Antwoord {n}',
  many: 'Meerdere antwoorden mogelijk',
  open_to_all: 'Iedereen in het gesprek ziet wie waarop stemde.',
  twice: 'Elk antwoord kan er één keer staan.',
  choose_one: 'Kies er één. Iedereen ziet je stem.',
  choose_many: 'Kies er één of meer. Iedereen ziet je stem.',
  closed: 'Deze peiling is gesloten',
  votes_n: '{n} stem|{n} stemmen',
  see_votes: 'Zie wie stemde',
  votes: 'Stemmen',
  no_votes: 'Nog niemand',
  yours: 'jouw keuze',
};
