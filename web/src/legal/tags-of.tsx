// What of a matter is tagged, in numbers, and the tags that it names itself.

import { useState } from 'preact/hooks';
import { formatNumber } from '../core/i18n.ts';
import { href } from '../core/route.ts';
import type { Matter, MatterTags } from '../core/types.ts';
import { Button } from '../ui/button.tsx';
import { Input } from '../ui/field.tsx';
import { Icon } from '../ui/icon.tsx';
import { Load } from '../ui/states.tsx';
import { toast } from '../ui/toast.tsx';
import { act } from '../rooms/act.ts';
import { DataTable } from '../rooms/data-table.tsx';
import { Section } from '../rooms/room.tsx';
import { t } from './tag-words.ts';
import { tagName, useTags } from './tags.tsx';

const WORDS_MAX = 20;
const WORD_MAX = 40;

export function TagsOf({ matter }: { matter: Matter }) {
  const tags = useTags(matter.id);
  const hasSome = (tags.data?.messages ?? 0) > 0;
  return (
    <Section
      title={t('title')}
      hint={t('hint')}
      actions={
        hasSome && !matter.closed_at ? (
          <a class="btn primary" href={href('legal', 'matters', matter.id, 'tagged')}>
            <Icon name="download" />
            {t('export')}
          </a>
        ) : undefined
      }
    >
      <Load from={tags}>
        {(all) => (
          <>
            <DataTable
              caption={t('title')}
              rows={all.tags}
              keyOf={(one) => one.tag}
              columns={[
                { name: t('tag'), main: true, cell: (one) => tagName(all, one.tag) },
                { name: t('messages'), end: true, cell: (one) => formatNumber(one.messages) },
              ]}
            />
            <p class="hint">
              {t('total', { n: all.messages })} · {t('total_notes', { n: all.notes })}
            </p>
            {matter.closed_at ? null : <NameTag matter={matter} all={all} onChange={tags.reload} />}
          </>
        )}
      </Load>
    </Section>
  );
}

function NameTag({ matter, all, onChange }: { matter: Matter; all: MatterTags; onChange: () => void }) {
  const [word, setWord] = useState('');
  const [busy, setBusy] = useState(false);
  if (all.tags.filter((one) => one.word !== undefined).length >= WORDS_MAX) return null;
  const add = async (event: Event): Promise<void> => {
    event.preventDefault();
    setBusy(true);
    if (await act({ t: 'tag.name', matter: matter.id, word: word.trim() })) {
      setWord('');
      toast(t('name_done'));
      onChange();
    }
    setBusy(false);
  };
  return (
    <form class="card request" onSubmit={(event) => void add(event)}>
      <Input label={t('name')} hint={t('name_hint', { n: WORDS_MAX })} maxLength={WORD_MAX} autoComplete="off" value={word} onValue={setWord} />
      <div class="row wrap">
        <Button type="submit" icon="plus" busy={busy} disabled={!word.trim()}>
          {t('name_save')}
        </Button>
      </div>
    </form>
  );
}
