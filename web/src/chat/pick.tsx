// Choosing people: a filter, a list with boxes.

import { useSignal } from '@preact/signals';
import { state } from '../core/live.ts';
import type { State } from '../core/state.ts';
import type { Id, Person } from '../core/types.ts';
import { Avatar } from '../ui/avatar.tsx';
import { Icon } from '../ui/icon.tsx';
import { t } from './words.ts';

/** People one may write to: active, not oneself, and not who cannot be in channels. */
export function reachable(s: State): Person[] {
  return Object.values(s.people)
    .filter((person) => person.active && person.id !== s.me && person.role !== 'auditor')
    .sort((a, b) => a.name.localeCompare(b.name));
}

export function PickPeople({ chosen, without, onChange }: { chosen: Id[]; without?: Id[]; onChange: (chosen: Id[]) => void }) {
  const find = useSignal('');
  const s = state.value as State;
  const left = new Set(without);
  const wanted = find.value.trim().toLocaleLowerCase();
  const people = reachable(s).filter((person) => !left.has(person.id) && (person.name.toLocaleLowerCase().includes(wanted) || (person.handle ?? '').includes(wanted)));
  return (
    <fieldset class="pick">
      <legend class="unseen">{t('create_people')}</legend>
      <div class="finder">
        <Icon name="search" />
        <input type="search" aria-label={t('find_person')} placeholder={t('find_person')} value={find.value} onInput={(event) => (find.value = event.currentTarget.value)} />
      </div>
      <div class="pick-list">
        {people.map((person) => (
          <label key={person.id} class="check">
            <Avatar id={person.id} name={person.name} size="small" online={person.id in s.online} />
            <span class="grow clip">{person.name}</span>
            <input
              type="checkbox"
              checked={chosen.includes(person.id)}
              onChange={(event) => onChange(event.currentTarget.checked ? [...chosen, person.id] : chosen.filter((id) => id !== person.id))}
            />
          </label>
        ))}
        {people.length ? null : <p class="muted pick-none">{t(wanted ? 'no_people' : 'no_people_yet')}</p>}
      </div>
    </fieldset>
  );
}
