// The words of previews of links in Arabic.

export default {
  ahead: 'تُرسل مع رسالتك',
  remove: 'الإرسال بلا معاينة',
};
