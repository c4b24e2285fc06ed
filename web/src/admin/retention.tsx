// Retention: the rules and why they hold, what the next run destroys under them, and a change only after its price was read and typed.

import { useEffect, useState } from 'preact/hooks';
import { get } from '../core/api.ts';
import { formatNumber } from '../core/i18n.ts';
import { command, state } from '../core/live.ts';
import { dateTime, utcDay } from '../core/time.ts';
import type { Id, PolicyPreview } from '../core/types.ts';
import { Button } from '../ui/button.tsx';
import { Dialog } from '../ui/dialog.tsx';
import { Input } from '../ui/field.tsx';
import { Load, Loading, useLoad, type Loaded } from '../ui/states.tsx';
import { toast, toastFault } from '../ui/toast.tsx';
import { DataTable, None } from '../rooms/data-table.tsx';
import { floorOf, floorsOf, ownFloor, type Floors } from '../rooms/floors.ts';
import { channelName, channelTitle, fetchChannels, type AdminChannel } from '../rooms/known.ts';
import { Note, Stale } from '../rooms/pieces.tsx';
import { WaitingRules, Needs } from '../rooms/proposals.tsx';
import { t as policy } from '../rooms/policy-words.ts';
import { Section } from '../rooms/room.tsx';
import { keepText, ruleText } from '../rooms/rule.ts';
import { useProposals } from '../rooms/use-governance.ts';
import { t as words } from '../rooms/words.ts';
import { ChangeFloor, DAYS_MAX, floorText, type Target } from './retention-floor.tsx';
import { t } from './words.ts';

interface Choice {
  keep: number | null;
  inherit: boolean;
}

const PRESETS = [7, 30, 90, 180, 365, 1095, 2555];
const PREVIEW_DELAY_MS = 250;

export function Retention() {
  const channels = useLoad((signal) => fetchChannels(signal));
  const keep = state.value?.workspace.keep_days ?? null;
  const now = usePreview({ c: null }, { keep, inherit: false });
  const proposals = useProposals();
  const taken = proposals.data?.proposals.filter((one) => one.state === 'taken').length;
  // One that took effect meanwhile has changed the rules below.
  useEffect(() => {
    if (!taken) return;
    channels.reload();
    now.reload();
  }, [taken]);
  const [target, setTarget] = useState<Target & { what: 'ceiling' | 'floor' }>();
  const done = (): void => {
    channels.reload();
    proposals.reload();
    now.reload();
  };
  const set = state.value?.workspace;
  const known = set && channels.data && floorsOf(set, channels.data);
  const workspace = (what: 'ceiling' | 'floor') => known && setTarget({ what, c: null, name: t('the_workspace'), keep, inherits: false, floor: known.workspace, least: known.workspace.days });
  const pick = (what: 'ceiling' | 'floor', channel: AdminChannel) =>
    known &&
    setTarget({
      what,
      c: channel.id,
      name: channelTitle(channel),
      keep: channel.rule.keep_days,
      inherits: channel.rule.from === 'workspace',
      floor: ownFloor(known, channel.id),
      least: floorOf(known, channel.id),
    });
  return (
    <>
      <Stale from={channels} />
      <WaitingRules from={proposals} onDone={done} />
      <Section
        title={t('workspace_rule')}
        hint={`${t('retention_hint')} ${t('two_bounds')}`}
        actions={
          <>
            <Button disabled={!known} onClick={() => workspace('floor')}>
              {t('set_floor')}
            </Button>
            <Button disabled={!known} onClick={() => workspace('ceiling')}>
              {t('set_rule')}
            </Button>
          </>
        }
      >
        <div class="card rule-card">
          <div class="bounds">
            <div>
              <span class="label">{t('at_most')}</span>
              <strong class="figure">{keepText(keep)}</strong>
            </div>
            <div>
              <span class="label">{t('at_least')}</span>
              {known ? <strong class="figure">{floorText(known.workspace)}</strong> : <Loading />}
            </div>
          </div>
          <Load from={now}>{(preview) => <NextRun preview={preview} />}</Load>
        </div>
      </Section>
      <Section title={t('channel_rules')} hint={t('channel_rules_hint')}>
        <Load from={channels}>
          {(list) => (
            <DataTable
              caption={t('channel_rules')}
              rows={[...list].filter((channel) => channel.kind !== 'direct').sort(ownFirst)}
              keyOf={(channel) => channel.id}
              empty={<p class="hint">{t('no_channel')}</p>}
              columns={[
                { name: t('name'), main: true, cell: channelTitle },
                { name: t('at_most'), cell: (channel) => (channel.rule.from === 'channel' ? <strong>{t('own_rule', { keep: ruleText(channel.rule) })}</strong> : ruleText(channel.rule)) },
                { name: t('at_least'), cell: (channel) => (known ? <Least floors={known} c={channel.id} /> : <None />) },
                { name: t('count'), end: true, cell: (channel) => formatNumber(channel.messages) },
                {
                  name: t('set_rule'),
                  quiet: true,
                  cell: (channel) => (
                    <div class="row">
                      <Button kind="quiet" disabled={!known} aria-label={`${t('set_floor')}: ${channelTitle(channel)}`} onClick={() => pick('floor', channel)}>
                        {t('floor')}
                      </Button>
                      <Button kind="quiet" disabled={!known} aria-label={`${t('set_rule')}: ${channelTitle(channel)}`} onClick={() => pick('ceiling', channel)}>
                        {t('ceiling')}
                      </Button>
                    </div>
                  ),
                },
              ]}
            />
          )}
        </Load>
      </Section>
      {target?.what === 'ceiling' ? <ChangeRule target={target} workspace={keep} onClose={() => setTarget(undefined)} onDone={done} /> : null}
      {target?.what === 'floor' && known ? <ChangeFloor target={target} workspace={known.workspace} onClose={() => setTarget(undefined)} onDone={done} /> : null}
    </>
  );
}

