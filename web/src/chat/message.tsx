// One row of a conversation. It draws; what the hand does with it is told to the timeline.

import { formatNumber } from '../core/i18n.ts';
import type { Entry } from '../core/outbox.ts';
import { dateTime, shortWhen, time, utc } from '../core/time.ts';
import type { Channel, Item } from '../core/types.ts';
import type { State } from '../core/state.ts';
import { Avatar, hue } from '../ui/avatar.tsx';
import { Icon } from '../ui/icon.tsx';
import { lazy } from '../ui/lazy.tsx';
import { memo } from '../ui/memo.ts';
import { Files, isPicture } from './files.tsx';
import { authorName, firstName, gist, importNote, personName, saidAt, systemText } from './names.ts';
import { Text } from './text.tsx';
import { Ticks, type TickState } from './ticks.tsx';
import { t } from './words.ts';

const PollCard = lazy(() => import('./pages.ts').then((pages) => pages.PollCard));
const Stopped = lazy(() => import('./pages.ts').then((pages) => pages.Stopped));
const LinkCard = lazy(() => import('./pages.ts').then((pages) => pages.LinkCard));

export interface RowProps {
  item: Item;
  people: State['people'];
  me: string;
  /** First of a run by one author: with name and face. */
  head: boolean;
  ticks: TickState | null;
  inThread: boolean;
  direct: boolean;
  /** Chosen among several; null where nobody chooses. */
  picked: boolean | null;
  /** It waits for our confirmation. */
  waits: boolean;
  pinned: boolean;
  /** We own the channel, and so see who has confirmed. */
  owner: boolean;
  /** Null where nobody votes any more. */
  onVote: ((q: number, chosen: number[]) => void) | null;
  onConfirm: (q: number) => void;
  onAsked: (item: Item) => void;
  onReact: (item: Item, emoji: string) => void;
  onQuote: (q: number) => void;
  onThread: (q: number) => void;
}

