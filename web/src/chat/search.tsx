// Search over one's own channels, with filters as chips. Says where the record begins.

import { useSignal } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { get } from '../core/api.ts';
import { state } from '../core/live.ts';
import { go, href, route } from '../core/route.ts';
import type { State } from '../core/state.ts';
import { plain } from '../core/text.ts';
import { date, dateTime, utc } from '../core/time.ts';
import type { Holding, SearchHit, SearchResult } from '../core/types.ts';
import { Avatar } from '../ui/avatar.tsx';
import { Button } from '../ui/button.tsx';
import { Icon } from '../ui/icon.tsx';
import { Empty, Fault, Loading, Page } from '../ui/states.tsx';
import { authorName, channelName, gist, saidAt } from './names.ts';
import { reachable } from './pick.tsx';
import { t as own } from './gallery-words.ts';
import { t } from './words.ts';

const PAUSE_MS = 250;
/** One answer may bring few hits or none and still go on: a screen is filled before the reader is asked to. */
const HITS_WANTED = 10;
const ASKS_MAX = 20;
/** The server still reads older messages: what it found since is asked for again. */
const AGAIN_MS = 2000;

interface Found {
  hits: SearchHit[];
  next: string | null;
  oldest?: number;
  partial: boolean;
}

export function Search() {
  const s = state.value as State;
  const { query } = route.value;
  const text = query.get('text') ?? '';
  const typed = useSignal(text);
  const results = useSignal<Found | null>(null);
  const fault = useSignal<Error | null>(null);
  const busy = useSignal(false);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const filters = { c: query.get('c') ?? '', from: query.get('from') ?? '', has: query.get('has') ?? '', after: query.get('after') ?? '', before: query.get('before') ?? '' };
  const asked = query.toString();

  const set = (change: Record<string, string>) => {
    const next = new URLSearchParams(route.peek().query);
    for (const [key, value] of Object.entries(change)) {
      if (value) next.set(key, value);
      else next.delete(key);
    }
    const tail = next.toString();
    go(`${href('search')}${tail ? `?${tail}` : ''}`, 'replace');
  };

  const ask = async (cursor: string | null, stop: AbortSignal) => {
    busy.value = true;
    fault.value = null;
    try {
      const before = cursor ? (results.peek()?.hits ?? []) : [];
      const found: Found = { hits: before, next: cursor, partial: false };
      for (let asks = 0; asks < ASKS_MAX; asks++) {
        const answer = await get<SearchResult>(
          '/search',
          { text, c: filters.c, from: filters.from, has: filters.has, after: dayStart(filters.after), before: dayEnd(filters.before), limit: 30, cursor: found.next },
          { signal: stop },
        );
        found.hits = [...found.hits, ...answer.hits];
        found.next = answer.next;
        found.partial ||= answer.partial === true;
        if (answer.oldest_kept !== undefined) found.oldest = answer.oldest_kept;
        if (!found.next || found.hits.length - before.length >= HITS_WANTED) break;
      }
      results.value = found;
      if (found.partial && !cursor) setTimeout(() => !stop.aborted && void ask(null, stop), AGAIN_MS);
    } catch (error) {
      if (!stop.aborted) fault.value = error as Error;
    } finally {
      if (!stop.aborted) busy.value = false;
    }
  };

  useEffect(() => {
    if (!text.trim()) {
      results.value = null;
      busy.value = false;
      return undefined;
    }
    const stop = new AbortController();
    void ask(null, stop.signal);
    return () => stop.abort();
  }, [asked]);

  const HAS: Record<Holding, string> = { pictures: own('pictures'), files: own('files'), links: own('links') };
  const channels = Object.values(s.channels).sort((a, b) => channelName(s, a).localeCompare(channelName(s, b)));
  const found = results.value;
  return (
    <Page title={t('search')} back="#/">
      <div class="stack">
        <div class="finder large" role="search">
          <Icon name="search" />
          <input
            type="search"
            autoFocus
            aria-label={t('search_label')}
            placeholder={t('search_hint')}
            value={typed.value}
            onInput={(event) => {
              typed.value = event.currentTarget.value;
              clearTimeout(timer.current);
              timer.current = setTimeout(() => set({ text: typed.value.trim() }), PAUSE_MS);
            }}
            onKeyDown={(event) => {
              if (event.key === 'Enter') set({ text: typed.value.trim() });
            }}
          />
        </div>
        <div class="row wrap filters">
          <Filter name={t('filter_in')} on={!!filters.c} shown={s.channels[filters.c] ? channelName(s, s.channels[filters.c] as never) : ''} onClear={() => set({ c: '' })}>
            <select aria-label={t('filter_in')} value={filters.c} onChange={(event) => set({ c: event.currentTarget.value })}>
              <option value="">{t('filter_any')}</option>
              {channels.map((channel) => (
                <option key={channel.id} value={channel.id}>
                  {channelName(s, channel)}
                </option>
              ))}
            </select>
          </Filter>
          <Filter name={t('filter_from')} on={!!filters.from} shown={s.people[filters.from]?.name ?? ''} onClear={() => set({ from: '' })}>
            <select aria-label={t('filter_from')} value={filters.from} onChange={(event) => set({ from: event.currentTarget.value })}>
              <option value="">{t('filter_any')}</option>
              <option value={s.me}>{s.people[s.me]?.name}</option>
              {reachable(s).map((person) => (
                <option key={person.id} value={person.id}>
                  {person.name}
                </option>
              ))}
            </select>
          </Filter>
          <Filter name={own('has')} on={!!HAS[filters.has as Holding]} shown={HAS[filters.has as Holding] ?? ''} onClear={() => set({ has: '' })}>
            <select aria-label={own('has')} value={filters.has} onChange={(event) => set({ has: event.currentTarget.value })}>
              <option value="">{t('filter_any')}</option>
              {Object.entries(HAS).map(([has, name]) => (
                <option key={has} value={has}>
                  {name}
                </option>
              ))}
            </select>
          </Filter>
          <Filter name={t('filter_after')} on={!!filters.after} shown={filters.after ? date(dayStart(filters.after) ?? 0) : ''} onClear={() => set({ after: '' })}>
            <input type="date" aria-label={t('filter_after')} value={filters.after} onChange={(event) => set({ after: event.currentTarget.value })} />
          </Filter>
          <Filter name={t('filter_before')} on={!!filters.before} shown={filters.before ? date(dayStart(filters.before) ?? 0) : ''} onClear={() => set({ before: '' })}>
            <input type="date" aria-label={t('filter_before')} value={filters.before} onChange={(event) => set({ before: event.currentTarget.value })} />
          </Filter>
        </div>
        {fault.value ? (
          <Fault error={fault.value} retry={() => void ask(null, new AbortController().signal)} />
        ) : !text.trim() ? (
          <Empty icon="search" title={t('search_empty')}>
            {t('search_empty_text')}
          </Empty>
        ) : !found ? (
          <Loading />
        ) : found.hits.length === 0 && found.partial ? (
          <Loading />
        ) : found.hits.length === 0 ? (
          <Empty icon="search" title={t('search_none')}>
            {t('search_none_text')} {found.oldest ? t('search_older', { date: date(found.oldest) }) : ''}
          </Empty>
        ) : (
          <>
            <ul class="list" aria-label={t('results_n', { n: found.hits.length })} aria-busy={busy.value}>
              {found.hits.map((hit) => (
                <Hit key={`${hit.c}/${hit.item.q}`} s={s} hit={hit} text={text} />
              ))}
            </ul>
            {found.next ? (
              <Button busy={busy.value} onClick={() => void ask(found.next, new AbortController().signal)}>
                {t('more_results')}
              </Button>
            ) : found.oldest ? (
              <p class="muted small center">{t('search_older', { date: date(found.oldest) })}</p>
            ) : null}
            {found.partial ? (
              <p class="muted small center" role="status">
                {t('search_partial')}
              </p>
            ) : null}
          </>
        )}
      </div>
    </Page>
  );
}

