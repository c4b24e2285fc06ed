// Names for the ids that governance deals in. Only names and counts; never content.

import { signal } from '@preact/signals';
import { get } from '../core/api.ts';
import { formatList } from '../core/i18n.ts';
import { me as meSignal, state } from '../core/live.ts';
import type { AdminChannel as Row, Id, Person } from '../core/types.ts';
import { t } from './words.ts';

/** A direct channel names its people to officers, and to nobody else. */
export type AdminChannel = Row & { people?: Id[] };

export const me = (): Person | null => meSignal.value;
export const workspaceName = (): string => state.value?.workspace.name ?? '';

export function nameOf(id: Id): string {
  const s = state.value;
  const known = s?.people[id]?.name ?? s?.channels[id]?.name ?? channels.value?.get(id)?.name;
  return known ?? (/^[0-9A-Z]{26}$/.test(id) ? t('somebody', { id: shortId(id) }) : id);
}

export function peopleByName(): Person[] {
  return Object.values(state.value?.people ?? {}).sort((a, b) => a.name.localeCompare(b.name));
}

const channels = signal<ReadonlyMap<Id, AdminChannel> | null>(null);

/** All channels, for those whose role may know their names. Remembered for the names in other rooms. */
export async function fetchChannels(stop?: AbortSignal): Promise<AdminChannel[]> {
  const answer = await get<{ channels: AdminChannel[] }>('/admin/channels', {}, stop ? { signal: stop } : {});
  channels.value = new Map(answer.channels.map((channel) => [channel.id, channel]));
  return answer.channels;
}

/** Those whose names were asked for. */
export const knownChannels = (): Id[] => [...(channels.value?.keys() ?? [])];

/** Once, in the background: a name is a comfort, not a need. */
export function learnChannels(): void {
  const role = meSignal.peek()?.role;
  if (channels.peek() === null && (role === 'admin' || role === 'officer')) fetchChannels().catch(() => undefined);
}

export function channelName(id: Id): string {
  const known = channels.value?.get(id);
  if (known) return channelTitle(known);
  const mine = state.value?.channels[id];
  if (mine?.name) return mine.name;
  if (mine?.kind === 'direct') return t('direct', { names: formatList(mine.members.map((member) => nameOf(member.p))) });
  learnAgain(id);
  return t('unnamed', { id: shortId(id) });
}

const sought = new Set<Id>();

/** A channel that is newer than the list: asked for once, so that its name comes by itself. */
function learnAgain(id: Id): void {
  if (channels.peek() === null || sought.has(id)) return;
  sought.add(id);
  fetchChannels().catch(() => sought.delete(id));
}

export function channelTitle(channel: AdminChannel): string {
  if (channel.name) return channel.name;
  if (channel.kind !== 'direct') return t('unnamed', { id: shortId(channel.id) });
  const people = channel.people ?? (Array.isArray(channel.members) ? channel.members : undefined);
  return people ? t('direct', { names: formatList(people.map(nameOf)) }) : t('direct_unnamed');
}

/** The random end of an id: the beginning is only its time. */
const shortId = (id: Id): string => id.slice(-6);
