// What a channel holds beside words: pictures, files and links, newest first; and the way to another day.

import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { get } from '../core/api.ts';
import { formatBytes } from '../core/i18n.ts';
import { onGone, state } from '../core/live.ts';
import { go, href } from '../core/route.ts';
import type { State } from '../core/state.ts';
import { parse, type Node } from '../core/text.ts';
import { date, dayKey, shortWhen } from '../core/time.ts';
import type { Channel, File, Holding, Item, Media } from '../core/types.ts';
import { now } from '../core/ulid.ts';
import { Button } from '../ui/button.tsx';
import { Dialog } from '../ui/dialog.tsx';
import { Input } from '../ui/field.tsx';
import { Icon } from '../ui/icon.tsx';
import { Panel } from '../ui/panel.tsx';
import { Empty, Fault, Loading } from '../ui/states.tsx';
import { fileUrl, isPicture, viewed } from './files.tsx';
import { authorName, saidAt } from './names.ts';
import { t as own } from './gallery-words.ts';
import { t } from './words.ts';
import './gallery.css';

const TABS: Holding[] = ['pictures', 'files', 'links'];
const PAGE = 60;
const PAGE_MAX = 100;
/** A page may come with none and still go on. */
const ASKS_MAX = 20;

export function Gallery({ channel }: { channel: Channel }) {
  const s = state.value as State;
  const tab = useSignal<Holding>('pictures');
  const media = useSignal<Media | null>(null);
  const fault = useSignal<Error | null>(null);
  const close = () => go(href('c', channel.id, 'info'));

  const load = async (has: Holding, from: Media | null, limit: number, signal?: AbortSignal) => {
    const found: Media = { items: from?.items ?? [], next: from?.next ?? null };
    const wanted = found.items.length + 1;
    try {
      for (let asks = 0; asks < ASKS_MAX; asks++) {
        const page = await get<Media>(`/channels/${channel.id}/media`, { has, limit, ...(found.next === null ? {} : { before: found.next }) }, signal ? { signal } : {});
        found.items = [...found.items, ...page.items];
        found.next = page.next;
        if (found.next === null || found.items.length >= wanted) break;
      }
      if (!signal?.aborted) media.value = found;
    } catch (error) {
      if (!signal?.aborted) fault.value = error as Error;
    }
  };

  // What is said, deleted or destroyed meanwhile is looked up again: nothing of it is kept here.
  const has = tab.value;
  useEffect(() => {
    media.value = null;
  }, [has]);
  useEffect(() => {
    const stop = new AbortController();
    fault.value = null;
    void load(has, null, Math.min(PAGE_MAX, Math.max(PAGE, media.peek()?.items.length ?? 0)), stop.signal);
    const stopGone = onGone((c, why) => {
      if (c === channel.id && why !== 'read') media.value = null;
    });
    return () => {
      stop.abort();
      stopGone();
    };
  }, [has, channel.head]);

  const found = media.value;
  return (
    <Panel title={own('media')} out={{ icon: 'back', label: t('back'), onClick: close }}>
      <div class="tabs" role="tablist" aria-label={own('media')}>
        {TABS.map((one) => (
          <button key={one} type="button" role="tab" aria-selected={one === has} onClick={() => (tab.value = one)}>
            {own(one)}
          </button>
        ))}
      </div>
      <div class="panel-body stack" role="tabpanel" aria-label={own(has)}>
        {fault.value ? (
          <Fault error={fault.value} retry={() => void load(has, null, PAGE)} />
        ) : !found ? (
          <Loading />
        ) : !found.items.length ? (
          <Empty icon={has === 'links' ? 'external' : has === 'files' ? 'file' : 'image'} title={own('none')} />
        ) : has === 'pictures' ? (
          <Pictures items={found.items} />
        ) : (
          <ul class="list">
            {found.items.map((item) => (has === 'files' ? <FileLines key={item.q} s={s} c={channel.id} item={item} /> : <LinkLines key={item.q} s={s} c={channel.id} item={item} />))}
          </ul>
        )}
        {found?.next ? <Button onClick={() => void load(has, found, PAGE)}>{own('older')}</Button> : null}
      </div>
    </Panel>
  );
}

