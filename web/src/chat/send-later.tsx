// When a message is to be sent: the usual times, or one of one's own, in the zone of this device.

import { useSignal } from '@preact/signals';
import './own.css';
import { ApiError } from '../core/api.ts';
import { AHEAD_DAYS, choices, fromField, toField } from '../core/later.ts';
import { command } from '../core/live.ts';
import { mentioned, type Mentionable } from '../core/text.ts';
import { dateTime } from '../core/time.ts';
import type { Channel, Id, Waiting } from '../core/types.ts';
import { now } from '../core/ulid.ts';
import { Button } from '../ui/button.tsx';
import { Dialog } from '../ui/dialog.tsx';
import { Input, Select, TextArea } from '../ui/field.tsx';
import { toast } from '../ui/toast.tsx';
import { t as own } from './own-words.ts';
import { askAnyway } from '../supervised/stopped.tsx';
import { t } from './words.ts';

const DAY_MS = 86_400_000;
const MINUTE_MS = 60_000;

interface Props {
  channel: Channel | undefined;
  text: string;
  people: Mentionable[];
  /** What is changed; else it is a new one. */
  waiting?: Waiting;
  onClose: () => void;
  onDone?: () => void;
}

export function SendLater({ channel, text, people, waiting, onClose, onDone }: Props) {
  const words = useSignal(text);
  const offered = useSignal(choices(new Date(now())));
  const first = waiting ? 'own' : (offered.value[0]?.when ?? 'own');
  const choice = useSignal<string>(first);
  const field = useSignal(toField(waiting && waiting.at > now() ? waiting.at : (offered.value[0]?.at ?? now() + DAY_MS)));
  const fault = useSignal('');
  const busy = useSignal(false);
  const at = offered.value.find((one) => one.when === choice.value)?.at ?? fromField(field.value);
  const ready = !!words.value.trim() && at > now() && !busy.value;
  const give = async (said: { b: string; at: number; m?: Id[]; acknowledged?: Id[] }) => {
    if (waiting) await command({ t: 'schedule.change', schedule: waiting.id, ...said });
    else if (channel) await command({ t: 'schedule', c: channel.id, ...said });
  };
  const submit = async () => {
    if (!ready) return;
    busy.value = true;
    fault.value = '';
    const b = words.value.trim();
    const m = mentioned(b, people);
    const said = { b, at, ...(m.length ? { m } : {}) };
    try {
      await give(said).catch(async (error: unknown) => {
        const acknowledged = error instanceof ApiError ? await askAnyway(error) : null;
        if (!acknowledged) throw error;
        await give({ ...said, acknowledged });
      });
      toast(own('will_send', { time: dateTime(at) }));
      onDone?.();
      onClose();
    } catch (error) {
      fault.value = why(error, channel);
      busy.value = false;
    }
  };
  return (
    <Dialog
      title={t('send_later')}
      onClose={onClose}
      actions={
        <>
          <Button onClick={onClose}>{t('cancel')}</Button>
          <Button kind="primary" icon="clock" disabled={!ready} onClick={() => void submit()}>
            {own('schedule')}
          </Button>
        </>
      }
    >
      <form
        class="stack"
        onSubmit={(event) => {
          event.preventDefault();
          // It may stand in the form that sends at once.
          event.stopPropagation();
          void submit();
        }}
      >
        <TextArea label={own('message')} value={words.value} dir="auto" onValue={(value) => (words.value = value)} />
        <Select
          label={own('when')}
          value={choice.value}
          options={[...offered.value.map((one) => ({ value: one.when as string, label: own(one.when, { time: dateTime(one.at) }) })), { value: 'own', label: own('own_time') }]}
          onValue={(value) => (choice.value = value)}
        />
        {choice.value === 'own' ? (
          <Input label={own('date_time')} type="datetime-local" value={field.value} min={toField(now() + MINUTE_MS)} max={toField(now() + AHEAD_DAYS * DAY_MS)} onValue={(value) => (field.value = value)} />
        ) : null}
        {fault.value ? (
          <p class="fault" role="alert">
            {fault.value}
          </p>
        ) : null}
        <p class="muted small">{own('kept_from_now')}</p>
      </form>
    </Dialog>
  );
}

function why(error: unknown, channel: Channel | undefined): string {
  if (error instanceof ApiError && error.code === 'schedule/rule') return own('rule_first', { n: channel?.rule.keep_days ?? 0 });
  if (error instanceof ApiError && error.code === 'schedule/full') return own('full');
  return error instanceof Error ? error.message : String(error);
}
