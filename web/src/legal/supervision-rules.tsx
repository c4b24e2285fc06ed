// The rules of supervision: what each looks for and where, and who stands behind it.

import { formatList } from '../core/i18n.ts';
import { href } from '../core/route.ts';
import type { WatchRule } from '../core/types.ts';
import { Button } from '../ui/button.tsx';
import { confirm } from '../ui/dialog.tsx';
import { toast } from '../ui/toast.tsx';
import { act } from '../rooms/act.ts';
import { channelName, me, nameOf } from '../rooms/known.ts';
import { Facts, Note } from '../rooms/pieces.tsx';
import { Section } from '../rooms/room.tsx';
import { t } from './supervision-words.ts';

const LOOK = { waiting: 'sun', standing: 'good', removed: '' } as const;

export function Rules({ rules, onChange }: { rules: WatchRule[]; onChange: () => void }) {
  const live = rules.filter((rule) => rule.state !== 'removed');
  const gone = rules.filter((rule) => rule.state === 'removed');
  const add = (
    <a class="btn primary" href={href('legal', 'supervision', 'new')}>
      {t('add')}
    </a>
  );
  return (
    <Section title={t('rules')} hint={t('rules_hint')} actions={add}>
      {live.length ? live.map((rule) => <RuleCard key={rule.id} rule={rule} onChange={onChange} />) : <p class="hint">{t('rules_none')}</p>}
      {gone.length ? (
        <details class="stack">
          <summary>{t('removed_rules', { n: gone.length })}</summary>
          {gone.map((rule) => (
            <RuleCard key={rule.id} rule={rule} onChange={onChange} />
          ))}
        </details>
      ) : null}
    </Section>
  );
}

function RuleCard({ rule, onChange }: { rule: WatchRule; onChange: () => void }) {
  const mine = rule.by === me()?.id;
  const rows: [string, string][] = [
    [t('does'), t(rule.action)],
    [t('where'), whereText(rule)],
  ];
  if (rule.words.length) rows.push([t('words'), rule.words.join(' · ')]);
  if (rule.patterns.length) rows.push([t('patterns'), rule.patterns.join(' · ')]);
  if (rule.sample) rows.push([t('sample'), t('sample_of', { n: rule.sample })]);
  if (rule.notice) rows.push([t('notice'), rule.notice]);
  rows.push([t('by'), nameOf(rule.by)]);
  if (rule.approved_by) rows.push([t('approved_by'), nameOf(rule.approved_by)]);
  if (rule.removed_by) rows.push([t('removed_by'), nameOf(rule.removed_by)]);
  const waits = rule.state === 'waiting';
  return (
    <article class="card grant" aria-label={`${rule.name}, ${t(rule.state)}`}>
      <header class="row wrap">
        <h3 class="grow" dir="auto">{rule.name}</h3>
        <span class={`chip ${LOOK[rule.state]}`}>{t(rule.state)}</span>
      </header>
      <Facts rows={rows} />
      {waits && mine ? <Note icon="clock">{t('not_yours')}</Note> : null}
      {rule.state === 'removed' ? null : (
        <div class="row wrap">
          {waits && !mine ? (
            <Button kind="primary" onClick={() => void approve(rule, onChange)}>
              {t('approve')}
            </Button>
          ) : null}
          <Button kind={waits ? 'plain' : 'danger'} onClick={() => void remove(rule, onChange)}>
            {t(waits && !mine ? 'refuse' : 'remove')}
          </Button>
        </div>
      )}
    </article>
  );
}

async function approve(rule: WatchRule, onChange: () => void): Promise<void> {
  const yes = await confirm({ title: t('approve_title', { name: rule.name }), body: <p>{t('approve_text')}</p>, action: t('approve') });
  if (!yes || !(await act({ t: 'supervision.approve', rule: rule.id }))) return;
  toast(t('approved_done'));
  onChange();
}

async function remove(rule: WatchRule, onChange: () => void): Promise<void> {
  const yes = await confirm({ title: t('remove_title', { name: rule.name }), body: <p>{t('remove_text')}</p>, action: t('remove'), danger: true });
  if (!yes || !(await act({ t: 'supervision.remove', rule: rule.id }))) return;
  toast(t('removed_done'));
  onChange();
}

const whereText = (rule: WatchRule): string => (rule.channels.length ? formatList(rule.channels.map(channelName)) : t('everywhere'));