function Pictures({ items }: { items: Item[] }) {
  const all = items.flatMap((item) => (item.f ?? []).filter((file) => file.mime.startsWith('image/') || file.mime.startsWith('video/')).map((file) => ({ item, file })));
  const shown = all.filter(({ file }) => isPicture(file.mime)).map(({ file }) => file);
  const months = new Map<string, { ts: number; of: typeof all }>();
  for (const one of all) {
    const key = dayKey(saidAt(one.item)).replace(/-\d+$/, '');
    const month = months.get(key) ?? { ts: saidAt(one.item), of: [] };
    month.of.push(one);
    months.set(key, month);
  }
  return (
    <>
      {[...months].map(([key, month]) => (
        <section key={key} class="stack tight">
          <h3 class="muted small">{monthName(month.ts)}</h3>
          <div class="gallery">
            {month.of.map(({ file }) => (
              <Piece key={file.id} file={file} open={() => (viewed.value = { files: shown, at: shown.indexOf(file) })} />
            ))}
          </div>
        </section>
      ))}
    </>
  );
}

function Piece({ file, open }: { file: File; open: () => void }) {
  if (!isPicture(file.mime)) {
    return (
      <a class="gallery-piece" href={fileUrl(file)} download={file.name} aria-label={t('download', { name: file.name })}>
        <Icon name="play" />
      </a>
    );
  }
  return (
    <button type="button" class="gallery-piece" aria-label={t('open_image', { name: file.name })} onClick={open}>
      <img src={fileUrl(file, file.thumb ?? false)} alt="" loading="lazy" decoding="async" />
    </button>
  );
}

function FileLines({ s, c, item }: { s: State; c: string; item: Item }) {
  const files = (item.f ?? []).filter((file) => !file.mime.startsWith('image/') && !file.mime.startsWith('video/'));
  return files.map((file) => (
    <li key={file.id} class="line">
      <Icon name={file.mime.startsWith('audio/') ? 'mic' : 'file'} />
      <a class="grow media-name" href={fileUrl(file)} download={file.name}>
        <span class="clip block" dir="auto">
          {file.mime.startsWith('audio/') ? t('voice') : file.name}
        </span>
        <span class="muted small clip block">
          {formatBytes(file.size)} · {authorName(s, item)} · {shortWhen(saidAt(item))}
        </span>
      </a>
      <Show c={c} item={item} />
    </li>
  ));
}

function LinkLines({ s, c, item }: { s: State; c: string; item: Item }) {
  const links = [...new Set(linksOf(parse(item.b ?? '', [])))];
  return links.map((link) => (
    <li key={link} class="line">
      <Icon name="external" />
      <a class="grow media-name" href={link} target="_blank" rel="noopener noreferrer">
        <span class="clip block" dir="ltr">
          {link.replace(/^https?:\/\//, '')}
        </span>
        <span class="muted small clip block">
          {authorName(s, item)} · {shortWhen(saidAt(item))}
        </span>
      </a>
      <Show c={c} item={item} />
    </li>
  ));
}

function Show({ c, item }: { c: string; item: Item }) {
  const to = item.th ? href('c', c, 't', item.th) : `${href('c', c)}?at=${item.q}`;
  return (
    <a class="icon-btn" href={to} aria-label={own('show_in')} title={own('show_in')}>
      <Icon name="chat" />
    </a>
  );
}

function linksOf(nodes: Node[]): string[] {
  return nodes.flatMap((node) => (node.type === 'link' ? [node.href] : 'children' in node ? linksOf(node.children) : []));
}

function monthName(ts: number): string {
  // The day of the month says nothing about a month.
  return new Intl.DateTimeFormat(document.documentElement.lang, { month: 'long', year: 'numeric' }).format(ts);
}

export function JumpTo({ channel, from, onJump, onClose }: { channel: Channel; from: number; onJump: (ms: number) => void; onClose: () => void }) {
  const day = useSignal(dayText(from));
  const ms = day.value ? new Date(`${day.value}T00:00:00`).getTime() : Number.NaN;
  const jump = () => {
    if (!Number.isNaN(ms)) onJump(Math.max(0, ms));
  };
  return (
    <Dialog
      title={t('jump_to_day')}
      onClose={onClose}
      actions={
        <>
          <Button onClick={onClose}>{t('cancel')}</Button>
          <Button kind="primary" disabled={Number.isNaN(ms)} onClick={jump}>
            {own('jump')}
          </Button>
        </>
      }
    >
      <form
        class="stack"
        onSubmit={(event) => {
          event.preventDefault();
          jump();
        }}
      >
        <Input label={own('day')} type="date" value={day.value} min={dayText(channel.created_at)} max={dayText(now())} autoFocus hint={Number.isNaN(ms) ? undefined : date(ms)} onValue={(value) => (day.value = value)} />
        <p class="muted small">{own('arrival')}</p>
      </form>
    </Dialog>
  );
}

/** As an input for days wants it, in the viewer's zone. */
function dayText(ts: number): string {
  const at = new Date(ts);
  const two = (n: number) => String(n).padStart(2, '0');
  return `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
}
