// Tags and notes of one message that is read under a grant. Nothing is shown as done before the server says so.

import { useState } from 'preact/hooks';
import { get } from '../core/api.ts';
import type { Found, Id, MatterTags, Tag } from '../core/types.ts';
import { Button } from '../ui/button.tsx';
import { confirm } from '../ui/dialog.tsx';
import { Select, TextArea } from '../ui/field.tsx';
import { useLoad, type Loaded } from '../ui/states.tsx';
import { toast } from '../ui/toast.tsx';
import { act } from '../rooms/act.ts';
import { me, nameOf } from '../rooms/known.ts';
import { When } from '../rooms/pieces.tsx';
import { t as words } from '../rooms/words.ts';
import { t } from './tag-words.ts';

const NOTE_MAX = 1_000;
const NOTES_MAX = 10;
const FIXED: readonly Tag[] = ['relevant', 'not_relevant', 'privileged', 'hot'];
const LOOK: Record<string, string> = { relevant: ' good', privileged: ' bad', hot: ' sun' };

export function useTags(matter: Id, on: unknown[] = []): Loaded<MatterTags> {
  return useLoad<MatterTags>((signal) => get(`/matters/${matter}/tags`, {}, { signal }), [matter, ...on]);
}

/** Those that every matter has, until it is known which it has itself. */
export const tagsOf = (tags: MatterTags | undefined): Tag[] => tags?.tags.map((one) => one.tag) ?? [...FIXED];

export function tagName(tags: MatterTags | undefined, tag: Tag): string {
  if (tag === 'relevant' || tag === 'not_relevant' || tag === 'privileged' || tag === 'hot') return t(tag);
  return tags?.tags.find((one) => one.tag === tag)?.word || t('own', { n: tag.slice(1) });
}

export function Tagging({ grant, item, tags }: { grant: Id; item: Found; tags: MatterTags | undefined }) {
  const [on, setOn] = useState<Tag[]>(item.tags ?? []);
  const [busy, setBusy] = useState(false);
  const place = { grant, c: item.c, q: item.q };
  const toggle = async (tag: Tag): Promise<void> => {
    const is = on.includes(tag);
    setBusy(true);
    if (await act({ t: 'tag.set', ...place, ...(is ? { remove: [tag] } : { add: [tag] }) })) {
      const other = tag === 'relevant' ? 'not_relevant' : tag === 'not_relevant' ? 'relevant' : tag;
      const now = is ? on.filter((one) => one !== tag) : [...on.filter((one) => one !== other), tag];
      setOn(now);
      // Whoever comes back to what was found before sees it as it is.
      item.tags = now;
    }
    setBusy(false);
  };
  return (
    <>
      <div class="row wrap tags" role="group" aria-label={t('tags_of', { q: item.q })}>
        {tagsOf(tags).map((tag) => (
          <button key={tag} type="button" class="chip" aria-pressed={on.includes(tag)} aria-busy={busy} onClick={() => (busy ? undefined : void toggle(tag))}>
            {tagName(tags, tag)}
          </button>
        ))}
      </div>
      <Notes place={place} item={item} />
    </>
  );
}

/** As they stand: of a message that is shown beside another. */
export function Tagged({ item, tags }: { item: Found; tags: MatterTags | undefined }) {
  if (!item.tags?.length) return null;
  return (
    <p class="row wrap tags">
      {item.tags.map((tag) => (
        <span key={tag} class={`chip${LOOK[tag] ?? ''}`}>
          {tagName(tags, tag)}
        </span>
      ))}
    </p>
  );
}

function Notes({ place, item }: { place: { grant: Id; c: Id; q: number }; item: Found }) {
  const [notes, setNotes] = useState(item.notes ?? []);
  const [text, setText] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const keep = (now: NonNullable<Found['notes']>): void => {
    setNotes(now);
    item.notes = now;
  };
  const save = async (event: Event): Promise<void> => {
    event.preventDefault();
    const b = (text ?? '').trim();
    setBusy(true);
    const done = await act({ t: 'note.write', ...place, text: b });
    if (done?.note) {
      keep([...notes, { id: done.note, u: me()?.id ?? '', ts: Date.now(), b }]);
      setText(null);
      toast(t('note_done'));
    }
    setBusy(false);
  };
  const withdraw = async (note: Id): Promise<void> => {
    const yes = await confirm({ title: t('withdraw_title'), body: <p>{t('withdraw_text')}</p>, action: t('withdraw'), danger: true });
    if (!yes || !(await act({ t: 'note.withdraw', ...place, note }))) return;
    keep(notes.filter((one) => one.id !== note));
    toast(t('withdraw_done'));
  };
  return (
    <>
      {notes.length ? (
        <ul class="notes" aria-label={t('notes', { q: item.q })}>
          {notes.map((one) => (
            <li key={one.id}>
              <p class="row wrap">
                <strong>{nameOf(one.u)}</strong>
                <span class="faint">
                  <When ts={one.ts} />
                </span>
                {one.u === me()?.id ? (
                  <Button kind="quiet" onClick={() => void withdraw(one.id)}>
                    {t('withdraw')}
                  </Button>
                ) : null}
              </p>
              <p class="words" dir="auto">
                {one.b}
              </p>
            </li>
          ))}
        </ul>
      ) : null}
      {text === null ? (
        notes.length < NOTES_MAX ? (
          <Button kind="quiet" icon="edit" onClick={() => setText('')}>
            {t('note_new')}
          </Button>
        ) : null
      ) : (
        <form class="note-form" onSubmit={(event) => void save(event)}>
          <TextArea label={t('note', { q: item.q })} hint={t('note_hint')} maxLength={NOTE_MAX} value={text} onValue={setText} autoFocus />
          <div class="row wrap">
            <Button kind="primary" type="submit" busy={busy} disabled={!text.trim()}>
              {t('note_save')}
            </Button>
            <Button kind="quiet" onClick={() => setText(null)}>
              {words('cancel')}
            </Button>
          </div>
        </form>
      )}
    </>
  );
}

/** Which messages by their tags, as a search asks for them. */
export interface Sieve {
  tag: '' | 'untagged' | Tag;
  not: '' | Tag;
}

export function SieveFields({ tags, value, onValue }: { tags: MatterTags | undefined; value: Sieve; onValue: (value: Sieve) => void }) {
  const all = tagsOf(tags).map((tag) => ({ value: tag, label: tagName(tags, tag) }));
  const with_: { value: Sieve['tag']; label: string }[] = [{ value: '', label: t('any') }, { value: 'untagged', label: t('untagged') }, ...all];
  const without: { value: Sieve['not']; label: string }[] = [{ value: '', label: t('none') }, ...all.filter((one) => one.value !== value.tag)];
  return (
    <div class="dates">
      <Select label={t('with')} value={value.tag} options={with_} onValue={(tag) => onValue({ tag, not: tag === 'untagged' || tag === value.not ? '' : value.not })} />
      <Select label={t('without')} value={value.not} options={without} disabled={value.tag === 'untagged'} onValue={(not) => onValue({ ...value, not })} />
    </div>
  );
}

export function sieved({ tag, not }: Sieve): { untagged?: true; tagged?: Tag[]; not_tagged?: Tag[] } {
  if (tag === 'untagged') return { untagged: true };
  return { ...(tag ? { tagged: [tag] } : {}), ...(not ? { not_tagged: [not] } : {}) };
}
