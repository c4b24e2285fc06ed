// How the house is used, in Dutch.

export default {
  hint: 'Hoever elke community is, in totalen. Niets hier gaat over één persoon: over minder dan {n} mensen wordt niets verteld, en een grotere community blijft weg waar een kleine eruit te berekenen zou zijn.',
  all: 'Iedereen',
  community: 'Community',
  none: 'In geen community',
  people: 'Mensen',
  week: 'Actief in 7 dagen',
  month: 'Actief in 28 dagen',
  behind: 'Achter met aankondigingen',
  channels: 'Kanalen',
  few: 'Te weinig om te vertellen',
  no_channel: 'Nog geen kanaal',
  counted: 'Iedereen telt één keer, in de oudste community. Wie iets stuurde, ook een leesbevestiging, is actief.',
  small: 'Er zijn minder dan {n} mensen: er wordt nog niets verteld.',
};
