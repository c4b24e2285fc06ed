// Supervision where one writes, in Arabic.

export default {
  watched: 'تحت الإشراف: تنظر قواعد فيما يُكتب هنا، وتقرأ القانونية ما تلتقطه.',
  message: 'الرسالة',
  send: 'إرسال',
  leave_it: 'اتركها الآن',
  asked: 'ألقِ نظرة أخرى على هذا قبل إرساله',
  blocked: 'لا يمكن إرسال هذا هنا',
  change: 'تغييره',
  anyway: 'إرسال على أي حال',
  discard: 'تجاهل',
};
