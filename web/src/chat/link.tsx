// What a link leads to: looked at by our own server while it is written, and shown as the words that came with the message.

import { useSignal, type Signal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { post } from '../core/api.ts';
import type { Entry } from '../core/outbox.ts';
import { firstLink, safeHref } from '../core/text.ts';
import type { Id, LinkPreview } from '../core/types.ts';
import { IconButton } from '../ui/button.tsx';
import { Icon } from '../ui/icon.tsx';
import './link.css';
import { t as own } from './link-words.ts';

/** Whoever still types is not done with the address. */
const PAUSE_MS = 600;
/** The server forgets a preview after 15 minutes; before that it is made anew. */
const FRESH_MS = 10 * 60_000;
const KNOWN_MAX = 20;

type Link = NonNullable<Entry['lp']>;

/** What was looked at of late; null: there was nothing to show, or nobody wants it. */
const known = new Map<string, { link: Link | null; at: number }>();

function remember(url: string, link: Link | null): void {
  known.delete(url);
  known.set(url, { link, at: Date.now() });
  const oldest = known.keys().next().value;
  if (known.size > KNOWN_MAX && oldest !== undefined) known.delete(oldest);
}

/** Below the composer: what would go along with the message. A page that cannot be read is nobody's trouble. */
export function LinkAhead({ text, link }: { text: string; link: Signal<Link | null | undefined> }) {
  const url = firstLink(text);
  const refused = useSignal('');
  useEffect(() => {
    const before = url ? known.get(url) : undefined;
    const fresh = before && Date.now() - before.at < FRESH_MS ? before : undefined;
    link.value = fresh?.link ?? null;
    if (!url || fresh || refused.value === url) return;
    let left = false;
    const wait = setTimeout(() => {
      post<{ id: Id | null; preview: LinkPreview | null }>('/previews', { url }).then(
        ({ id, preview }) => {
          const made = id && preview ? { id, ...preview } : null;
          remember(url, made);
          if (!left) link.value = made;
        },
        () => undefined,
      );
    }, PAUSE_MS);
    return () => {
      left = true;
      clearTimeout(wait);
    };
  }, [url]);
  // What is sent or thrown away takes it along.
  useEffect(() => () => void (link.value = null), []);
  if (!link.value) return null;
  return (
    <div class="composer-about link-ahead" role="status">
      <Icon name="external" />
      <span class="grow">
        <span class="muted small block">{own('ahead')}</span>
        <Words preview={link.value} />
      </span>
      <IconButton
        icon="close"
        label={own('remove')}
        onClick={() => {
          refused.value = url ?? '';
          if (url) remember(url, null);
          link.value = null;
        }}
      />
    </div>
  );
}

export function LinkCard({ preview }: { preview: LinkPreview }) {
  const href = safeHref(preview.url);
  if (!href) return null;
  return (
    <a class="link-card" href={href} target="_blank" rel="noopener noreferrer">
      <Words preview={preview} />
    </a>
  );
}

/** Where it leads is the address's own word, whatever the page calls itself. */
function Words({ preview }: { preview: LinkPreview }) {
  const host = new URL(preview.url).host.replace(/^www\./, '');
  return (
    <>
      <b class="link-title" dir="auto">
        {preview.title}
      </b>
      {preview.description ? (
        <span class="link-text small" dir="auto">
          {preview.description}
        </span>
      ) : null}
      <span class="muted small clip block">
        <bdi>{host}</bdi>
        {preview.site && preview.site !== preview.title ? <bdi> · {preview.site}</bdi> : null}
      </span>
    </>
  );
}
