// What a notice to preserve says, in each language: it is for its reader, and whoever sends it may change every word.

import { LANGUAGES, type Language } from '../core/i18n.ts';

const TEXT: Record<Language, string> = {
  en: `Please keep everything that may have to do with: …

Until you are told in writing that this has ended, do not delete or change messages, files, mails or notes about it, on the company’s devices or on your own.
What is in Daylight is kept already: you need not do anything there, and can use it as before.
Please do not talk about this notice with others. If you have a question, answer here.
Confirm below that you have read this.`,
  nl: `Bewaar alsjeblieft alles wat te maken kan hebben met: …

Verwijder of wijzig geen berichten, bestanden, mails of notities daarover, op apparaten van het bedrijf of van jezelf, tot je schriftelijk hoort dat dit voorbij is.
Wat in Daylight staat wordt al bewaard: daar hoef je niets te doen, en je kunt het gebruiken als altijd.
Praat alsjeblieft niet met anderen over dit bericht. Heb je een vraag, antwoord dan hier.
Bevestig hieronder dat je dit hebt gelezen.`,
  de: `Bitte bewahre alles auf, was zu tun haben könnte mit: …

Lösche oder ändere keine Nachrichten, Dateien, Mails oder Notizen dazu, weder auf Geräten der Firma noch auf eigenen, bis dir schriftlich gesagt wird, dass dies vorbei ist.
Was in Daylight steht, wird bereits aufbewahrt: Dort brauchst du nichts zu tun und kannst es benutzen wie bisher.
Sprich bitte nicht mit anderen über diese Mitteilung. Wenn du eine Frage hast, antworte hier.
Bestätige unten, dass du dies gelesen hast.`,
  es: `Por favor, conserva todo lo que pueda tener que ver con: …

Hasta que se te diga por escrito que esto ha terminado, no borres ni cambies mensajes, archivos, correos o notas sobre ello, ni en los dispositivos de la empresa ni en los tuyos.
Lo que está en Daylight ya se conserva: allí no tienes que hacer nada y puedes usarlo como siempre.
Por favor, no hables de este aviso con otras personas. Si tienes una pregunta, responde aquí.
Confirma abajo que lo has leído.`,
  ar: `يرجى الاحتفاظ بكل ما قد تكون له صلة بـ: …

إلى أن يُبلَّغ إليك كتابيًا أن الأمر انتهى، لا تحذف ولا تغيّر رسائل أو ملفات أو بريدًا أو ملاحظات عنه، لا على أجهزة الشركة ولا على أجهزتك.
ما في Daylight محفوظ بالفعل: لا يلزمك فعل شيء فيه، ويمكنك استخدامه كالمعتاد.
يرجى عدم الحديث عن هذا الإشعار مع الآخرين. إن كان لديك سؤال فأجب هنا.
أكّد أدناه أنك قرأت هذا.`,
};

/** What its sender fills in. */
export const BLANK = '…';

export const noticeText = (language: Language): string => TEXT[language];
export const NOTICE_LANGUAGES = Object.entries(LANGUAGES).map(([value, label]) => ({ value: value as Language, label }));
