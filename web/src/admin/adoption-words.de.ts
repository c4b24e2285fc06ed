// How the house is used, in German.

export default {
  hint: 'Wie weit jede Community ist, in Summen. Nichts hier betrifft eine einzelne Person: Über weniger als {n} Personen wird nichts gesagt, und eine größere Community bleibt weg, wo eine kleine aus ihr zu berechnen wäre.',
  all: 'Alle',
  community: 'Community',
  none: 'In keiner Community',
  people: 'Personen',
  week: 'Aktiv in 7 Tagen',
  month: 'Aktiv in 28 Tagen',
  behind: 'Ankündigungen ungelesen',
  channels: 'Kanäle',
  few: 'Zu wenige',
  no_channel: 'Noch kein Kanal',
  counted: 'Jede Person wird einmal gezählt, in ihrer ältesten Community. Aktiv ist, wer etwas gesendet hat, auch eine Lesebestätigung.',
  small: 'Es sind weniger als {n} Personen: Es wird noch nichts gesagt.',
};