function Filter(props: { name: string; on: boolean; shown: string; onClear: () => void; children: ComponentChildren }) {
  return (
    <span class={`filter${props.on ? ' on' : ''}`}>
      <label>
        <span class="filter-name">{props.name}</span>
        {props.on ? <b class="clip">{props.shown}</b> : null}
        <Icon name="forward" />
        {props.children}
      </label>
      {props.on ? (
        <button type="button" aria-label={t('remove_filter', { name: props.name })} onClick={props.onClear}>
          <Icon name="close" />
        </button>
      ) : null}
    </span>
  );
}

function Hit({ s, hit, text }: { s: State; hit: SearchHit; text: string }) {
  const channel = s.channels[hit.c];
  const name = authorName(s, hit.item);
  const to = hit.item.th ? href('c', hit.c, 't', hit.item.th) : `${href('c', hit.c)}?at=${hit.item.q}`;
  return (
    <li>
      <a class="line hit" href={to}>
        <Avatar id={hit.item.u} name={name} size="small" />
        <span class="grow">
          <span class="row">
            <b class="clip">{name}</b>
            <span class="muted small clip grow">{channel ? channelName(s, channel) : ''}</span>
            <span class="muted small num" title={utc(saidAt(hit.item))}>
              {dateTime(saidAt(hit.item))}
            </span>
          </span>
          <span class="hit-text">{marked(plain(hit.snippet) || gist(hit.item), text)}</span>
        </span>
      </a>
    </li>
  );
}

/** The words that were looked for, marked; as elements, never as markup. */
function marked(snippet: string, text: string) {
  const words = text.split(/\s+/).filter((word) => word.length > 1).map((word) => word.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  if (!words.length) return snippet;
  return snippet.split(new RegExp(`(${words.join('|')})`, 'giu')).map((part, index) => (index % 2 ? <mark key={index}>{part}</mark> : part));
}

function dayStart(day: string): number | undefined {
  return day ? new Date(`${day}T00:00:00`).getTime() : undefined;
}

function dayEnd(day: string): number | undefined {
  return day ? new Date(`${day}T23:59:59.999`).getTime() : undefined;
}
