// The words of polls, in Arabic.

export default {
  new_poll: 'استطلاع جديد',
  question: 'السؤال',
  option_n: 'الإجابة {n}',
  many: 'يمكن اختيار عدة إجابات',
  open_to_all: 'يرى كل من في المحادثة من صوّت ولماذا صوّت.',
  twice: 'كل إجابة مرة واحدة فقط.',
  choose_one: 'اختر واحدة. يرى الجميع صوتك.',
  choose_many: 'اختر واحدة أو أكثر. يرى الجميع صوتك.',
  closed: 'هذا الاستطلاع مغلق',
  votes_n: 'zero: لا أصوات|one: صوت واحد|two: صوتان|few: {n} أصوات|many: {n} صوتًا|other: {n} صوت',
  see_votes: 'من صوّت',
  votes: 'الأصوات',
  no_votes: 'لا أحد بعد',
  yours: 'اختيارك',
};
