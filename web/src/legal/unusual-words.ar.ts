// What is unusual in the ledger, in Arabic.

export default {
  title: 'غير المعتاد',
  none: 'لا شيء غير معتاد منذ {date}.',
  hint: 'تصديرات أو اطلاعات كثيرة في يوم واحد، وكل ما كان في عطلة الأسبوع أو خارج {from} إلى {to} بحسب ساعتك. وليس بالضرورة خطأ. فُحص منذ {date}.',
  many_exports: 'zero: {who} صدّر {n} مرة يوم {day}.|one: {who} صدّر مرة واحدة يوم {day}.|two: {who} صدّر مرتين يوم {day}.|few: {who} صدّر {n} مرات يوم {day}.|many: {who} صدّر {n} مرة يوم {day}.|other: {who} صدّر {n} مرة يوم {day}.',
  many_looks: 'zero: {who} اطّلع {n} مرة يوم {day}.|one: {who} اطّلع مرة واحدة يوم {day}.|two: {who} اطّلع مرتين يوم {day}.|few: {who} اطّلع {n} مرات يوم {day}.|many: {who} اطّلع {n} مرة يوم {day}.|other: {who} اطّلع {n} مرة يوم {day}.',
  off_exports: 'zero: {who} صدّر خارج الدوام {n} مرة يوم {day}.|one: {who} صدّر خارج الدوام مرة واحدة يوم {day}.|two: {who} صدّر خارج الدوام مرتين يوم {day}.|few: {who} صدّر خارج الدوام {n} مرات يوم {day}.|many: {who} صدّر خارج الدوام {n} مرة يوم {day}.|other: {who} صدّر خارج الدوام {n} مرة يوم {day}.',
  off_looks: 'zero: {who} اطّلع خارج الدوام {n} مرة يوم {day}.|one: {who} اطّلع خارج الدوام مرة واحدة يوم {day}.|two: {who} اطّلع خارج الدوام مرتين يوم {day}.|few: {who} اطّلع خارج الدوام {n} مرات يوم {day}.|many: {who} اطّلع خارج الدوام {n} مرة يوم {day}.|other: {who} اطّلع خارج الدوام {n} مرة يوم {day}.',
};
