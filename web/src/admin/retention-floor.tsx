// A floor: before how many days nothing is forgotten; and its lock, which nobody opens again.

import { useState } from 'preact/hooks';
import { get } from '../core/api.ts';
import { command, state } from '../core/live.ts';
import { Button } from '../ui/button.tsx';
import { Dialog } from '../ui/dialog.tsx';
import { Check, Input } from '../ui/field.tsx';
import type { Id, PolicyPreview } from '../core/types.ts';
import { useLoad } from '../ui/states.tsx';
import { toast, toastFault } from '../ui/toast.tsx';
import type { Floor } from '../rooms/floors.ts';
import { Note } from '../rooms/pieces.tsx';
import { t as policy } from '../rooms/policy-words.ts';
import { Needs } from '../rooms/proposals.tsx';
import { keepText } from '../rooms/rule.ts';
import { t as words } from '../rooms/words.ts';
import { t } from './words.ts';

export const DAYS_MAX = 36_500;

export interface Target {
  c: Id | null;
  name: string;
  keep: number | null;
  inherits: boolean;
  /** Its own, and the one that holds for it. */
  floor: Floor;
  least: number | null;
}

export function floorText(floor: Floor): string {
  if (floor.days === null) return t('no_floor');
  return t(floor.locked ? 'floor_locked' : 'floor_open', { keep: keepText(floor.days) });
}

export function ChangeFloor(props: { target: Target; workspace: Floor; onClose: () => void; onDone: () => void }) {
  const { target } = props;
  const { floor } = target;
  const [text, setText] = useState(floor.days === null ? '' : String(floor.days));
  const [locks, setLocks] = useState(false);
  const [typed, setTyped] = useState('');
  const [busy, setBusy] = useState(false);
  const days = text.trim() === '' ? null : Number(text);
  const ceiling = target.inherits ? (state.value?.workspace.keep_days ?? null) : target.keep;
  const fault = faultOf(days, floor, ceiling);
  const willLock = locks && !floor.locked && days !== null;
  const isSame = days === floor.days && !willLock;
  const asks = fault ? floor.days : days;
  const preview = useLoad<PolicyPreview>(
    (signal) => get('/admin/policy/preview', { c: target.c, keep_days: target.inherits ? null : target.keep, inherit: target.inherits || null, floor_days: asks ?? 0 }, { signal }),
    [target.c, asks],
  );
  const needs = !isSame && (preview.data?.needs_approval ?? false);
  const ready = !fault && !isSame && preview.data !== undefined && !preview.loading && !(needs && preview.data.approvers === 0) && (!willLock || typed.trim() === String(days));
  const save = async (): Promise<void> => {
    setBusy(true);
    try {
      const ack = await command({ t: 'policy.set', c: target.c, keep_days: target.inherits ? null : target.keep, ...(target.inherits ? { inherit: true } : {}), floor_days: days, ...(willLock ? { lock: true } : {}) });
      toast(ack.proposal ? policy('propose_done') : t('floor_saved'));
      props.onDone();
      props.onClose();
    } catch (error) {
      toastFault(error);
      setBusy(false);
    }
  };
  return (
    <Dialog
      title={t('floor_of', { name: target.name })}
      onClose={props.onClose}
      actions={
        <>
          <Button onClick={props.onClose}>{words('cancel')}</Button>
          <Button kind={willLock ? 'danger' : 'primary'} busy={busy} disabled={!ready} onClick={() => void save()}>
            {needs ? policy('propose') : t(willLock ? 'floor_set_lock' : 'floor_set')}
          </Button>
        </>
      }
    >
      <div class="stack">
        <p class="hint">{t('floor_hint')}</p>
        {target.c !== null && props.workspace.days !== null ? <Note>{t('floor_below', { keep: keepText(props.workspace.days) })}</Note> : null}
        {floor.locked && floor.days !== null ? <Note icon="lock">{t('floor_is_locked', { keep: keepText(floor.days) })}</Note> : null}
        <Input
          label={t('floor_days')}
          hint={floor.locked ? undefined : t('floor_days_hint')}
          type="number"
          min={floor.locked ? (floor.days ?? 1) : 1}
          max={ceiling ?? DAYS_MAX}
          value={text}
          fault={fault}
          onValue={(value) => (setTyped(''), setText(value))}
        />
        {fault || days === null || days === floor.days ? null : <p>{t('floor_longer', { keep: keepText(days), name: target.name })}</p>}
        {!fault && isShorter(days, floor) ? <Note kind="sun">{t('floor_shorter')}</Note> : null}
        {!fault && needs && preview.data && !preview.loading ? <Needs preview={preview.data} /> : null}
        {floor.locked || days === null || fault ? null : <Check label={t('floor_lock')} checked={locks} onValue={setLocks} />}
        {willLock && !fault ? (
          <>
            <Note kind="bad">{t('floor_lock_text', { name: target.name, keep: keepText(days) })}</Note>
            <Input label={t('floor_typed', { n: String(days) })} hint={t('floor_typed_hint')} value={typed} inputMode="numeric" autoComplete="off" onValue={setTyped} />
          </>
        ) : null}
      </div>
    </Dialog>
  );
}

const isShorter = (days: number | null, floor: Floor): boolean => floor.days !== null && (days ?? 0) < floor.days;

function faultOf(days: number | null, floor: Floor, ceiling: number | null): string | undefined {
  if (days !== null && !(Number.isInteger(days) && days >= 1 && days <= DAYS_MAX)) return t('days_fault', { n: DAYS_MAX });
  if (floor.locked && isShorter(days, floor)) return t('floor_is_locked', { keep: keepText(floor.days) });
  if (days !== null && ceiling !== null && days > ceiling) return t('floor_above', { keep: keepText(ceiling) });
  return undefined;
}
