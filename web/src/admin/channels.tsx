// Every channel by name and number, those without an owner first. Never what is written in them.

import { useState } from 'preact/hooks';
import { formatList, formatNumber } from '../core/i18n.ts';
import { state } from '../core/live.ts';
import { Avatar } from '../ui/avatar.tsx';
import { Input } from '../ui/field.tsx';
import { Empty, Load, useLoad } from '../ui/states.tsx';
import { DataTable, None } from '../rooms/data-table.tsx';
import { channelTitle, fetchChannels, nameOf, type AdminChannel } from '../rooms/known.ts';
import { Choices, Note, When } from '../rooms/pieces.tsx';
import { Section } from '../rooms/room.tsx';
import { ruleText } from '../rooms/rule.ts';
import { t } from './words.ts';

type Filter = 'all' | 'orphaned' | 'direct' | 'archived';
const OWNERS_SHOWN = 2;

export function Channels() {
  const channels = useLoad((signal) => fetchChannels(signal));
  const [filter, setFilter] = useState<Filter>('all');
  const [text, setText] = useState('');
  const all = channels.data ?? [];
  const orphans = all.filter(isOrphan).length;
  const wanted = text.trim().toLocaleLowerCase();
  const found = all.filter((channel) => passes(channel, filter) && channelTitle(channel).toLocaleLowerCase().includes(wanted)).sort(orphansFirst);
  return (
    <Section title={t('channels')} hint={t('channels_hint')}>
      {orphans ? <Note kind="sun">{t('orphan_text', { n: orphans })}</Note> : null}
      <div class="sieve">
        <Input label={t('find_channel')} type="search" value={text} autoComplete="off" onValue={setText} />
        <Choices
          label={t('kind')}
          value={filter}
          options={(['all', 'orphaned', 'direct', 'archived'] as const).map((value) => ({
            value,
            label: `${t(value)} ${formatNumber(all.filter((channel) => passes(channel, value)).length)}`,
          }))}
          onValue={setFilter}
        />
      </div>
      <Load from={channels}>
        {() => (
          <DataTable
            caption={t('channels')}
            rows={found}
            keyOf={(channel) => channel.id}
            muted={(channel) => channel.archived}
            empty={
              <Empty icon="group" title={t('no_channel')}>
                {t('no_channel_text')}
              </Empty>
            }
            columns={[
              { name: t('name'), main: true, cell: (channel) => <NameCell channel={channel} /> },
              { name: t('owners'), cell: (channel) => <Owners channel={channel} /> },
              { name: t('members'), end: true, cell: (channel) => formatNumber(memberCount(channel)) },
              { name: t('count'), end: true, cell: (channel) => formatNumber(channel.messages) },
              { name: t('rule'), cell: (channel) => ruleText(channel.rule) },
              { name: t('last'), cell: (channel) => <When ts={channel.last_at} relative /> },
            ]}
          />
        )}
      </Load>
    </Section>
  );
}

function NameCell({ channel }: { channel: AdminChannel }) {
  return (
    <span class="person">
      <Avatar id={channel.id} name={channelTitle(channel)} size="small" icon={channel.kind === 'announcement' ? 'megaphone' : channel.kind === 'direct' ? 'users' : 'group'} />
      <span>
        <span>{channelTitle(channel)}</span>
        <small>
          {t(channel.kind)}
          {channel.archived ? ` · ${t('archived')}` : ''}
        </small>
      </span>
    </span>
  );
}

function Owners({ channel }: { channel: AdminChannel }) {
  if (channel.kind === 'direct') return <None />;
  if (isOrphan(channel)) return <span class="chip sun">{t('no_owner')}</span>;
  const names = channel.owners.slice(0, OWNERS_SHOWN).map(nameOf);
  if (channel.owners.length > OWNERS_SHOWN) names.push(`+${channel.owners.length - OWNERS_SHOWN}`);
  return <>{formatList(names)}</>;
}

/** An owner who was deactivated can do nothing for her channel. */
function isOrphan(channel: AdminChannel): boolean {
  if (channel.kind === 'direct' || channel.archived) return false;
  const people = state.value?.people ?? {};
  return !channel.owners.some((id) => people[id]?.active ?? true);
}

function passes(channel: AdminChannel, filter: Filter): boolean {
  if (filter === 'orphaned') return isOrphan(channel);
  if (filter === 'archived') return channel.archived;
  return filter === 'all' || channel.kind === 'direct';
}

function orphansFirst(a: AdminChannel, b: AdminChannel): number {
  return Number(isOrphan(b)) - Number(isOrphan(a)) || Number(a.archived) - Number(b.archived) || (b.last_at ?? 0) - (a.last_at ?? 0);
}

const memberCount = (channel: AdminChannel): number => (Array.isArray(channel.members) ? channel.members.length : channel.members);
