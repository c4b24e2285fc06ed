// What is unusual among those who look and export: a sentence each, which leads to its entries. For officers and auditors.

import { get } from '../core/api.ts';
import { href } from '../core/route.ts';
import { utcDay } from '../core/time.ts';
import type { Unusual as Told } from '../core/types.ts';
import { Icon } from '../ui/icon.tsx';
import { Load, useLoad } from '../ui/states.tsx';
import { nameOf } from '../rooms/known.ts';
import { t } from './unusual-words.ts';

type Finding = Told['findings'][number];

export function Unusual({ base }: { base: string }) {
  const told = useLoad<Told>((signal) => get('/ledger/unusual', { ahead: -new Date().getTimezoneOffset() }, { signal }));
  return (
    <section class="card stack tight" aria-label={t('title')}>
      <h3>{t('title')}</h3>
      <Load from={told}>
        {({ findings, since, from_hour: from, to_hour: to }) => {
          const date = utcDay(new Date(since).toISOString().slice(0, 10));
          if (!findings.length) return <p>{t('none', { date })}</p>;
          return (
            <>
              <p class="hint">{t('hint', { date, from, to })}</p>
              <ul class="checks">
                {findings.map((one) => (
                  <li key={`${one.what} ${one.act} ${one.actor} ${one.day}`} class="open">
                    <Icon name={one.what === 'off_hours' ? 'clock' : 'info'} />
                    <a href={`${href(base, 'ledger')}?act=${one.act}&actor=${one.actor}&from=${one.day}&to=${one.day}`}>{sentence(one)}</a>
                  </li>
                ))}
              </ul>
            </>
          );
        }}
      </Load>
    </section>
  );
}

function sentence({ what, act, actor, day, n }: Finding): string {
  const of = { who: nameOf(actor), day: utcDay(day), n };
  if (what !== 'off_hours') return t(what, of);
  return t(act === 'look.' ? 'off_looks' : 'off_exports', of);
}
