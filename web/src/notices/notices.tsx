// How one is told of what is new: on this device or not, whether it works, and when not at all.

import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { post } from '../core/api.ts';
import { command, state } from '../core/live.ts';
import type { State } from '../core/state.ts';
import type { QuietHours } from '../core/types.ts';
import { Button } from '../ui/button.tsx';
import { Check, Input } from '../ui/field.tsx';
import { toastFault } from '../ui/toast.tsx';
import { show } from '../chat/notify.ts';
import { t } from '../chat/words.ts';
import { renew, turnOff, turnOn, wakeState, type WakeState } from './waking.ts';
import './notices.css';
import { t as own } from './words.ts';

/** What is on, be it only while Daylight is open. */
const isOn = (state: WakeState) => state === 'on' || state === 'trying' || state === 'unreachable' || state === 'server_off';
const isStuck = (state: WakeState) => state === 'missing' || state === 'denied' || state === 'unsafe' || state === 'install';

const NIGHT = { from: 22 * 60, to: 7 * 60 };

export function Notices() {
  return (
    <section class="card stack" aria-label={t('notifications')}>
      <ThisDevice />
      <Quiet />
    </section>
  );
}

function ThisDevice() {
  const here = useSignal(wakeState());
  const busy = useSignal(false);
  const toggle = async (on: boolean) => {
    busy.value = true;
    here.value = await (on ? turnOn() : turnOff());
    busy.value = false;
  };
  useEffect(() => {
    if (here.peek() !== 'trying') return;
    busy.value = true;
    void renew().then(() => {
      here.value = wakeState();
      busy.value = false;
    });
  }, []);
  return (
    <div class="stack tight">
      <Check toggle label={t('notify')} checked={isOn(here.value)} disabled={busy.value || isStuck(here.value)} onValue={(on) => void toggle(on)} />
      <p class="muted small" role="status">
        {busy.value ? own('trying') : own(here.value)}
      </p>
      {here.value === 'install' ? <Walk /> : null}
      {isOn(here.value) && !busy.value ? <Test woken={here.value === 'on'} /> : null}
    </div>
  );
}

/** Where an iPhone wants it to be before it lets it notify anybody. */
function Walk() {
  return (
    <ol class="steps small">
      <li>{own('walk_share')}</li>
      <li>{own('walk_add')}</li>
      <li>{own('walk_open')}</li>
    </ol>
  );
}

type Result = 'sent' | 'gone' | 'unreachable' | 'refused' | 'shown';

function Test({ woken }: { woken: boolean }) {
  const busy = useSignal(false);
  const result = useSignal<Result | null>(null);
  const test = async () => {
    busy.value = true;
    result.value = null;
    try {
      if (woken) result.value = (await post<{ result: Result }>('/push/test')).result;
      else {
        show(t('app'), t('notify_test_body'));
        result.value = 'shown';
      }
    } catch (error) {
      toastFault(error);
    }
    busy.value = false;
  };
  return (
    <>
      <Button icon="bell" busy={busy.value} onClick={() => void test()}>
        {t('notify_test')}
      </Button>
      {result.value ? (
        <p class={`note ${result.value === 'sent' || result.value === 'shown' ? 'good' : 'sun'}`} role="status">
          {own(`test_${result.value}`)}
        </p>
      ) : null}
    </>
  );
}

function Quiet() {
  const s = state.value as State;
  const hours = s.quiet;
  const busy = useSignal(false);
  const set = async (next: QuietHours | null) => {
    busy.value = true;
    try {
      await command({ t: 'quiet', hours: next });
      if (state.peek()) state.value = { ...(state.peek() as State), quiet: next };
    } catch (error) {
      toastFault(error);
    }
    busy.value = false;
  };
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone || 'UTC';
  const change = (side: 'from' | 'to', text: string) => {
    const minute = minuteOf(text);
    if (!hours || minute === null) return;
    const next = { ...hours, [side]: minute, zone };
    if (next.from !== next.to) void set(next);
  };
  return (
    <div class="stack tight">
      <Check toggle label={own('quiet')} checked={hours !== null} disabled={busy.value} onValue={(on) => void set(on ? { ...NIGHT, zone } : null)} />
      <p class="muted small">{hours ? own('quiet_zone', { zone: hours.zone.replaceAll('_', ' ') }) : own('quiet_text')}</p>
      {hours ? (
        <div class="row wrap">
          <Input label={own('quiet_from')} type="time" required value={clock(hours.from)} onChange={(event) => change('from', event.currentTarget.value)} />
          <Input label={own('quiet_to')} type="time" required value={clock(hours.to)} onChange={(event) => change('to', event.currentTarget.value)} />
        </div>
      ) : null}
    </div>
  );
}

/** As a field of time has it: 22:00. */
function clock(minute: number): string {
  return `${String(Math.floor(minute / 60)).padStart(2, '0')}:${String(minute % 60).padStart(2, '0')}`;
}

function minuteOf(text: string): number | null {
  const [, hour, minute] = /^(\d\d):(\d\d)/.exec(text) ?? [];
  return hour && minute ? Number(hour) * 60 + Number(minute) : null;
}
