// How people, channels and messages are called in a list.

import { formatList } from '../core/i18n.ts';
import type { State } from '../core/state.ts';
import { plain } from '../core/text.ts';
import { dateTime } from '../core/time.ts';
import type { Channel, Id, Item } from '../core/types.ts';
import type { IconName } from '../ui/icon.tsx';
import { t } from './words.ts';

export function personName(s: State, id: Id | undefined): string {
  return (id && s.people[id]?.name) || t('former');
}

/** Whom a direct channel is with; oneself in a channel with oneself. */
export function otherOf(s: State, channel: Channel): Id {
  return channel.members.find((member) => member.p !== s.me)?.p ?? s.me;
}

export function channelName(s: State, channel: Channel): string {
  return channel.kind === 'direct' ? personName(s, otherOf(s, channel)) : (channel.name ?? '');
}

export function channelIcon(channel: Channel): IconName | undefined {
  return channel.kind === 'group' ? 'group' : channel.kind === 'announcement' ? 'megaphone' : undefined;
}

export function isOwner(s: State, channel: Channel): boolean {
  return channel.members.some((member) => member.p === s.me && member.owner);
}

/** Whom the row shows as its author: the name in the imported file, when nobody here was matched to it. */
export function authorName(s: State, item: Item): string {
  if (item.imp?.from && s.people[item.u]?.name !== item.imp.from) return item.imp.from;
  return personName(s, item.u);
}

export function rule(channel: Channel): string {
  return channel.rule.keep_days === null ? t('kept_ever') : t('kept_days', { n: channel.rule.keep_days });
}

export function ruleSentence(channel: Channel): string {
  const { keep_days, next } = channel.rule;
  const today = keep_days === null ? t('rule_ever') : t('rule_days', { n: keep_days });
  if (!next) return today;
  const date = dateTime(next.at);
  return `${today} ${next.keep_days === null ? t('rule_next_ever', { date }) : t('rule_next', { date, n: next.keep_days })}`;
}

/** What of the past whoever comes in from now on reads. */
export function historySentence(channel: Channel): string {
  if (channel.history_days === null) return t('new_see_all');
  return channel.history_days ? t('new_see_days', { n: channel.history_days }) : t('new_see_none');
}

/** When it was said: what was brought in, at the time in its file. */
export function saidAt(item: Item): number {
  return item.imp?.at ?? item.ts;
}

/** The one line under a channel's name. */
export function summary(s: State, channel: Channel, item: Item): string {
  if (item.sys) return systemText(s, item);
  const text = gist(item);
  if (item.u === s.me && !item.imp) return t('you_prefix', { text });
  if (channel.kind === 'direct') return text;
  return t('said_prefix', { name: firstName(authorName(s, item)), text });
}

export function gist(item: Item): string {
  if (item.del) return t('deleted');
  if (item.gone) return t('expired_one');
  if (item.poll) return t('poll_of', { text: item.b ?? '' });
  if (item.b) return plain(item.b);
  const file = item.f?.[0];
  if (!file) return '';
  if (file.mime.startsWith('image/')) return t('photo');
  if (file.mime.startsWith('video/')) return t('video');
  if (file.mime.startsWith('audio/')) return t('voice');
  return file.name;
}

export function firstName(name: string): string {
  return name.split(/\s+/)[0] ?? name;
}

export function systemText(s: State, item: Item): string {
  const sys = item.sys;
  if (!sys) return '';
  const who = personName(s, item.u);
  const whom = personName(s, sys.p);
  switch (sys.act) {
    case 'channel.created':
      return t('sys_created', { who });
    case 'channel.changed':
      return sys.name ? t('sys_renamed', { who, name: sys.name }) : t('sys_changed', { who });
    case 'channel.archived':
      return t(sys.n === 0 ? 'sys_unarchived' : 'sys_archived', { who });
    case 'channel.slowed':
      return sys.n ? t('sys_slowed', { who, time: duration(sys.n) }) : t('sys_unslowed', { who });
    case 'history.set':
      if (sys.n === undefined) return t('sys_history_all', { who });
      return sys.n ? t('sys_history_days', { who, n: sys.n }) : t('sys_history_none', { who });
    case 'channel.placed':
      return t(sys.n ? 'sys_placed' : 'sys_unplaced', { who });
    case 'member.added':
      // Who came by an invite was added by nobody in particular.
      return sys.p === item.u || !sys.p || !s.people[item.u] ? t('sys_joined', { who: sys.p ? whom : who }) : t('sys_added', { who, whom });
    case 'member.removed':
      return t('sys_removed', { who, whom });
    case 'member.left':
      return t('sys_left', { who: sys.p ? whom : who });
    case 'owner.granted':
      return t('sys_owner', { who, whom });
    case 'owner.revoked':
      return t('sys_unowner', { whom });
    case 'policy.set':
      // One that waited takes effect by nobody's hand.
      if (!s.people[item.u]) return typeof sys.keep_days === 'number' ? t('sys_policy_now', { n: sys.keep_days }) : t('sys_policy_now_ever');
      return sys.keep_days === null || sys.keep_days === undefined ? t('sys_policy_ever', { who }) : t('sys_policy', { who, n: sys.keep_days });
    case 'import.finished':
      return t('sys_imported', { n: sys.n ?? 0 });
    default:
      return t('sys_unknown');
  }
}

/** "30 seconds", "5 minutes", "1 hour": the steps of a slow channel. */
export function duration(seconds: number): string {
  if (seconds < 60) return t('seconds_n', { n: seconds });
  return seconds < 3_600 ? t('minutes_n', { n: seconds / 60 }) : t('hours_n', { n: seconds / 3_600 });
}

/** Owners, and everybody where everybody writes. */
export function mayPin(s: State, channel: Channel): boolean {
  return !channel.archived && (channel.kind !== 'announcement' || isOwner(s, channel));
}

export function importNote(item: Item): string {
  return item.imp ? t('imported_from', { from: item.imp.from, at: dateTime(item.imp.at) }) : '';
}

export function typingText(s: State, who: Id[]): string {
  const names = who.map((id) => firstName(personName(s, id)));
  if (names.length === 1) return t('typing_1', { name: names[0] ?? '' });
  return names.length <= 3 ? t('typing_2', { names: formatList(names) }) : t('typing_many');
}
