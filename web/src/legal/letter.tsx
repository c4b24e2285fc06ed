// What became of a person's records, group by group, and the letter that says so.

import { useState } from 'preact/hooks';
import { get } from '../core/api.ts';
import { direction, language as own, type Language } from '../core/i18n.ts';
import { utcDay } from '../core/time.ts';
import type { Certificate, Destruction, Order } from '../core/types.ts';
import { Button } from '../ui/button.tsx';
import { Check, Select } from '../ui/field.tsx';
import { Load, useLoad } from '../ui/states.tsx';
import { DataTable } from '../rooms/data-table.tsx';
import { workspaceName } from '../rooms/known.ts';
import { letter, LETTER_LANGUAGES, letterPage, verdicts, type Verdict } from './letter.ts';
import { t } from './letter-words.ts';
import { saveFile } from '../rooms/pieces.tsx';
import { Section } from '../rooms/room.tsx';

/** For officers: an administrator is not told what is kept. */
export function Answer({ order, certificates }: { order: Order; certificates: number[] }) {
  const facts = useLoad(
    async (signal) => {
      const all = await Promise.all(certificates.map((at) => get<Certificate>(`/destructions/${at}`, {}, { signal })));
      return all.map((one) => one.facts);
    },
    [certificates.join()],
  );
  return (
    <Load from={facts}>
      {(destroyed) => (
        <>
          <DataTable
            caption={t('verdicts')}
            rows={verdicts(destroyed)}
            keyOf={(row) => `${row.group} ${row.until}`}
            columns={[
              { name: t('group'), main: true, cell: (row) => t(row.group) },
              { name: t('verdict'), cell: (row) => (row.n ? t(`${row.verdict}_n`, { n: row.n }) : t(row.verdict)) },
              { name: t('goes'), cell: goes },
            ]}
          />
          <Written order={order} destroyed={destroyed} />
        </>
      )}
    </Load>
  );
}

const goes = (row: Verdict): string => (row.until ? utcDay(row.until) : t(row.group === 'acts' ? 'until_record' : 'until_settled'));

function Written({ order, destroyed }: { order: Order; destroyed: Destruction[] }) {
  const [language, setLanguage] = useState<Language>(own);
  const [tellHeld, setTellHeld] = useState(false);
  const text = letter({ workspace: workspaceName(), askedAt: order.at, today: Date.now(), destroyed, tellHeld }, language);
  return (
    <Section
      title={t('letter')}
      hint={t('letter_hint')}
      actions={
        <Button kind="primary" icon="download" onClick={() => saveFile('letter.html', 'text/html', letterPage(text))}>
          {t('save')}
        </Button>
      }
    >
      <div class="row wrap">
        <Select label={t('language')} value={language} options={LETTER_LANGUAGES} onValue={setLanguage} />
      </div>
      <Check label={t('tell_held')} checked={tellHeld} onValue={setTellHeld} />
      <p class="hint">{t('tell_held_hint')}</p>
      <article class="card stack letter" lang={language} dir={direction(language)} aria-label={text.title}>
        <p>
          {text.workspace}
          <br />
          {text.date}
        </p>
        <h3>{text.title}</h3>
        <p>{text.done}</p>
        <dl class="stack">
          {text.rows.map(([what, answer, until]) => (
            <div key={`${what}${until}`}>
              <dt class="strong">{what}</dt>
              <dd>
                {answer} {until ? <span class="muted">{`${text.head[2]}: ${until}.`}</span> : null}
              </dd>
            </div>
          ))}
        </dl>
        {text.after.map((one) => (
          <p key={one}>{one}</p>
        ))}
      </article>
    </Section>
  );
}
