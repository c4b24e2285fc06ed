// What is sent later, and what could not be sent: read by its author alone, who sends, changes or cancels it.

import { useSignal } from '@preact/signals';
import './own.css';
import { get } from '../core/api.ts';
import { command, state } from '../core/live.ts';
import type { State } from '../core/state.ts';
import { dateTime, utc } from '../core/time.ts';
import type { Command, Waiting } from '../core/types.ts';
import { Button } from '../ui/button.tsx';
import { confirm } from '../ui/dialog.tsx';
import { Icon } from '../ui/icon.tsx';
import { Empty, Load, Page, useLoad } from '../ui/states.tsx';
import { toastFault } from '../ui/toast.tsx';
import { channelName } from './names.ts';
import { t as own } from './own-words.ts';
import { SendLater } from './send-later.tsx';
import { t } from './words.ts';

export function Scheduled() {
  const s = state.value as State;
  const changing = useSignal<Waiting | null>(null);
  const list = useLoad((signal) => get<{ items: Waiting[] }>('/scheduled', {}, { signal }), [s.scheduled]);
  const one = changing.value;
  return (
    <Page title={t('scheduled')} back="#/">
      <Load from={list}>
        {({ items }) =>
          items.length ? (
            <ul class="list" aria-label={t('scheduled')}>
              {items.map((item) => (
                <Row key={item.id} s={s} item={item} onChange={() => (changing.value = item)} />
              ))}
            </ul>
          ) : (
            <Empty icon="clock" title={own('scheduled_none')}>
              {own('scheduled_none_text')}
            </Empty>
          )
        }
      </Load>
      {one ? (
        <SendLater
          channel={s.channels[one.c]}
          text={one.b ?? ''}
          people={(one.m ?? []).flatMap((id) => (s.people[id] ? [{ id, name: s.people[id].name }] : []))}
          waiting={one}
          onClose={() => (changing.value = null)}
        />
      ) : null}
    </Page>
  );
}

function Row({ s, item, onChange }: { s: State; item: Waiting; onChange: () => void }) {
  const channel = s.channels[item.c];
  const give = (words: Command) => void command(words).catch(toastFault);
  const cancel = async () => {
    const yes = item.b === undefined || (await confirm({ title: own('cancel_title'), body: <p>{own('cancel_text')}</p>, action: own('cancel_it'), danger: true }));
    if (yes) give({ t: 'schedule.cancel', schedule: item.id });
  };
  return (
    <li class="line own-row">
      <Icon name={item.why ? 'warning' : 'clock'} />
      <div class="grow">
        <span class="block muted small">
          {channel ? channelName(s, channel) : own('no_channel')} · <span title={utc(item.at)}>{dateTime(item.at)}</span>
        </span>
        {item.b === undefined ? null : (
          <span class="own-text" dir="auto">
            {item.b}
          </span>
        )}
        {item.why ? <p class="fault">{own(`why_${item.why}`)}</p> : null}
        <div class="own-acts">
          {item.b === undefined || !channel ? null : (
            <>
              <Button icon="send" onClick={() => give({ t: 'schedule.now', schedule: item.id })}>
                {own('send_now')}
              </Button>
              <Button icon="edit" onClick={onChange}>
                {own('change')}
              </Button>
            </>
          )}
          <Button icon="trash" onClick={() => void cancel()}>
            {item.b === undefined ? own('remove') : own('cancel_it')}
          </Button>
        </div>
      </div>
    </li>
  );
}