export const Row = memo(function Row(props: RowProps) {
  const { item, people, me, head } = props;
  const s = { people, me } as State;
  if (item.sys) {
    return (
      <div class="system" data-q={item.q}>
        <span title={utc(item.ts)}>{systemText(s, item)}</span>
      </div>
    );
  }
  const own = item.u === me && !item.imp;
  const name = authorName(s, item);
  const rx = Object.entries(item.del || item.gone ? {} : (item.rx ?? {})).filter(([, who]) => who.length);
  const onlyPictures = !item.b && !!item.f?.length && item.f.every((file) => isPicture(file.mime));
  return (
    <article class={`msg${own ? ' own' : ''}${head ? ' head' : ''}${props.picked ? ' picked' : ''}${item.m?.includes(me) ? ' for-me' : ''}`} data-q={item.q} tabIndex={-1} aria-label={label(item, name)}>
      {props.picked === null || item.del || item.gone ? null : <input type="checkbox" class="row-check" checked={props.picked} aria-label={t('select_this', { text: gist(item) })} />}
      <span class="msg-face">{head ? <Avatar id={item.imp && people[item.u]?.name !== name ? name : item.u} name={name} size="small" /> : <time class="msg-side num">{time(saidAt(item))}</time>}</span>
      <div class="msg-main">
        {head ? (
          <header class="msg-head">
            <span class={`msg-name clip ${hue(item.u)}`}>{name}</span>
            <time class="msg-when num" dateTime={new Date(saidAt(item)).toISOString()} title={utc(saidAt(item))}>
              {time(saidAt(item))}
            </time>
            {item.imp ? (
              <span class="imported" title={importNote(item)}>
                {t('imported')}
              </span>
            ) : null}
          </header>
        ) : null}
        <div class={`bubble${onlyPictures ? ' pictures-only' : ''}${item.poll ? ' has-poll' : ''}`}>
          {item.urgent ? <Urgent /> : null}
          {item.re ? <Quote re={item.re} s={s} onQuote={props.onQuote} /> : null}
          {item.del ? (
            <p class="gone">
              <Icon name="trash" />
              {item.del.u === item.u ? t('deleted') : t('deleted_by', { name: personName(s, item.del.u) })}
            </p>
          ) : item.gone ? (
            <p class="gone">
              <Icon name="clock" />
              {t('expired_one')}
            </p>
          ) : (
            <>
              {item.f?.length ? <Files files={item.f} /> : null}
              {item.b ? <Text text={item.b} mentions={mentionsOf(s, item)} me={me} /> : null}
              {item.lp ? <LinkCard preview={item.lp} /> : null}
              {item.poll ? <PollCard item={item} poll={item.poll} people={people} me={me} onVote={props.onVote} /> : null}
            </>
          )}
          <span class={`msg-foot${props.ticks || (item.ed && !item.del) || (item.imp && !head) || props.pinned ? '' : ' bare'}`}>
            {item.imp && !head ? (
              <span class="imported" title={importNote(item)}>
                {t('imported')}
              </span>
            ) : null}
            {item.ed && !item.del ? (
              <span class="edited" title={dateTime(item.ed.ts)}>
                {t('edited')}
              </span>
            ) : null}
            <time class="foot-time num" aria-hidden="true">
              {time(saidAt(item))}
            </time>
            {props.pinned ? (
              <span class="pin-mark" role="img" aria-label={t('pinned')}>
                <Icon name="pin" />
              </span>
            ) : null}
            {props.ticks ? <Ticks state={props.ticks} /> : null}
          </span>
        </div>
        {item.ask ? <Ask {...props} own={own} ask={item.ask} /> : null}
        {rx.length ? (
          <ul class="reactions">
            {rx.map(([emoji, who]) => (
              <li key={emoji}>
                <button
                  type="button"
                  aria-pressed={who.includes(me)}
                  aria-label={t(who.includes(me) ? 'reaction_on' : 'reaction_off', { emoji, n: who.length })}
                  title={t('reacted_by', { emoji, names: who.map((id) => personName(s, id)).join(', ') })}
                  onClick={() => props.onReact(item, emoji)}
                >
                  {emoji} <span class="num">{formatNumber(who.length)}</span>
                </button>
              </li>
            ))}
          </ul>
        ) : null}
        {item.thread && !props.inThread ? (
          <button type="button" class="thread-link" onClick={() => props.onThread(item.q)}>
            <Icon name="thread" />
            <span class="unseen">{t('open_thread')} </span>
            <b>{t('replies_n', { n: item.thread.n })}</b>
            <span class="muted">{t('last_reply', { when: shortWhen(item.thread.ts) })}</span>
          </button>
        ) : null}
      </div>
    </article>
  );
});

function Urgent() {
  return (
    <p class="urgent">
      <Icon name="warning" />
      {t('urgent')}
    </p>
  );
}

function Ask({ item, ask, own, waits, owner, onConfirm, onAsked }: RowProps & { own: boolean; ask: NonNullable<Item['ask']> }) {
  return (
    <div class="ask">
      {waits ? (
        <button type="button" class="btn primary" onClick={() => onConfirm(item.q)}>
          <Icon name="confirm" />
          {t('confirm')}
        </button>
      ) : ask.mine || !(own || owner) ? (
        <span class={ask.mine ? 'ask-mine' : 'muted'}>
          <Icon name="confirm" />
          {t(ask.mine ? 'confirmed_mine' : 'asked_others')}
        </span>
      ) : null}
      {own || owner ? (
        <button type="button" class="ask-count num" onClick={() => onAsked(item)}>
          <Icon name="confirm" />
          {t('confirmed_n', { done: ask.done, n: ask.n })}
        </button>
      ) : null}
    </div>
  );
}

/** What a screen reader says of the row. */
function label(item: Item, name: string): string {
  return `${item.urgent ? `${t('urgent')}, ` : ''}${name}, ${time(saidAt(item))}: ${gist(item)}`;
}

