// Retention: the rules, what the next run destroys under them, and a change only after its price was read and typed.

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
import { DataTable } from '../rooms/data-table.tsx';
import { channelName, channelTitle, fetchChannels, type AdminChannel } from '../rooms/known.ts';
import { Note } from '../rooms/pieces.tsx';
import { Section } from '../rooms/room.tsx';
import { keepText, ruleText } from '../rooms/rule.ts';
import { t as words } from '../rooms/words.ts';
import { t } from './words.ts';

interface Target {
  c: Id | null;
  name: string;
  keep: number | null;
  inherits: boolean;
}
interface Choice {
  keep: number | null;
  inherit: boolean;
}

const PRESETS = [7, 30, 90, 180, 365, 1095, 2555];
const DAYS_MAX = 36_500;
const PREVIEW_DELAY_MS = 250;

export function Retention() {
  const channels = useLoad((signal) => fetchChannels(signal));
  const keep = state.value?.workspace.keep_days ?? null;
  const now = usePreview({ c: null }, { keep, inherit: false });
  const [target, setTarget] = useState<Target>();
  const done = (): void => {
    channels.reload();
    now.reload();
  };
  return (
    <>
      <Section
        title={t('workspace_rule')}
        hint={t('retention_hint')}
        actions={<Button onClick={() => setTarget({ c: null, name: t('the_workspace'), keep, inherits: false })}>{t('change')}</Button>}
      >
        <div class="card rule-card">
          <strong class="figure">{keepText(keep)}</strong>
          <Load from={now}>{(preview) => <NextRun preview={preview} />}</Load>
        </div>
      </Section>
      <Section title={t('channel_rules')}>
        <Load from={channels}>
          {(list) => (
            <DataTable
              caption={t('channel_rules')}
              rows={[...list].filter((channel) => channel.kind !== 'direct').sort(ownFirst)}
              keyOf={(channel) => channel.id}
              empty={<p class="hint">{t('no_channel')}</p>}
              columns={[
                { name: t('name'), main: true, cell: channelTitle },
                { name: t('rule'), cell: (channel) => (channel.rule.from === 'channel' ? <strong>{ruleText(channel.rule)}</strong> : ruleText(channel.rule)) },
                { name: t('count'), end: true, cell: (channel) => formatNumber(channel.messages) },
                {
                  name: t('set_rule'),
                  quiet: true,
                  cell: (channel) => (
                    <Button
                      kind="quiet"
                      aria-label={`${t('set_rule')}: ${channelTitle(channel)}`}
                      onClick={() => setTarget({ c: channel.id, name: channelTitle(channel), keep: channel.rule.keep_days, inherits: channel.rule.from === 'workspace' })}
                    >
                      {t('change')}
                    </Button>
                  ),
                },
              ]}
            />
          )}
        </Load>
      </Section>
      {target ? <ChangeRule target={target} workspace={keep} onClose={() => setTarget(undefined)} onDone={done} /> : null}
    </>
  );
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
  const valid = choice.keep === null || (Number.isInteger(choice.keep) && choice.keep >= 1 && choice.keep <= DAYS_MAX);
  const doomed = preview.data?.messages ?? 0;
  const files = preview.data?.files ?? 0;
  const price = doomed || files;
  const ready = valid && preview.data !== undefined && !preview.loading && !preview.error && (price === 0 || typed.trim() === String(price));
  const save = async (): Promise<void> => {
    setBusy(true);
    try {
      await command({ t: 'policy.set', c: target.c, keep_days: choice.inherit ? null : choice.keep, ...(choice.inherit ? { inherit: true } : {}) });
      toast(t('rule_saved'));
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
            {t(price ? 'set_danger' : 'set')}
          </Button>
        </>
      }
    >
      <div class="stack">
        <KeepChoice target={target} workspace={props.workspace} choice={choice} onChoice={(next) => (setTyped(''), setChoice(next))} fault={valid ? undefined : t('days_fault', { n: DAYS_MAX })} />
        {valid ? <Price preview={preview} /> : null}
        {valid && price > 0 && !preview.loading ? (
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
  const { messages, files, channels, next_run_at } = preview.data;
  if (!messages && !files) return <Note kind="good">{t('would_nothing')}</Note>;
  return (
    <div class="stack tight" aria-live="polite">
      <Note kind="bad">
        {t('would_some', {
          when: dateTime(next_run_at),
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
