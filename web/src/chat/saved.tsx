// What one keeps at hand for oneself: messages as they read now, each a step away.

import { useSignal } from '@preact/signals';
import './own.css';
import { get } from '../core/api.ts';
import { command, state } from '../core/live.ts';
import { href } from '../core/route.ts';
import type { State } from '../core/state.ts';
import { dateTime, utc } from '../core/time.ts';
import type { Saved as Page1 } from '../core/types.ts';
import { Avatar } from '../ui/avatar.tsx';
import { Button, IconButton } from '../ui/button.tsx';
import { Empty, Load, Page, useLoad } from '../ui/states.tsx';
import { toastFault } from '../ui/toast.tsx';
import { authorName, channelName, gist, saidAt } from './names.ts';
import { t as own } from './own-words.ts';
import { t } from './words.ts';

const AT_ONCE = 50;

export function Saved() {
  const s = state.value as State;
  const wanted = useSignal(AT_ONCE);
  const places = Object.values(s.channels).map((channel) => channel.saved);
  const list = useLoad((signal) => read(wanted.value, signal), [wanted.value, JSON.stringify(places)]);
  return (
    <Page title={t('saved_list')} back="#/">
      <Load from={list}>
        {({ items, next }) =>
          items.length ? (
            <div class="stack">
              <p class="muted small">{own('saved_rule')}</p>
              <ul class="list" aria-label={t('saved_list')}>
                {items.map(({ c, item }) => (
                  <li key={`${c}/${item.q}`} class="row">
                    <a class="line grow" href={item.th ? href('c', c, 't', item.th) : `${href('c', c)}?at=${item.q}`}>
                      <Avatar id={item.u} name={authorName(s, item)} size="small" />
                      <span class="grow">
                        <span class="clip block muted small">
                          {authorName(s, item)} · {s.channels[c] ? channelName(s, s.channels[c]) : ''} ·{' '}
                          <span title={utc(saidAt(item))}>{dateTime(saidAt(item))}</span>
                        </span>
                        <span class="hit-text" dir="auto">{gist(item)}</span>
                      </span>
                    </a>
                    <IconButton icon="close" label={own('take_off', { text: gist(item) })} onClick={() => void command({ t: 'save', c, q: item.q, on: false }).catch(toastFault)} />
                  </li>
                ))}
              </ul>
              {next ? <Button onClick={() => (wanted.value += AT_ONCE)}>{own('more')}</Button> : null}
            </div>
          ) : (
            <Empty icon="saved" title={own('saved_none')}>
              {own('saved_none_text')}
            </Empty>
          )
        }
      </Load>
    </Page>
  );
}

async function read(wanted: number, signal: AbortSignal): Promise<Page1> {
  const items: Page1['items'] = [];
  let next: string | null = null;
  do {
    const page: Page1 = await get<Page1>('/saved', { limit: AT_ONCE, ...(next ? { cursor: next } : {}) }, { signal });
    items.push(...page.items);
    next = page.next;
  } while (next && items.length < wanted);
  return { items, next };
}
