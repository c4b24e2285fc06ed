// Where, whose and which days: the fields that holds, counts and grants are asked with.

import type { Id, Ms } from '../core/types.ts';
import { Input } from '../ui/field.tsx';
import { byName } from '../rooms/channel-options.tsx';
import { channelTitle, peopleByName, type AdminChannel } from '../rooms/known.ts';
import { Pick } from '../rooms/pick.tsx';
import { Note } from '../rooms/pieces.tsx';
import { t as words } from '../rooms/words.ts';
import { t } from './matter-words.ts';

const NAMES_MAX = 500;

export interface Chosen {
  channels: Id[];
  people: Id[];
  /** UTC days, empty for no limit. */
  from: string;
  to: string;
}

export const NOTHING: Chosen = { channels: [], people: [], from: '', to: '' };

export function ReachFields({ known, value, onValue, hints }: { known: AdminChannel[]; value: Chosen; onValue: (value: Chosen) => void; hints: { channels: string; people: string } }) {
  return (
    <>
      <div class="dates">
        <Pick
          legend={t('channels')}
          hint={hints.channels}
          find={t('channels_find')}
          options={[...known].sort(byName).map((one) => ({ id: one.id, name: one.archived ? words('archived', { name: channelTitle(one) }) : channelTitle(one) }))}
          chosen={value.channels}
          onChosen={(channels) => onValue({ ...value, channels })}
          more={(n) => t('more_options', { n })}
        />
        <Pick
          legend={t('people')}
          hint={hints.people}
          find={t('people_find')}
          options={peopleByName().map((one) => ({ id: one.id, name: one.active ? one.name : t('deactivated', { name: one.name }) }))}
          chosen={value.people}
          onChosen={(people) => onValue({ ...value, people })}
          more={(n) => t('more_options', { n })}
        />
      </div>
      <div class="dates">
        <Input label={t('from')} type="date" value={value.from} onValue={(from) => onValue({ ...value, from })} />
        <Input label={t('to')} type="date" value={value.to} fault={isBackwards(value) ? t('days_fault') : undefined} onValue={(to) => onValue({ ...value, to })} />
      </div>
      <p class="hint">{t('days_hint')}</p>
      {isTooMany(value) ? <Note kind="bad">{t('too_many', { n: NAMES_MAX })}</Note> : null}
    </>
  );
}

export const isBackwards = ({ from, to }: Chosen): boolean => from !== '' && to !== '' && from > to;
const isTooMany = ({ channels, people }: Chosen): boolean => Math.max(channels.length, people.length) > NAMES_MAX;
export const isSound = (value: Chosen): boolean => !isBackwards(value) && !isTooMany(value);

/** As commands and questions carry it. */
export function asked({ channels, people, from, to }: Chosen): { channels: Id[]; people: Id[]; from?: Ms; to?: Ms } {
  return { channels, people, ...(from ? { from: utcStart(from) } : {}), ...(to ? { to: utcStart(to) } : {}) };
}

export const reachOf = ({ channels, people, from, to }: Chosen) => ({ channels, people, from_day: from || null, to_day: to || null });

const utcStart = (day: string): Ms => Date.parse(`${day}T00:00:00Z`);
