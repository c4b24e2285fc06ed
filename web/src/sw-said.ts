// What the service worker says, in every language: it has no catalogue to fetch when it is woken without a network.

import type { Language } from './core/i18n.ts';

export interface Said {
  /** Something is new, and the server did not say what. */
  news: string;
  /** It was, and is read meanwhile. */
  nothing: string;
  /** Of a group: `{name}` is who wrote last. */
  wrote: string;
  direct: string;
  urgent: string;
  test: string;
}

export const SAID: Record<Language, Said> = {
  en: { news: 'New messages in Daylight', nothing: 'Everything is read', wrote: '{name} wrote', direct: 'Wrote to you', urgent: 'Urgent', test: 'Notifications work on this device.' },
  nl: { news: 'Nieuwe berichten in Daylight', nothing: 'Alles is gelezen', wrote: '{name} heeft geschreven', direct: 'Heeft je geschreven', urgent: 'Dringend', test: 'Meldingen werken op dit apparaat.' },
  de: { news: 'Neue Nachrichten in Daylight', nothing: 'Alles ist gelesen', wrote: '{name} hat geschrieben', direct: 'Hat dir geschrieben', urgent: 'Dringend', test: 'Mitteilungen funktionieren auf diesem Gerät.' },
  es: { news: 'Mensajes nuevos en Daylight', nothing: 'Todo está leído', wrote: '{name} ha escrito', direct: 'Te ha escrito', urgent: 'Urgente', test: 'Las notificaciones funcionan en este dispositivo.' },
  ar: { news: 'رسائل جديدة في Daylight', nothing: 'كل شيء مقروء', wrote: 'كتب {name}', direct: 'كتب إليك', urgent: 'عاجل', test: 'الإشعارات تعمل على هذا الجهاز.' },
};

/** The language that was chosen, else what the device says; English when it is none of ours. */
export function said(chosen: string | null, device: readonly string[]): Said {
  const wanted = [chosen, ...device].map((tag) => tag?.toLowerCase().split('-')[0] ?? '');
  const known = wanted.find((tag) => Object.hasOwn(SAID, tag)) as Language | undefined;
  return SAID[known ?? 'en'];
}