/** How long at least, and whose rule that is. */
function Least({ floors, c }: { floors: Floors; c: Id }) {
  const own = ownFloor(floors, c);
  const holds = floorOf(floors, c);
  if (holds === null) return <span class="none">{t('no_floor')}</span>;
  const isOwn = own.days === holds && holds !== floors.workspace.days;
  return isOwn ? <strong>{t('own_rule', { keep: floorText(own) })}</strong> : <span>{t('of_workspace', { keep: floorText(floors.workspace) })}</span>;
}

function NextRun({ preview }: { preview: PolicyPreview }) {
  const counts = { messages: words('messages', { n: preview.messages }), files: words('files', { n: preview.files }) };
  return (
    <div class="stack tight">
      <p>
        {t('next_run', { when: dateTime(preview.next_run_at) })} {preview.messages + preview.files ? t('next_destroys', counts) : t('next_nothing')}
      </p>
      <Doomed preview={preview} />
    </div>
  );
}

function Doomed({ preview }: { preview: PolicyPreview }) {
  if (!preview.channels.length) return null;
  return (
    <DataTable
      caption={t('would')}
      rows={preview.channels}
      keyOf={(channel) => channel.id}
      columns={[
        { name: t('name'), main: true, cell: (channel) => channel.name ?? channelName(channel.id) },
        { name: t('count'), end: true, cell: (channel) => formatNumber(channel.messages) },
        { name: t('files'), end: true, cell: (channel) => formatNumber(channel.files) },
        {
          name: t('span'),
          cell: (channel) => (channel.first_day && channel.last_day ? t('would_from', { first: utcDay(channel.first_day), last: utcDay(channel.last_day) }) : words('days', { n: channel.days })),
        },
      ]}
    />
  );
}

function ChangeRule(props: { target: Target; workspace: number | null; onClose: () => void; onDone: () => void }) {
  const { target } = props;
  const [choice, setChoice] = useState<Choice>({ keep: target.inherits ? null : target.keep, inherit: target.inherits });
  const [typed, setTyped] = useState('');
  const [busy, setBusy] = useState(false);
  const preview = usePreview(target, choice);
  const inForce = choice.inherit ? props.workspace : choice.keep;
  const inRange = choice.keep === null || (Number.isInteger(choice.keep) && choice.keep >= 1 && choice.keep <= DAYS_MAX);
  const belowFloor = inRange && inForce !== null && target.least !== null && inForce < target.least;
  const valid = inRange && !belowFloor;
  const doomed = preview.data?.messages ?? 0;
  const files = preview.data?.files ?? 0;
  const price = doomed || files;
  const needs = preview.data?.needs_approval ?? false;
  const alone = needs && preview.data?.approvers === 0;
  const ready = valid && !alone && preview.data !== undefined && !preview.loading && !preview.error && (price === 0 || typed.trim() === String(price));
  const save = async (): Promise<void> => {
    setBusy(true);
    try {
      const ack = await command({ t: 'policy.set', c: target.c, keep_days: choice.inherit ? null : choice.keep, ...(choice.inherit ? { inherit: true } : {}), floor_days: target.floor.days });
      toast(ack.proposal ? policy('propose_done') : t('rule_saved'));
      props.onDone();
      props.onClose();
    } catch (error) {
      toastFault(error);
      setBusy(false);
    }
  };
  return (
    <Dialog
      title={t('rule_of', { name: target.name })}
      onClose={props.onClose}
      wide
      actions={
        <>
          <Button onClick={props.onClose}>{words('cancel')}</Button>
          <Button kind={price ? 'danger' : 'primary'} busy={busy} disabled={!ready} onClick={() => void save()}>
            {needs ? policy('propose') : t('set')}
          </Button>
        </>
      }
    >
      <div class="stack">
        <KeepChoice target={target} workspace={props.workspace} choice={choice} onChoice={(next) => (setTyped(''), setChoice(next))} fault={inRange ? undefined : t('days_fault', { n: DAYS_MAX })} />
        {belowFloor ? <Note kind="bad">{t('below_floor', { floor: keepText(target.least) })}</Note> : null}
        {valid ? <Price preview={preview} /> : null}
        {valid && preview.data && !preview.loading ? <Needs preview={preview.data} /> : null}
        {valid && price > 0 && !preview.loading && !alone ? (
          <Input label={t('typed', { n: String(price) })} hint={t('typed_hint')} value={typed} inputMode="numeric" autoComplete="off" onValue={setTyped} />
        ) : null}
      </div>
    </Dialog>
  );
}

