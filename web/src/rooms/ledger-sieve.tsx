// The filters of the ledger. All of them stand in the address, so that a view of it can be kept and sent.

import { go, route } from '../core/route.ts';
import type { LedgerEntry } from '../core/types.ts';
import { Button } from '../ui/button.tsx';
import { Check, Input, Select } from '../ui/field.tsx';
import { dayAfter, dayStart, isoDay } from './days.ts';
import { channelName, knownChannels, peopleByName } from './known.ts';
import { ACTS, actName, groupOf, t } from './ledger-words.ts';
import type { Wanted } from './ledger-read.ts';

/** Acts that an administrator's ledger leaves out. */
const HIDDEN_ACTS = /^(message|schedule|reaction|receipt|export|data|matter|hold)\.|^channel\.muted$|^quiet\.set$/;
const FILTERS = ['act', 'actor', 'c', 'from', 'to'];

export function useFilter(): { wanted: Wanted; key: string; isLive: boolean; backwards: boolean } {
  const { query } = route.value;
  const [act = '', actor = '', c = '', from = '', to = ''] = FILTERS.map((name) => query.get(name) ?? '');
  const wanted = { act, actor, c, from: dayStart(from), to: dayAfter(to) };
  const backwards = wanted.from !== null && wanted.to !== null && wanted.from >= wanted.to;
  return { wanted, key: [act, actor, c, from, to].join(' '), isLive: query.get('live') === '1', backwards };
}

function filter(change: Record<string, string>): void {
  const params = new URLSearchParams(route.value.query);
  for (const [key, value] of Object.entries(change)) {
    if (value) params.set(key, value);
    else params.delete(key);
  }
  const tail = params.toString();
  go(`#/${route.value.path.map(encodeURIComponent).join('/')}${tail ? `?${tail}` : ''}`, 'replace');
}

export function Sieve({ admin, entries }: { admin: boolean; entries: LedgerEntry[] }) {
  const { query } = route.value;
  const { wanted, isLive, backwards } = useFilter();
  const today = isoDay(Date.now());
  const isFiltered = FILTERS.some((name) => query.get(name));
  return (
    <>
      <div class="sieve many">
        <ActFilter value={wanted.act} admin={admin} />
        <Select
          label={t('actor')}
          value={wanted.actor}
          options={[{ value: '', label: t('any_actor') }, ...peopleByName().map((person) => ({ value: person.id, label: person.name }))]}
          onValue={(value) => filter({ actor: value })}
        />
        <Select label={t('channel')} value={wanted.c} options={[{ value: '', label: t('any_channel') }, ...channelsOf(entries, wanted.c)]} onValue={(value) => filter({ c: value })} />
        <Input label={t('from')} type="date" max={today} value={query.get('from') ?? ''} onValue={(value) => filter({ from: value })} />
        <Input label={t('to')} type="date" max={today} value={query.get('to') ?? ''} fault={backwards ? t('dates_fault') : undefined} onValue={(value) => filter({ to: value, live: '' })} />
      </div>
      <div class="row wrap">
        <Check toggle label={t('follow')} checked={isLive && wanted.to === null} disabled={wanted.to !== null} onValue={(on) => filter({ live: on ? '1' : '' })} />
        {wanted.to === null ? null : <span class="hint">{t('follow_past')}</span>}
        {isFiltered ? (
          <Button kind="quiet" onClick={() => filter(Object.fromEntries(FILTERS.map((name) => [name, ''])))}>
            {t('clear')}
          </Button>
        ) : null}
      </div>
    </>
  );
}

function ActFilter(props: { value: string; admin: boolean }) {
  const groups = new Map<string, string[]>();
  for (const act of Object.keys(ACTS)) {
    if (props.admin && HIDDEN_ACTS.test(act)) continue;
    groups.set(groupOf(act), [...(groups.get(groupOf(act)) ?? []), act]);
  }
  return (
    <label class="field">
      <span class="label">{t('act')}</span>
      <select class="input" value={props.value} onChange={(event) => filter({ act: event.currentTarget.value })}>
        <option value="">{t('any_act')}</option>
        {props.value && !Object.hasOwn(ACTS, props.value) ? <option value={props.value}>{t('act_begins', { act: props.value })}</option> : null}
        {[...groups].map(([group, acts]) => (
          <optgroup key={group} label={group}>
            {acts.map((act) => (
              <option key={act} value={act}>
                {actName(act)}
              </option>
            ))}
          </optgroup>
        ))}
      </select>
    </label>
  );
}

/** An auditor has no list of channels: those among the entries can be chosen. */
function channelsOf(entries: LedgerEntry[], chosen: string): { value: string; label: string }[] {
  const ids = new Set([...knownChannels(), ...entries.map((entry) => entry.channel ?? ''), chosen]);
  ids.delete('');
  return [...ids].map((id) => ({ value: id, label: channelName(id) })).sort((a, b) => a.label.localeCompare(b.label));
}
