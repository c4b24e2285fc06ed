// Rules that wait for a second person and for their time: what they would destroy, who stands behind them, and their end.

import { useState } from 'preact/hooks';
import { dateTime, utcDay } from '../core/time.ts';
import type { Dooms, PolicyPreview, Proposal, Proposals, SetRule } from '../core/types.ts';
import { Button } from '../ui/button.tsx';
import { Dialog } from '../ui/dialog.tsx';
import { Empty, Load, type Loaded } from '../ui/states.tsx';
import { toast } from '../ui/toast.tsx';
import { act } from './act.ts';
import { DataTable } from './data-table.tsx';
import { channelName, me, nameOf, workspaceName } from './known.ts';
import { Note, Stale } from './pieces.tsx';
import { t } from './policy-words.ts';
import { Section } from './room.tsx';
import { keepText } from './rule.ts';
import { useProposals } from './use-governance.ts';
import { t as words } from './words.ts';

/** Below it nobody notices in time. */
const GRACE_HOURS_MIN = 24;

/** The officer's part: the same list, with nothing to set. */
export function ProposedRules() {
  const proposals = useProposals();
  return <WaitingRules from={proposals} onDone={proposals.reload} withPast />;
}

export function WaitingRules({ from, onDone, withPast }: { from: Loaded<Proposals>; onDone: () => void; withPast?: boolean }) {
  const [asked, setAsked] = useState<{ proposal: Proposal; what: 'approve' | 'stop' }>();
  return (
    <Load from={from}>
      {({ proposals, grace_hours: hours }) => {
        const open = proposals.filter(isOpen);
        const past = proposals.filter((one) => !isOpen(one));
        return (
          <>
            <Stale from={from} />
            {hours < GRACE_HOURS_MIN ? <Note kind="bad">{t('short_grace', { time: hoursText(hours) })}</Note> : null}
            {open.length || withPast ? (
              <Section title={t('title')} hint={hours ? t('hint', { time: hoursText(hours) }) : t('hint_now')}>
                {open.length ? (
                  <Table caption={t('title')} proposals={open} onAsk={(proposal, what) => setAsked({ proposal, what })} />
                ) : (
                  <Empty icon="clock" title={t('none')}>
                    {t('none_text')}
                  </Empty>
                )}
                {open.some((one) => one.state === 'waiting' && one.by === me()?.id) ? <p class="hint">{t('own')}</p> : null}
              </Section>
            ) : null}
            {withPast && past.length ? (
              <Section title={t('past')}>
                <Table caption={t('past')} proposals={past} />
              </Section>
            ) : null}
            {asked?.what === 'approve' ? <Approve proposal={asked.proposal} hours={hours} onClose={() => setAsked(undefined)} onDone={onDone} /> : null}
            {asked?.what === 'stop' ? <Stop proposal={asked.proposal} onClose={() => setAsked(undefined)} onDone={onDone} /> : null}
          </>
        );
      }}
    </Load>
  );
}

/** What stands between a wish and its rule, said before it is proposed. */
export function Needs({ preview }: { preview: PolicyPreview }) {
  const { needs_approval, approvers, grace_hours: hours } = preview;
  if (!needs_approval) return null;
  if (!approvers) return <Note kind="bad">{t('alone')}</Note>;
  return <Note kind="sun">{hours ? t('needs', { time: hoursText(hours) }) : t('needs_now')}</Note>;
}

function Table(props: { caption: string; proposals: Proposal[]; onAsk?: (proposal: Proposal, what: 'approve' | 'stop') => void }) {
  const { onAsk } = props;
  return (
    <DataTable
      caption={props.caption}
      rows={props.proposals}
      keyOf={(one) => one.id}
      columns={[
        { name: t('of'), main: true, cell: subject },
        ...(onAsk ? [{ name: t('today'), cell: (one: Proposal) => ruleOf(one.old) }] : []),
        { name: t('new_rule'), cell: (one) => <strong>{ruleOf(one.new)}</strong> },
        { name: t('dooms'), cell: (one) => doomsOf(one.dooms_now ?? one.dooms) },
        { name: t('proposed'), cell: (one) => t('proposed_by', { who: nameOf(one.by), when: dateTime(one.at) }) },
        { name: t('state'), cell: (one) => (one.state === 'taken' ? <span class="chip good">{stateOf(one)}</span> : stateOf(one)) },
        ...(onAsk
          ? [
              {
                name: t('approve'),
                quiet: true,
                cell: (one: Proposal) => (
                  <div class="row">
                    {one.state === 'waiting' && one.by !== me()?.id ? (
                      <Button kind="primary" aria-label={t('approve_of', { name: subject(one) })} onClick={() => onAsk(one, 'approve')}>
                        {t('approve')}
                      </Button>
                    ) : null}
                    <Button aria-label={t('stop_of', { name: subject(one) })} onClick={() => onAsk(one, 'stop')}>
                      {t('stop')}
                    </Button>
                  </div>
                ),
              },
            ]
          : []),
      ]}
    />
  );
}