function KeepChoice(props: { target: Target; workspace: number | null; choice: Choice; onChoice: (choice: Choice) => void; fault: string | undefined }) {
  const { choice, onChoice } = props;
  const [other, setOther] = useState(choice.keep !== null && !PRESETS.includes(choice.keep));
  const pick = (keep: number | null, inherit = false): void => {
    setOther(false);
    onChoice({ keep, inherit });
  };
  const chip = (key: string, label: string, on: boolean, run: () => void) => (
    <button key={key} type="button" class="chip" aria-pressed={on} onClick={run}>
      {label}
    </button>
  );
  return (
    <div class="field">
      <span class="label">{t('keep_for')}</span>
      <div class="row wrap choices" role="group" aria-label={t('keep_for')}>
        {props.target.c !== null ? chip('inherit', t('follows', { keep: keepText(props.workspace) }), choice.inherit, () => pick(null, true)) : null}
        {PRESETS.map((days) => chip(String(days), presetText(days), !other && !choice.inherit && choice.keep === days, () => pick(days)))}
        {chip('ever', t('for_ever'), !other && !choice.inherit && choice.keep === null, () => pick(null))}
        {chip('other', t('other'), other, () => {
          setOther(true);
          onChoice({ keep: choice.keep ?? 60, inherit: false });
        })}
      </div>
      {other ? (
        <Input
          label={t('own_days')}
          type="number"
          min={1}
          max={DAYS_MAX}
          value={choice.keep === null || Number.isNaN(choice.keep) ? '' : String(choice.keep)}
          fault={props.fault}
          onValue={(value) => onChoice({ keep: value === '' ? Number.NaN : Number(value), inherit: false })}
        />
      ) : null}
    </div>
  );
}

function Price({ preview }: { preview: Loaded<PolicyPreview> }) {
  if (preview.error) return <Note kind="bad">{preview.error.message}</Note>;
  if (preview.loading || !preview.data) return <Loading />;
  const { messages, files, channels } = preview.data;
  if (!messages && !files) return <Note kind="good">{t('would_nothing')}</Note>;
  return (
    <div class="stack tight" aria-live="polite">
      <Note kind="bad">
        {t('would_some', {
          messages: words('messages', { n: messages }),
          files: words('files', { n: files }),
          channels: words('channels', { n: channels.length }),
        })}
      </Note>
      <Doomed preview={preview.data} />
    </div>
  );
}

/** What the next run would destroy if this were the rule; asked a moment after the last change. */
function usePreview(target: { c: Id | null }, choice: Choice): Loaded<PolicyPreview> {
  const [settled, setSettled] = useState(choice);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(choice), PREVIEW_DELAY_MS);
    return () => clearTimeout(timer);
  }, [choice.keep, choice.inherit]);
  const loaded = useLoad<PolicyPreview>(
    (signal) => get('/admin/policy/preview', { c: target.c, keep_days: settled.inherit ? null : settled.keep, inherit: settled.inherit || null }, { signal }),
    [target.c, settled.keep, settled.inherit],
  );
  const waiting = settled.keep !== choice.keep || settled.inherit !== choice.inherit;
  return waiting ? { ...loaded, loading: true } : loaded;
}

function presetText(days: number): string {
  if (days < 365) return words('days', { n: days });
  return days === 365 ? t('preset_year') : t('preset_years', { n: Math.round(days / 365) });
}

function ownFirst(a: AdminChannel, b: AdminChannel): number {
  return Number(b.rule.from === 'channel') - Number(a.rule.from === 'channel') || channelTitle(a).localeCompare(channelTitle(b));
}