function Quote({ re, s, onQuote }: { re: NonNullable<Item['re']>; s: State; onQuote: (q: number) => void }) {
  const name = personName(s, re.u);
  return (
    <button type="button" class={`quote ${hue(re.u)}`} onClick={() => onQuote(re.q)}>
      <span class="unseen">{t('go_to_quote')} </span>
      <b class="clip" dir="auto">{name}</b>
      <span class="clip" dir="auto">{re.b ? gist({ q: re.q, ts: 0, u: re.u, b: re.b }) : t('message_or_gone')}</span>
    </button>
  );
}

function mentionsOf(s: State, item: Item) {
  return (item.m ?? []).flatMap((id) => {
    const name = s.people[id]?.name;
    return name ? [{ id, name }] : [];
  });
}

/** A message still on its way. */
export function Pending({ entry, people, me, head, onRetry, onDiscard }: { entry: Entry; people: State['people']; me: string; head: boolean; onRetry: () => void; onDiscard: () => void }) {
  const s = { people, me } as State;
  const mentions = (entry.m ?? []).flatMap((id) => (people[id] ? [{ id, name: people[id].name }] : []));
  return (
    <article class={`msg own pending ${entry.state}${head ? ' head' : ''}`} aria-label={`${firstName(personName(s, me))}, ${t(entry.state === 'refused' ? 'tick_refused' : entry.state === 'sent' ? 'tick_sent' : 'tick_waiting')}: ${entry.b}`}>
      <span class="msg-face">{head ? <Avatar id={me} name={personName(s, me)} size="small" /> : null}</span>
      <div class="msg-main">
        {head ? (
          <header class="msg-head">
            <span class={`msg-name clip ${hue(me)}`}>{personName(s, me)}</span>
            <time class="msg-when num">{time(entry.at)}</time>
          </header>
        ) : null}
        <div class="bubble">
          {entry.urgent ? <Urgent /> : null}
          {entry.re ? (
            <div class={`quote ${hue(entry.re.u)}`}>
              <b class="clip">{personName(s, entry.re.u)}</b>
              <span class="clip" dir="auto">{entry.re.b}</span>
            </div>
          ) : null}
          {entry.files.map((file) => (
            <div key={file.id} class="parcel">
              <span class="parcel-icon">
                <Icon name={file.mime.startsWith('image/') ? 'image' : 'file'} />
              </span>
              <span class="grow">
                <span class="parcel-name clip" dir="auto">{file.name}</span>
                <progress
                  class="progress"
                  max={1}
                  value={file.file ? 1 : file.sent / Math.max(1, file.size)}
                  aria-label={t('uploading', { name: file.name, percent: Math.round((100 * file.sent) / Math.max(1, file.size)) })}
                />
              </span>
            </div>
          ))}
          {entry.b ? <Text text={entry.b} mentions={mentions} me={me} /> : null}
          {entry.lp ? <LinkCard preview={entry.lp} /> : null}
          {entry.poll ? <ul class="poll-waits">{entry.poll.o.map((option) => <li key={option} dir="auto">{option}</li>)}</ul> : null}
          <span class="msg-foot">
            <time class="foot-time num" aria-hidden="true">
              {time(entry.at)}
            </time>
            <Ticks state={entry.state} />
          </span>
        </div>
        {entry.state === 'refused' && entry.code?.startsWith('supervision/') ? (
          <Stopped entry={entry} />
        ) : entry.state === 'refused' ? (
          <div class="refused-row" role="alert">
            <span>{t('refused', { why: entry.why ?? entry.code ?? '' })}</span>
            <button type="button" onClick={onRetry}>
              {t('retry')}
            </button>
            <button type="button" onClick={onDiscard}>
              {t('discard')}
            </button>
          </div>
        ) : null}
      </div>
    </article>
  );
}

export function belongTogether(a: Item | undefined, b: Item, channel: Channel): boolean {
  if (!a || a.sys || b.sys || a.u !== b.u || channel.kind === 'announcement') return false;
  return (a.imp?.from ?? '') === (b.imp?.from ?? '') && !!a.imp === !!b.imp && Math.abs(saidAt(b) - saidAt(a)) < 5 * 60_000 && !b.re;
}
