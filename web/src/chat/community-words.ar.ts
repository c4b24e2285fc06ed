// The words of communities and of asking to join, in Arabic.

export default {
  community: 'المجتمع',
  channels: 'قنوات هذا المجتمع',
  none: 'لا شيء بعد',
  in_none: 'ليست في أي مجتمع',
  in_community: 'في مجتمع {name}',
  put: 'وضعها في مجتمع',
  put_title: 'وضعها في «{name}»؟',
  put_text: 'يتلقى كل من في القناة إعلانات المجتمع، ويرى كل من في المجتمع أن القناة موجودة ويمكنه أن يطلب الانضمام.',
  take: 'إخراج',
  take_title: 'إخراجها من «{name}»؟',
  take_text: 'لا يغادر أحد قناة بسبب ذلك.',
  ask: 'طلب الانضمام',
  asked: 'طُلب',
  withdraw: 'سحب الطلب',
  at_door: 'من يطلب الانضمام',
  let_in: 'إدخال',
  let_in_name: 'إدخال {name}',
  refuse: 'رفض',
  refuse_name: 'رفض {name}',
  invite_ask: 'يُدخل أحد المالكين كل شخص بنفسه (لملصق قد يصوره أي أحد)',
};
