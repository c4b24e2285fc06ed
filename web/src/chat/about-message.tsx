// What is known about one message: who has it, who read it, what it said before.

import { get } from '../core/api.ts';
import { state } from '../core/live.ts';
import type { State } from '../core/state.ts';
import { dateTime } from '../core/time.ts';
import type { Channel, Id, Item, Ms, Receipt, Receipts } from '../core/types.ts';
import { Avatar } from '../ui/avatar.tsx';
import { Dialog } from '../ui/dialog.tsx';
import { Load, useLoad } from '../ui/states.tsx';
import { personName } from './names.ts';
import { Text } from './text.tsx';
import { t } from './words.ts';

export function InfoDialog({ channel, item, onClose }: { channel: Channel; item: Item; onClose: () => void }) {
  const receipts = useLoad((signal) => get<Receipts>(`/channels/${channel.id}/messages/${item.q}/receipts`, {}, { signal }), [item.q, channel.members]);
  const s = state.value as State;
  return (
    <Dialog title={t('message_info')} onClose={onClose}>
      <Load from={receipts}>
        {({ read, delivered, waiting }) => {
          const readers = read.map(who);
          return (
            <div class="stack">
              <Who s={s} title={t('read_by')} list={read} />
              <Who s={s} title={t('delivered_to')} list={delivered.filter((one) => !readers.includes(who(one)))} />
              {waiting.length ? <Who s={s} title={t('waiting_for')} list={waiting} /> : null}
            </div>
          );
        }}
      </Load>
    </Dialog>
  );
}

function who(one: Receipt): Id {
  return typeof one === 'string' ? one : one.u;
}

function Who({ s, title, list }: { s: State; title: string; list: Receipt[] }) {
  return (
    <section class="stack tight">
      <h3>{title}</h3>
      {list.length ? (
        <ul class="stack tight">
          {list.map((one) => (
            <li key={who(one)} class="row">
              <Avatar id={who(one)} name={personName(s, who(one))} size="tiny" />
              <span class="grow clip">{personName(s, who(one))}</span>
              {typeof one === 'string' ? null : <span class="muted small num">{dateTime(one.ts)}</span>}
            </li>
          ))}
        </ul>
      ) : (
        <p class="muted">{t('nobody_yet')}</p>
      )}
    </section>
  );
}

export function HistoryDialog({ channel, item, onClose }: { channel: Channel; item: Item; onClose: () => void }) {
  const versions = useLoad((signal) => get<{ versions: { ts: Ms; u: Id; b: string }[] }>(`/channels/${channel.id}/messages/${item.q}/history`, {}, { signal }), [item.q]);
  const s = state.value as State;
  return (
    <Dialog title={t('history')} onClose={onClose}>
      <Load from={versions}>
        {(data) => (
          <ol class="stack">
            {data.versions.map((version, index) => (
              <li key={index} class="card">
                <p class="muted small num">
                  {personName(s, version.u)} · {dateTime(version.ts)}
                </p>
                <Text text={version.b} mentions={[]} me={s.me} />
              </li>
            ))}
          </ol>
        )}
      </Load>
    </Dialog>
  );
}
