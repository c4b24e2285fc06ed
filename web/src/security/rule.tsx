// The rule about signing in: of whom a second step is asked, and how long people stay signed in.

import { useState } from 'preact/hooks';
import { get } from '../core/api.ts';
import { command } from '../core/live.ts';
import type { Role } from '../core/types.ts';
import { ROLES, roleName } from '../admin/words.ts';
import { Section } from '../rooms/room.tsx';
import { Note } from '../rooms/pieces.tsx';
import { Button } from '../ui/button.tsx';
import { Check, Input } from '../ui/field.tsx';
import { Load, useLoad } from '../ui/states.tsx';
import { toast, toastFault } from '../ui/toast.tsx';
import { t } from './house-words.ts';
import './security.css';

interface Rule {
  second: Role[];
  days: number | null;
  idle_days: number | null;
  missing: number;
}

const DAYS_MAX = 3_650;

export function SigninRule() {
  const rule = useLoad<Rule>((signal) => get('/admin/signin', {}, { signal }));
  return (
    <Section title={t('title')} hint={t('hint')}>
      <Load from={rule}>{(data) => <Form key={JSON.stringify(data)} rule={data} onSaved={rule.reload} />}</Load>
    </Section>
  );
}

function Form({ rule, onSaved }: { rule: Rule; onSaved: () => void }) {
  const [second, setSecond] = useState<readonly Role[]>(rule.second);
  const [days, setDays] = useState(rule.days === null ? '' : String(rule.days));
  const [idle, setIdle] = useState(rule.idle_days === null ? '' : String(rule.idle_days));
  const [busy, setBusy] = useState(false);
  const fault = (text: string): string | undefined => (isDays(text) ? undefined : t('days_fault'));
  const same = rule.second.length === second.length && rule.second.every((role) => second.includes(role)) && number(days) === rule.days && number(idle) === rule.idle_days;
  const save = async (): Promise<void> => {
    setBusy(true);
    try {
      await command({ t: 'signin.rule', second: [...second], days: number(days), idle_days: number(idle) });
      toast(t('saved'));
      onSaved();
    } catch (error) {
      toastFault(error);
    }
    setBusy(false);
  };
  return (
    <form
      class="stack"
      onSubmit={(event) => {
        event.preventDefault();
        void save();
      }}
    >
      <fieldset class="stack tight second-roles">
        <legend class="label">{t('second')}</legend>
        {ROLES.filter((role) => role !== 'bot').map((role) => (
          <Check key={role} label={roleName(role)} checked={second.includes(role)} onValue={(on) => setSecond(on ? [...second, role] : second.filter((one) => one !== role))} />
        ))}
      </fieldset>
      {second.length ? <Note kind="sun">{t('second_text')}</Note> : null}
      {rule.missing ? <p class="hint">{t('missing', { n: rule.missing })}</p> : null}
      <Input label={t('days')} hint={t('days_hint')} fault={fault(days)} inputMode="numeric" maxLength={4} value={days} onValue={setDays} />
      <Input label={t('idle_days')} hint={t('days_hint')} fault={fault(idle)} inputMode="numeric" maxLength={4} value={idle} onValue={setIdle} />
      <div class="row">
        <Button type="submit" kind="primary" busy={busy} disabled={same || !isDays(days) || !isDays(idle)}>
          {t('save')}
        </Button>
      </div>
    </form>
  );
}

const number = (text: string): number | null => (text.trim() === '' ? null : Number(text));

function isDays(text: string): boolean {
  const days = number(text);
  return days === null || (Number.isInteger(days) && days >= 1 && days <= DAYS_MAX);
}
