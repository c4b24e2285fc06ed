// A community beside its channels: what stands in it, what one may ask to be let in to, and who waits at the door.

import { useSignal } from '@preact/signals';
import { get } from '../core/api.ts';
import { command, state } from '../core/live.ts';
import { href } from '../core/route.ts';
import type { State } from '../core/state.ts';
import { shortWhen } from '../core/time.ts';
import type { Channel, Command, Id, Inside, Ms } from '../core/types.ts';
import { Avatar } from '../ui/avatar.tsx';
import { Button } from '../ui/button.tsx';
import { confirm } from '../ui/dialog.tsx';
import { Icon } from '../ui/icon.tsx';
import { MenuButton } from '../ui/menu.tsx';
import { Load, useLoad } from '../ui/states.tsx';
import { toastFault } from '../ui/toast.tsx';
import { channelName, isOwner, personName } from './names.ts';
import { t as own } from './community-words.ts';
import { t } from './words.ts';

const run = (words: Command) => command(words).catch(toastFault);

export function Community({ channel, owner }: { channel: Channel; owner: boolean }) {
  const s = state.value as State;
  if (channel.kind === 'announcement') return <Channels s={s} channel={channel} owner={owner} />;
  const over = channel.community ? s.channels[channel.community] : undefined;
  if (over) return <Under channel={channel} over={over} owner={owner} />;
  const homes = Object.values(s.channels).filter((one) => one.kind === 'announcement' && !one.archived && isOwner(s, one));
  if (!owner || channel.archived || !homes.length) return null;
  const put = async (home: Channel) => {
    const yes = await confirm({ title: own('put_title', { name: channelName(s, home) }), body: <p>{own('put_text')}</p>, action: own('put') });
    if (yes) await run({ t: 'channel.place', c: channel.id, community: home.id });
  };
  return (
    <section class="list">
      <div class="line">
        <Icon name="megaphone" />
        <span class="grow">{own('in_none')}</span>
        <MenuButton label={own('put')} icon="plus" items={() => homes.map((home) => ({ label: channelName(s, home), icon: 'megaphone', run: () => void put(home) }))} />
      </div>
    </section>
  );
}

/** Of a group: the community it stands in. */
function Under({ channel, over, owner }: { channel: Channel; over: Channel; owner: boolean }) {
  const s = state.value as State;
  const name = channelName(s, over);
  const take = async () => {
    const yes = await confirm({ title: own('take_title', { name }), body: <p>{own('take_text')}</p>, action: own('take') });
    if (yes) await run({ t: 'channel.place', c: channel.id, community: null });
  };
  return (
    <section class="list" aria-label={own('community')}>
      <div class="line">
        <Icon name="megaphone" />
        <a class="grow" href={href('c', over.id, 'info')}>
          {own('in_community', { name })}
        </a>
        {owner ? (
          <Button kind="quiet" onClick={() => void take()}>
            {own('take')}
          </Button>
        ) : null}
      </div>
    </section>
  );
}

/** Of an announcement channel: what stands under it. */
function Channels({ s, channel, owner }: { s: State; channel: Channel; owner: boolean }) {
  const known = Object.values(s.channels).filter((one) => one.community === channel.id).length;
  const found = useLoad((signal) => get<{ channels: Inside[] }>(`/channels/${channel.id}/community`, {}, { signal }), [channel.head, known]);
  const asked = useSignal<Id[]>([]);
  const ask = (one: Inside) =>
    command({ t: 'channel.ask', c: one.id }).then(() => {
      asked.value = [...asked.value, one.id];
    }, toastFault);
  const withdraw = (one: Inside) =>
    command({ t: 'channel.refuse', c: one.id, person: s.me }).then(() => {
      asked.value = asked.value.filter((id) => id !== one.id);
      found.reload();
    }, toastFault);
  const mine = Object.values(s.channels).filter((one) => one.kind === 'group' && !one.archived && !one.community && isOwner(s, one));
  const put = async (one: Channel) => {
    const yes = await confirm({ title: own('put_title', { name: channelName(s, channel) }), body: <p>{own('put_text')}</p>, action: own('put') });
    if (yes) await run({ t: 'channel.place', c: one.id, community: channel.id }).then(found.reload);
  };
  return (
    <Load from={found}>
      {({ channels }) =>
        channels.length || (owner && mine.length) ? (
          <section class="stack tight" aria-label={own('community')}>
            <div class="row">
              <h3 class="grow">{own('channels')}</h3>
              {owner && mine.length && !channel.archived ? (
                <MenuButton label={own('put')} icon="plus" items={() => mine.map((one) => ({ label: channelName(s, one), icon: 'group', run: () => void put(one) }))} />
              ) : null}
            </div>
            {channels.length ? (
              <ul class="list">
                {channels.map((one) => (
                  <li key={one.id} class="line">
                    <Avatar id={one.id} name={one.name} size="small" icon="group" />
                    <span class="grow">
                      {one.mine ? (
                        <a class="clip block" href={href('c', one.id)}>
                          {one.name}
                        </a>
                      ) : (
                        <span class="clip block">{one.name}</span>
                      )}
                      <span class="clip block muted small">{one.topic || t('members_n', { n: one.people })}</span>
                    </span>
                    {one.mine ? null : one.asked || asked.value.includes(one.id) ? (
                      <>
                        <span class="chip">{own('asked')}</span>
                        <Button kind="quiet" onClick={() => void withdraw(one)}>
                          {own('withdraw')}
                        </Button>
                      </>
                    ) : (
                      <Button onClick={() => void ask(one)}>{own('ask')}</Button>
                    )}
                  </li>
                ))}
              </ul>
            ) : (
              <p class="muted small">{own('none')}</p>
            )}
          </section>
        ) : null
      }
    </Load>
  );
}

/** To an owner: who asks to be let in. */
export function AtDoor({ channel }: { channel: Channel }) {
  const s = state.value as State;
  const found = useLoad((signal) => get<{ people: { u: Id; ts: Ms }[] }>(`/channels/${channel.id}/asking`, {}, { signal }), [channel.asking]);
  return (
    <Load from={found}>
      {({ people }) => (
        <section class="stack tight" aria-label={own('at_door')}>
          <h3>{own('at_door')}</h3>
          <ul class="list">
            {people.map(({ u, ts }) => {
              const name = personName(s, u);
              return (
                <li key={u} class="line wrap">
                  <Avatar id={u} name={name} size="small" />
                  <span class="grow">
                    <span class="block">{name}</span>
                    <span class="muted small num">{shortWhen(ts)}</span>
                  </span>
                  <Button kind="primary" aria-label={own('let_in_name', { name })} onClick={() => void run({ t: 'channel.add', c: channel.id, people: [u] })}>
                    {own('let_in')}
                  </Button>
                  <Button kind="quiet" aria-label={own('refuse_name', { name })} onClick={() => void run({ t: 'channel.refuse', c: channel.id, person: u })}>
                    {own('refuse')}
                  </Button>
                </li>
              );
            })}
          </ul>
        </section>
      )}
    </Load>
  );
}
