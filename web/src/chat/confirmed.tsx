// Who was asked to confirm a message: who has, who has only seen it, and who has not. To remind, and to save as a list.

import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { get } from '../core/api.ts';
import { command, state } from '../core/live.ts';
import type { State } from '../core/state.ts';
import { dateTime, time, utc } from '../core/time.ts';
import type { Channel, Confirmations, Item } from '../core/types.ts';
import { now } from '../core/ulid.ts';
import { csv } from '../rooms/csv.ts';
import { saveFile } from '../rooms/pieces.tsx';
import { Avatar } from '../ui/avatar.tsx';
import { Button } from '../ui/button.tsx';
import { Dialog } from '../ui/dialog.tsx';
import { Load, useLoad } from '../ui/states.tsx';
import { toast, toastFault } from '../ui/toast.tsx';
import { personName } from './names.ts';
import { t as own } from './at-hand-words.ts';
import { t } from './words.ts';

type Answer = Confirmations['people'][number];

const TITLES = { waiting: 'not_seen_by', seen: 'seen_by', confirmed: 'confirmed_by' } as const;

export function Confirmed({ channel, item, onClose }: { channel: Channel; item: Item; onClose: () => void }) {
  const s = state.value as State;
  const turn = useSignal(0);
  const list = useLoad((signal) => get<Confirmations>(`/channels/${channel.id}/messages/${item.q}/confirmations`, {}, { signal }), [item.q, item.ask?.done, channel.members, turn.value]);
  const data = list.data;
  const due = data?.remind_at ?? null;
  useEffect(() => {
    if (due === null || due <= now()) return undefined;
    const timer = setTimeout(() => turn.value++, due - now() + 500);
    return () => clearTimeout(timer);
  }, [due]);
  const remind = () =>
    command({ t: 'remind', c: channel.id, q: item.q }).then(() => {
      toast(own('reminded'));
      turn.value++;
    }, toastFault);
  return (
    <Dialog
      title={t('confirmations')}
      onClose={onClose}
      actions={
        data ? (
          <>
            <Button icon="download" onClick={() => saveFile(`confirmed-${item.q}.csv`, 'text/csv', table(s, data))}>
              {own('save_list')}
            </Button>
            {due === null ? null : (
              <Button kind="primary" icon="bell" disabled={due > now()} onClick={() => void remind()}>
                {due > now() ? own('remind_later', { time: time(due) }) : own('remind')}
              </Button>
            )}
          </>
        ) : undefined
      }
    >
      <Load from={list}>
        {({ people }) => {
          const done = people.filter((one) => one.state === 'confirmed').length;
          return (
            <div class="stack">
              <p class="strong num">{t('confirmed_n', { done, n: people.length })}</p>
              <progress class="progress" max={people.length} value={done} aria-label={t('confirmations')} />
              {(['waiting', 'seen', 'confirmed'] as const).map((kind) => (
                <Group key={kind} s={s} kind={kind} people={people.filter((one) => one.state === kind)} />
              ))}
            </div>
          );
        }}
      </Load>
    </Dialog>
  );
}

function Group({ s, kind, people }: { s: State; kind: Answer['state']; people: Answer[] }) {
  if (!people.length) return null;
  return (
    <section class="stack tight" aria-label={own(TITLES[kind])}>
      <h3>
        {own(TITLES[kind])} <span class="muted num">{people.length}</span>
      </h3>
      <ul class="stack tight">
        {sorted(s, people).map((one) => (
          <li key={one.u} class="row">
            <Avatar id={one.u} name={personName(s, one.u)} size="tiny" />
            <span class="grow clip">{personName(s, one.u)}</span>
            {one.left ? <span class="chip">{own('left_since')}</span> : null}
            {one.ts === undefined ? null : <span class="muted small num">{dateTime(one.ts)}</span>}
          </li>
        ))}
      </ul>
    </section>
  );
}

function sorted(s: State, people: Answer[]): Answer[] {
  return [...people].sort((a, b) => personName(s, a.u).localeCompare(personName(s, b.u)));
}

function table(s: State, { people }: Confirmations): string {
  return csv([
    [own('list_name'), own('list_state'), own('list_time'), own('list_left')],
    ...sorted(s, people).map((one) => [personName(s, one.u), own(TITLES[one.state]), one.ts === undefined ? '' : utc(one.ts), one.left ? own('list_yes') : '']),
  ]);
}
