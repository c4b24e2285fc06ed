// Where one writes. It never locks: what is sent goes to the outbox at once, whatever the line does.

import { useSignal } from '@preact/signals';
import { useEffect, useLayoutEffect, useRef } from 'preact/hooks';
import { ApiError } from '../core/api.ts';
import { command, sayTyping, state } from '../core/live.ts';
import { enqueue, type Attachment, type Entry } from '../core/outbox.ts';
import { formatBytes } from '../core/i18n.ts';
import type { State } from '../core/state.ts';
import { mentioned, type Mentionable } from '../core/text.ts';
import type { Channel, Id, Item } from '../core/types.ts';
import { ulid } from '../core/ulid.ts';
import { Avatar } from '../ui/avatar.tsx';
import { IconButton } from '../ui/button.tsx';
import { Icon } from '../ui/icon.tsx';
import { MenuButton } from '../ui/menu.tsx';
import { lazy } from '../ui/lazy.tsx';
import { toast, toastFault } from '../ui/toast.tsx';
import { draft, draftLeft, setDraft, watchDraft } from '../core/drafts.ts';
import { authorName, channelName, gist, isOwner } from './names.ts';
import { RuleLine } from './rule-line.tsx';
import { canRecord } from './voice.ts';
import { t } from './words.ts';

const VoiceNote = lazy(() => import('./pages.ts').then((pages) => pages.VoiceNote));
const NewPoll = lazy(() => import('./pages.ts').then((pages) => pages.NewPoll));
const SendLater = lazy(() => import('./pages.ts').then((pages) => pages.SendLater));
const LinkAhead = lazy(() => import('./pages.ts').then((pages) => pages.LinkAhead));
const EmojiGrid = lazy(() => import('./pages.ts').then((pages) => pages.EmojiGrid));

const FITS_ITSELF = typeof CSS !== 'undefined' && CSS.supports('field-sizing', 'content');
const TYPING_EVERY_MS = 3_000;
const MAX_MENTIONS = 6;

interface Props {
  channel: Channel;
  thread?: number | undefined;
  /** Words of the draft's key: the window's. */
  draftKey: string;
  reply: Item | null;
  editing: Item | null;
  /** Files dropped on the conversation. */
  dropped: globalThis.File[];
  onDropTaken: () => void;
  onDone: () => void;
  onEditLast: () => void;
}

