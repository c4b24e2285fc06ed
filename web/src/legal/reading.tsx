// Reading under a grant: search, and pages of a channel. Every answer is recorded by the server before it comes.

import { signal } from '@preact/signals';
import { useState } from 'preact/hooks';
import { get, post } from '../core/api.ts';
import { href, route } from '../core/route.ts';
import type { Grant, GrantedHits, GrantedPage, Id } from '../core/types.ts';
import { Button } from '../ui/button.tsx';
import { Check, Field, Input } from '../ui/field.tsx';
import { Icon } from '../ui/icon.tsx';
import { Empty, Load, useLoad } from '../ui/states.tsx';
import { toastFault } from '../ui/toast.tsx';
import { channelName, me, nameOf, knownChannels, peopleByName } from '../rooms/known.ts';
import { Note, When } from '../rooms/pieces.tsx';
import { Section } from '../rooms/room.tsx';
import { useGrants } from '../rooms/use-governance.ts';
import { Destroyed } from './destroyed.tsx';
import { Message } from './found.tsx';
import { Gone } from './matter.tsx';
import { t as matterWords } from './matter-words.ts';
import { asked, isBackwards, type Chosen } from './reach-fields.tsx';
import { t } from './review-words.ts';
import { SieveFields, sieved, useTags, type Sieve } from './tags.tsx';

const WORDS_MAX = 200;

interface Sought {
  text: string;
  c: string;
  u: string;
  from: string;
  to: string;
  files: boolean;
  sieve: Sieve;
}
const NOTHING: Sought = { text: '', c: '', u: '', from: '', to: '', files: false, sieve: { tag: '', not: '' } };

/** What was found last, so that coming back from a page is no second look. */
const last = signal<{ grant: Id; sought: Sought; found: GrantedHits } | null>(null);

export function Reading({ id, c }: { id: Id; c: Id | undefined }) {
  const grants = useGrants();
  return (
    <Load from={grants}>
      {(list) => {
        const grant = list.find((one) => one.id === id && one.by === me()?.id);
        if (!grant) return <Gone />;
        const back = c ? href('legal', 'read', id) : href('legal', 'matters', grant.matter);
        return (
          <>
            <p>
              <a class="row" href={back}>
                <Icon name="back" />
                {t(c ? 'back_search' : 'back_matter')}
              </a>
            </p>
            {grant.state === 'approved' ? (
              <>
                <Note kind="sun" icon="ledger">
                  {t('recorded')} {t('stands')} <When ts={grant.expires_at} />
                </Note>
                {c ? <Channel key={c} grant={grant} c={c} /> : <Search grant={grant} />}
              </>
            ) : (
              <Empty icon="lock" title={t('over')}>
                {t('over_text')}
              </Empty>
            )}
          </>
        );
      }}
    </Load>
  );
}