function Approve(props: { proposal: Proposal; hours: number; onClose: () => void; onDone: () => void }) {
  const { proposal, hours } = props;
  const dooms = proposal.dooms_now ?? proposal.dooms;
  const name = subject(proposal);
  const [busy, run] = useRun(props, () => act({ t: 'policy.approve', proposal: proposal.id }), t('approve_done'));
  return (
    <Dialog
      title={t('approve_title', { name })}
      onClose={props.onClose}
      actions={
        <>
          <Button onClick={props.onClose}>{words('cancel')}</Button>
          <Button kind={dooms.messages || dooms.files ? 'danger' : 'primary'} busy={busy} onClick={run}>
            {t('approve')}
          </Button>
        </>
      }
    >
      <div class="stack">
        <p>{t('approve_text', { who: nameOf(proposal.by), old: ruleOf(proposal.old), keep: ruleOf(proposal.new) })}</p>
        {dooms.first_day && dooms.last_day ? (
          <Note kind="bad">{t('approve_some', { ...countsOf(dooms), first: utcDay(dooms.first_day), last: utcDay(dooms.last_day) })}</Note>
        ) : (
          <Note>{t('approve_none')}</Note>
        )}
        <p>{hours ? t('approve_when', { time: hoursText(hours) }) : t('approve_now')}</p>
      </div>
    </Dialog>
  );
}

function Stop(props: { proposal: Proposal; onClose: () => void; onDone: () => void }) {
  const name = subject(props.proposal);
  const [busy, run] = useRun(props, () => act({ t: 'policy.stop', proposal: props.proposal.id }), t('stop_done'));
  return (
    <Dialog
      title={t('stop_title', { name })}
      onClose={props.onClose}
      actions={
        <>
          <Button onClick={props.onClose}>{words('cancel')}</Button>
          <Button kind="primary" busy={busy} onClick={run}>
            {t('stop_do')}
          </Button>
        </>
      }
    >
      <p>{t('stop_text')}</p>
    </Dialog>
  );
}

function useRun(props: { onClose: () => void; onDone: () => void }, ask: () => Promise<unknown>, said: string): [boolean, () => void] {
  const [busy, setBusy] = useState(false);
  const run = async (): Promise<void> => {
    setBusy(true);
    const done = await ask();
    setBusy(false);
    // Also a refusal says that the list is not what it was.
    props.onDone();
    props.onClose();
    if (done) toast(said);
  };
  return [busy, () => void run()];
}

const isOpen = (one: Proposal): boolean => one.state === 'waiting' || one.state === 'approved';

const subject = (one: Proposal): string => (one.c === null ? workspaceName() : channelName(one.c));

function stateOf(one: Proposal): string {
  switch (one.state) {
    case 'waiting':
      return t('waiting', { when: dateTime(one.lapses_at) });
    case 'approved':
      return t('approved', { when: dateTime(one.takes_effect_at ?? 0), who: nameOf(one.approved_by ?? '') });
    case 'stopped':
      return t('stopped', { who: nameOf(one.stopped_by ?? '') });
    default:
      return t(one.state);
  }
}

function ruleOf(rule: SetRule): string {
  const keep = rule.inherit ? words('as_workspace') : keepText(rule.keep_days);
  return rule.floor_days === null ? keep : t('with_floor', { keep, floor: keepText(rule.floor_days) });
}

const countsOf = (dooms: Dooms) => ({ messages: words('messages', { n: dooms.messages }), files: words('files', { n: dooms.files }) });

function doomsOf(dooms: Dooms): string {
  if (!dooms.first_day || !dooms.last_day) return t('dooms_none');
  return t('dooms_some', { ...countsOf(dooms), first: utcDay(dooms.first_day), last: utcDay(dooms.last_day) });
}

const hoursText = (hours: number): string => t('hours', { n: hours });
