// Which of many: a list to tick, searchable when it is long; what is ticked stays in sight.

import { useState } from 'preact/hooks';
import type { Id } from '../core/types.ts';
import { Check, Input } from '../ui/field.tsx';

const SEARCH_FROM = 8;
const SHOWN_MAX = 200;

export interface Option {
  id: Id;
  name: string;
}

export function Pick(props: { legend: string; hint: string; find: string; options: Option[]; chosen: Id[]; onChosen: (chosen: Id[]) => void; more?: (n: number) => string }) {
  const { options, chosen } = props;
  const [text, setText] = useState('');
  const wanted = text.trim().toLocaleLowerCase();
  const found = options.filter((option) => chosen.includes(option.id) || option.name.toLocaleLowerCase().includes(wanted));
  const shown = found.slice(0, SHOWN_MAX);
  return (
    <fieldset class="picker">
      <legend class="label">{props.legend}</legend>
      <p class="hint">{props.hint}</p>
      {options.length > SEARCH_FROM ? <Input label={props.find} type="search" value={text} onValue={setText} /> : null}
      <div class="scroll">
        {shown.map((option) => (
          <Check
            key={option.id}
            label={option.name}
            checked={chosen.includes(option.id)}
            onValue={(on) => props.onChosen(on ? [...chosen, option.id] : chosen.filter((id) => id !== option.id))}
          />
        ))}
        {found.length > shown.length && props.more ? <p class="hint">{props.more(found.length - shown.length)}</p> : null}
      </div>
    </fieldset>
  );
}