function Search({ grant }: { grant: Grant }) {
  const before = last.peek()?.grant === grant.id ? last.peek() : null;
  const only = grant.channels.length === 1 ? grant.channels[0] : undefined;
  const [sought, setSought] = useState(before?.sought ?? { ...NOTHING, c: only ?? '' });
  const [busy, setBusy] = useState(false);
  const tags = useTags(grant.matter);
  const set = (more: Partial<Sought>): void => setSought({ ...sought, ...more });
  const shown = last.value?.grant === grant.id ? last.value : null;
  const look = async (what: Sought, cursor?: string): Promise<void> => {
    setBusy(true);
    try {
      const found = await post<GrantedHits>(`/grants/${grant.id}/search`, { ...asked(chosen(what)), text: what.text.trim(), files: what.files, ...sieved(what.sieve), ...(cursor ? { cursor } : {}) });
      const earlier = cursor ? last.peek()?.found : undefined;
      last.value = { grant: grant.id, sought: what, found: earlier ? { ...found, hits: [...earlier.hits, ...found.hits], destroyed: earlier.destroyed } : found };
    } catch (error) {
      toastFault(error);
    }
    setBusy(false);
  };
  const channels = grant.channels.length ? grant.channels : knownChannels();
  const people = grant.people.length ? grant.people : peopleByName().map((one) => one.id);
  return (
    <>
      <Section title={t('search_title')} hint={t('search_hint')}>
        <form
          class="card request hold-form"
          onSubmit={(event) => {
            event.preventDefault();
            void look(sought);
          }}
        >
          <Input label={t('words')} hint={t('words_hint')} type="search" maxLength={WORDS_MAX} value={sought.text} onValue={(text) => set({ text })} />
          <div class="dates">
            <One label={t('channel')} any={matterWords('every_channel')} ids={channels} name={channelName} value={sought.c} onValue={(c) => set({ c })} />
            <One label={t('person')} any={matterWords('everybody')} ids={people} name={nameOf} value={sought.u} onValue={(u) => set({ u })} />
          </div>
          <div class="dates">
            <Input label={matterWords('from')} type="date" value={sought.from} onValue={(from) => set({ from })} />
            <Input label={matterWords('to')} type="date" value={sought.to} fault={isBackwards(chosen(sought)) ? matterWords('days_fault') : undefined} onValue={(to) => set({ to })} />
          </div>
          <SieveFields tags={tags.data} value={sought.sieve} onValue={(sieve) => set({ sieve })} />
          <Check label={t('only_files')} checked={sought.files} onValue={(files) => set({ files })} />
          <div class="row wrap">
            <Button kind="primary" type="submit" icon="search" busy={busy} disabled={isBackwards(chosen(sought))}>
              {t('search')}
            </Button>
            {sought.c ? (
              <a class="btn" href={href('legal', 'read', grant.id, sought.c)}>
                {t('open_channel')}
              </a>
            ) : null}
          </div>
        </form>
      </Section>
      {shown ? (
        <Section title={t('found', { n: shown.found.hits.length })}>
          {shown.found.hits.length ? null : <p class="hint">{t(shown.found.next ? 'found_none_yet' : 'found_none')}</p>}
          {shown.found.hits.map(({ item, around }) => (
            <article key={`${item.c}${item.q}`} class="card hit" aria-label={t('hit_in', { channel: channelName(item.c), name: nameOf(item.u) })}>
              <p class="row wrap">
                <strong class="grow">{channelName(item.c)}</strong>
                <a href={`${href('legal', 'read', grant.id, item.c)}?at=${item.q}`}>{t('open_there')}</a>
              </p>
              {[...around.filter((one) => one.q < item.q), item, ...around.filter((one) => one.q > item.q)].map((one) => (
                <Message key={one.q} grant={grant.id} item={one} tags={tags.data} faint={one.q !== item.q} />
              ))}
            </article>
          ))}
          {shown.found.next ? (
            <Button busy={busy} onClick={() => void look(shown.sought, shown.found.next ?? undefined)}>
              {t('further')}
            </Button>
          ) : null}
        </Section>
      ) : null}
      {shown ? <Destroyed days={shown.found.destroyed} /> : null}
    </>
  );
}

function One(props: { label: string; any: string; ids: Id[]; name: (id: Id) => string; value: string; onValue: (id: string) => void }) {
  return (
    <Field
      label={props.label}
      control={(tie) => (
        <select class="input" {...tie} value={props.value} onChange={(event) => props.onValue(event.currentTarget.value)}>
          <option value="">{props.any}</option>
          {props.ids.map((id) => (
            <option key={id} value={id}>
              {props.name(id)}
            </option>
          ))}
        </select>
      )}
    />
  );
}

const chosen = ({ c, u, from, to }: Sought): Chosen => ({ channels: c ? [c] : [], people: u ? [u] : [], from, to });

function Channel({ grant, c }: { grant: Grant; c: Id }) {
  const at = route.value.query.get('at');
  const tags = useTags(grant.matter);
  const [side, setSide] = useState<Record<string, number>>(at ? { around: Number(at) } : {});
  const page = useLoad((stop) => get<GrantedPage>(`/grants/${grant.id}/channels/${c}`, side, { signal: stop }), [JSON.stringify(side)]);
  return (
    <Section title={channelName(c)} hint={t(grant.people.length || grant.from_day || grant.to_day ? 'page_part' : 'page_all')}>
      <Load from={page}>
        {({ items, before, after, destroyed }) => (
          <>
            {before === null ? null : (
              <Button busy={page.loading} onClick={() => setSide({ before })}>
                {t('earlier')}
              </Button>
            )}
            <div class="card hit">
              {items.length ? items.map((item) => <Message key={item.q} grant={grant.id} item={item} tags={tags.data} marked={at === String(item.q)} />) : <p class="hint">{t('page_none')}</p>}
            </div>
            {after === null ? null : (
              <Button busy={page.loading} onClick={() => setSide({ after })}>
                {t('later')}
              </Button>
            )}
            <Destroyed days={destroyed} />
          </>
        )}
      </Load>
    </Section>
  );
}