export function Composer({ channel, thread, draftKey, reply, editing, dropped, onDropTaken, onDone, onEditLast }: Props) {
  const s = state.value as State;
  const box = useRef<HTMLTextAreaElement>(null);
  const picker = useRef<HTMLInputElement>(null);
  const text = useSignal(draft(draftKey));
  const files = useSignal<Attachment[]>([]);
  const picked = useRef<Mentionable[]>([]);
  const grid = useSignal<DOMRect | null>(null);
  const popup = useSignal<{ from: number; word: string; at: number } | null>(null);
  const recording = useSignal(false);
  const asking = useSignal(false);
  const urging = useSignal(false);
  const polling = useSignal(false);
  const later = useSignal(false);
  const link = useSignal<Entry['lp'] | null>(null);
  const changing = useRef(false);
  const lastTyping = useRef(0);
  const fine = useFinePointer();

  // Another conversation: its own draft. Attachments do not wander along, nor does a mark.
  useLayoutEffect(() => {
    urging.value = false;
    text.value = editing ? (editing.b ?? '') : draft(draftKey);
    picked.current = (editing?.m ?? []).flatMap((id) => (s.people[id] ? [{ id, name: s.people[id].name }] : []));
    if (!editing) return;
    box.current?.focus();
    box.current?.setSelectionRange(text.value.length, text.value.length);
  }, [draftKey, editing]);
  useLayoutEffect(
    () =>
      watchDraft(draftKey, {
        isFocused: () => !editing && document.hasFocus() && document.activeElement === box.current,
        show: (words) => {
          if (!editing) text.value = words;
        },
      }),
    [draftKey, editing],
  );
  useEffect(() => {
    if (reply) box.current?.focus();
  }, [reply]);
  useEffect(() => {
    if (fine) box.current?.focus({ preventScroll: true });
  }, [draftKey]);
  useLayoutEffect(() => {
    const node = box.current;
    // The browser's own way costs a fraction of asking and setting with every key.
    if (!node || FITS_ITSELF) return;
    node.style.setProperty('block-size', 'auto');
    node.style.setProperty('block-size', `${Math.min(node.scrollHeight, Math.round(innerHeight * 0.4))}px`);
  }, [text.value, draftKey]);
  useEffect(() => {
    if (!dropped.length) return;
    take(dropped);
    onDropTaken();
  }, [dropped]);

  const over = new TextEncoder().encode(text.value).length - s.limits.text;
  const empty = !text.value.trim() && !files.value.length;

  const write = (value: string) => {
    text.value = value;
    if (!editing) setDraft(draftKey, value);
    const time = Date.now();
    if (value && !editing && time - lastTyping.current > TYPING_EVERY_MS) {
      lastTyping.current = time;
      sayTyping(channel.id, thread);
    }
  };

  const take = (list: Iterable<globalThis.File>) => {
    const next = [...files.value];
    for (const file of list) {
      if (file.size > s.limits.file) toast(t('too_big', { name: file.name, size: formatBytes(s.limits.file) }), { bad: true });
      else if (next.length >= s.limits.files) {
        toast(t('too_many', { n: s.limits.files }), { bad: true });
        break;
      } else if (file.size > 0) next.push({ id: ulid(), name: file.name || t('file'), mime: file.type || 'application/octet-stream', size: file.size, blob: file, sent: 0 });
    }
    files.value = next;
    box.current?.focus();
  };

  /** What a rule stops, or asks about, stays in the box until its author has answered. */
  const change = async (q: number, words: string, m: Id[], acknowledged?: Id[]): Promise<void> => {
    if (changing.current) return;
    changing.current = true;
    try {
      await command({ t: 'edit', c: channel.id, q, b: words, ...(m.length ? { m } : {}), ...(acknowledged ? { acknowledged } : {}) });
      finish();
    } catch (error) {
      changing.current = false;
      const code = error instanceof ApiError ? error.code : '';
      if (code !== 'supervision/nudge') toastFault(error);
      if (!code.startsWith('supervision/')) return finish();
      const rules = await import('./pages.ts').then((pages) => pages.askAnyway(error as ApiError));
      if (rules) await change(q, words, m, rules);
    } finally {
      changing.current = false;
    }
  };

  const finish = () => {
    text.value = editing ? draft(draftKey) : '';
    files.value = [];
    picked.current = [];
    popup.value = null;
    onDone();
    show(text.value, text.value.length);
  };

  const submit = () => {
    if (empty || over > 0) return;
    const words = text.value.trim();
    const m = mentioned(words, picked.current);
    if (editing) {
      if (words !== editing.b) return void change(editing.q, words, m);
    } else {
      setDraft(draftKey, '');
      enqueue({
        c: channel.id,
        b: words,
        files: files.value,
        ...(thread === undefined ? {} : { th: thread }),
        ...(reply ? { re: { q: reply.q, u: reply.u, b: gist(reply).slice(0, 140) } } : {}),
        ...(m.length ? { m } : {}),
        ...(asking.value ? { ask: true as const } : {}),
        ...(urging.value ? { urgent: true as const } : {}),
        ...(link.value ? { lp: link.value } : {}),
      });
      asking.value = urging.value = false;
      lastTyping.current = 0;
    }
    finish();
  };

  /** At once and not with the next drawing: the next key may come before that. */
  const show = (value: string, caret: number) => {
    const node = box.current;
    if (!node) return;
    node.value = value;
    node.focus();
    node.setSelectionRange(caret, caret);
  };

  const insert = (words: string, from: number, to: number) => {
    const value = text.value.slice(0, from) + words + text.value.slice(to);
    write(value);
    show(value, from + words.length);
  };

  const look = () => {
    const node = box.current;
    if (!node) return;
    const before = text.value.slice(0, node.selectionStart);
    const match = /(?:^|[\s(])@([\p{L}\p{N}._-]*(?: [\p{L}\p{N}._-]*)?)$/u.exec(before);
    const word = match?.[1] ?? '';
    const found = match ? candidates(s, channel, word) : [];
    popup.value = match && found.length ? { from: before.length - word.length - 1, word, at: Math.min(popup.value?.at ?? 0, found.length - 1) } : null;
  };
  const found = popup.value ? candidates(s, channel, popup.value.word) : [];
  const mention = (person: Mentionable) => {
    const open = popup.value;
    if (!open) return;
    picked.current = [...picked.current, person];
    popup.value = null;
    insert(`@${person.name} `, open.from, open.from + 1 + open.word.length);
  };

  const keys = (event: KeyboardEvent) => {
    if (event.isComposing) return;
    const open = popup.value;
    if (open && found.length) {
      const chosen = found[open.at];
      if (event.key === 'ArrowDown') popup.value = { ...open, at: (open.at + 1) % found.length };
      else if (event.key === 'ArrowUp') popup.value = { ...open, at: (open.at - 1 + found.length) % found.length };
      else if ((event.key === 'Enter' || event.key === 'Tab') && chosen) mention(chosen);
      else if (event.key === 'Escape') popup.value = null;
      else return;
      event.preventDefault();
      event.stopPropagation();
      return;
    }
    if (event.key === 'Enter' && !event.shiftKey && fine) {
      event.preventDefault();
      submit();
    } else if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      submit();
    } else if (event.key === 'Escape' && (reply || editing)) {
      event.preventDefault();
      event.stopPropagation();
      if (editing) text.value = draft(draftKey);
      onDone();
    } else if (event.key === 'ArrowUp' && !text.value && !editing) {
      event.preventDefault();
      onEditLast();
    }
  };

  const mayAsk = channel.kind !== 'direct' && channel.members.length > 1;
  const name = channelName(s, channel);
  const label = thread === undefined ? t('compose_to', { name }) : t('compose_reply');
  return (
    <form
      class="composer"
      onSubmit={(event) => {
        event.preventDefault();
        submit();
      }}
    >
      {editing || reply ? (
        <div class="composer-about">
          <Icon name={editing ? 'edit' : 'reply'} />
          <span class="grow">
            <b class="clip">{editing ? t('editing') : t('replying_to', { name: reply ? authorName(s, reply) : '' })}</b>
            <span class="clip muted" dir="auto">{gist((editing ?? reply) as Item)}</span>
          </span>
          <IconButton icon="close" label={editing ? t('cancel_edit') : t('cancel_reply')} onClick={onDone} />
        </div>
      ) : null}
      {asking.value && !editing ? (
        <div class="composer-about">
          <Icon name="confirm" />
          <span class="grow">{t('asking')}</span>
          <IconButton icon="close" label={t('ask_not')} onClick={() => (asking.value = false)} />
        </div>
      ) : null}
      {urging.value && !editing ? (
        <div class="composer-about">
          <Icon name="warning" />
          <span class="grow">{t('urging')}</span>
          <IconButton icon="close" label={t('urgent_not')} onClick={() => (urging.value = false)} />
        </div>
      ) : null}
      {s.previews && !editing && text.value.includes('://') ? <LinkAhead text={text.value} link={link} /> : null}
      {files.value.length ? (
        <ul class="composer-files">
          {files.value.map((file) => (
            <li key={file.id}>
              {file.mime.startsWith('image/') ? <Thumb blob={file.blob} /> : <Icon name="file" />}
              <span class="clip" dir="auto">{file.name}</span>
              <IconButton icon="close" label={t('remove_file', { name: file.name })} onClick={() => (files.value = files.value.filter((one) => one.id !== file.id))} />
            </li>
          ))}
        </ul>
      ) : null}
      {popup.value && found.length ? (
        <ul class="mention-list" role="listbox" id="mention-list" aria-label={t('mention_list')}>
          {found.map((person, index) => (
            <li
              key={person.id}
              id={`mention-${index}`}
              role="option"
              aria-selected={index === popup.value?.at}
              onPointerDown={(event) => {
                event.preventDefault();
                mention(person);
              }}
            >
              <Avatar id={person.id} name={person.name} size="tiny" />
              <span class="grow clip">{person.name}</span>
              <span class="muted small clip">{s.people[person.id]?.handle}</span>
            </li>
          ))}
        </ul>
      ) : null}
      {recording.value ? (
        <VoiceNote
          onDone={(file) => {
            recording.value = false;
            if (file) take([file]);
          }}
        />
      ) : (
        <div class="composer-row">
          {editing ? null : thread === undefined ? (
            <MenuButton
              icon="plus"
              label={t('attach_or_ask')}
              items={() => [
                { label: t('attach'), icon: 'attach', run: () => picker.current?.click() },
                { label: t('poll'), icon: 'poll', run: () => (polling.value = true) },
                // What waits is words alone.
                !reply && !asking.value && !urging.value && !files.value.length && { label: t('send_later'), icon: 'clock', run: () => (later.value = true) },
                mayAsk && { label: t(asking.value ? 'ask_not' : 'ask_all'), icon: 'confirm', run: () => (asking.value = !asking.value) },
                mayAsk && isOwner(s, channel) && { label: t(urging.value ? 'urgent_not' : 'urgent_mark'), icon: 'warning', run: () => (urging.value = !urging.value) },
              ]}
            />
          ) : (
            <IconButton icon="attach" label={t('attach')} onClick={() => picker.current?.click()} />
          )}
          <input
            ref={picker}
            type="file"
            multiple
            hidden
            aria-label={t('attach')}
            onChange={(event) => {
              take(event.currentTarget.files ?? []);
              event.currentTarget.value = '';
            }}
          />
          <div class="composer-field">
            <textarea
              ref={box}
              rows={1}
              value={text.value}
              placeholder={label}
              aria-label={label}
              dir={text.value ? 'auto' : undefined}
              enterkeyhint={fine ? 'send' : 'enter'}
              aria-controls={popup.value ? 'mention-list' : undefined}
              aria-autocomplete="list"
              aria-activedescendant={popup.value ? `mention-${popup.value.at}` : undefined}
              onInput={(event) => {
                write(event.currentTarget.value);
                look();
              }}
              onKeyUp={(event) => {
                if (event.key === 'ArrowLeft' || event.key === 'ArrowRight') look();
              }}
              onKeyDown={keys}
              onBlur={() => {
                popup.value = null;
                draftLeft(draftKey);
              }}
              onPaste={(event) => {
                const pasted = [...(event.clipboardData?.files ?? [])];
                if (pasted.length && !editing) {
                  event.preventDefault();
                  take(pasted);
                }
              }}
            />
            <IconButton icon="smile" label={t('emoji')} onClick={(event) => (grid.value = event.currentTarget.getBoundingClientRect())} />
          </div>
          {empty && !editing && canRecord() ? (
            <IconButton icon="mic" label={t('record')} onClick={() => (recording.value = true)} />
          ) : (
            <button type="submit" class="icon-btn send" aria-label={editing ? t('save') : t('send')} title={editing ? t('save') : t('send')} disabled={empty || over > 0}>
              <Icon name={editing ? 'check' : 'send'} />
            </button>
          )}
        </div>
      )}
      {over > 0 ? (
        <p class="composer-rule bad" role="alert">
          {t('too_long', { n: over })}
        </p>
      ) : (
        <RuleLine channel={channel} />
      )}
      {later.value ? (
        <SendLater
          channel={channel}
          text={text.value}
          people={picked.current}
          onClose={() => (later.value = false)}
          onDone={() => {
            text.value = '';
            picked.current = [];
            setDraft(draftKey, '');
          }}
        />
      ) : null}
      {polling.value ? <NewPoll channel={channel} onClose={() => (polling.value = false)} /> : null}
      {grid.value ? (
        <EmojiGrid
          at={grid.value}
          onClose={() => (grid.value = null)}
          onPick={(emoji) => {
            const at = box.current?.selectionStart ?? text.value.length;
            insert(emoji, at, box.current?.selectionEnd ?? at);
          }}
        />
      ) : null}
    </form>
  );
}

function Thumb({ blob }: { blob: Blob }) {
  const image = useRef<HTMLImageElement>(null);
  useEffect(() => {
    const address = URL.createObjectURL(blob);
    if (image.current) image.current.src = address;
    return () => URL.revokeObjectURL(address);
  }, [blob]);
  return <img ref={image} alt="" />;
}

function candidates(s: State, channel: Channel, word: string): Mentionable[] {
  const wanted = word.toLocaleLowerCase();
  return channel.members
    .flatMap((member) => (member.p !== s.me && s.people[member.p]?.active ? [s.people[member.p] as State['people'][string]] : []))
    .filter((person) => person.name.toLocaleLowerCase().startsWith(wanted) || person.name.toLocaleLowerCase().split(/\s+/).some((part) => part.startsWith(wanted)) || person.handle?.startsWith(wanted))
    .slice(0, MAX_MENTIONS)
    .map(({ id, name }) => ({ id, name }));
}

/** On a phone the enter key makes a new line, as everywhere there. */
function useFinePointer(): boolean {
  return typeof matchMedia !== 'undefined' && matchMedia('(pointer: fine)').matches;
}
