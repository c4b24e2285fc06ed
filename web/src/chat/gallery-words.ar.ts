// The words of the gallery, and of looking for what is in it, in Arabic.

export default {
  media: 'الصور والملفات والروابط',
  pictures: 'الصور',
  files: 'الملفات',
  links: 'الروابط',
  has: 'يحتوي على',
  none: 'لا شيء هنا بعد',
  older: 'عرض الأقدم',
  show_in: 'عرض في المحادثة',
  day: 'اليوم',
  jump: 'انتقال',
  arrival: 'ما جُلب من مكان آخر يظهر في يوم جلبه.',
};
