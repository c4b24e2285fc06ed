// Asking for an export: which channel, which days, which case, why.

import { useState } from 'preact/hooks';
import { command } from '../core/live.ts';
import { go, href, route } from '../core/route.ts';
import { date } from '../core/time.ts';
import type { ExportFormat } from '../core/types.ts';
import { Button } from '../ui/button.tsx';
import { Field, Input, TextArea } from '../ui/field.tsx';
import { Load, useLoad } from '../ui/states.tsx';
import { toast, toastFault } from '../ui/toast.tsx';
import { ChannelOptions } from '../rooms/channel-options.tsx';
import { dayAfter, dayStart, isoDay } from '../rooms/days.ts';
import { channelTitle, fetchChannels, type AdminChannel } from '../rooms/known.ts';
import { Note } from '../rooms/pieces.tsx';
import { Section } from '../rooms/room.tsx';
import { keepText } from '../rooms/rule.ts';
import { t as words } from '../rooms/words.ts';
import { Formats } from './formats.tsx';
import { t } from './words.ts';

const TEXT_MAX = 1_000;
const MONTH_MS = 30 * 86_400_000;

export function Request() {
  const channels = useLoad((signal) => fetchChannels(signal));
  return (
    <Section title={t('request_title')} hint={t('request_hint')}>
      <Load from={channels}>{(list) => <Form channels={list} />}</Load>
    </Section>
  );
}

function Form({ channels }: { channels: AdminChannel[] }) {
  const [c, setC] = useState('');
  const [from, setFrom] = useState(isoDay(Date.now() - MONTH_MS));
  const [to, setTo] = useState(isoDay(Date.now()));
  const [matter, setMatter] = useState(route.value.query.get('case') ?? '');
  const [reason, setReason] = useState('');
  const [formats, setFormats] = useState<ExportFormat[]>(['html']);
  const [busy, setBusy] = useState(false);
  const channel = channels.find((one) => one.id === c);
  const start = dayStart(from);
  const end = dayAfter(to);
  const backwards = start !== null && end !== null && start >= end;
  const ready = channel && start !== null && end !== null && !backwards && matter.trim() && reason.trim();
  const send = async (event: Event): Promise<void> => {
    event.preventDefault();
    if (!ready) return;
    setBusy(true);
    try {
      await command({ t: 'export.request', c, from: start, to: end, reason: reason.trim(), case: matter.trim(), formats });
      toast(t('sent'));
      go(href('legal'));
    } catch (error) {
      toastFault(error);
      setBusy(false);
    }
  };
  return (
    <form class="card request" onSubmit={(event) => void send(event)}>
      <Field
        label={t('channel')}
        control={(tie) => (
          <select class="input" {...tie} required value={c} onChange={(event) => setC(event.currentTarget.value)}>
            <option value="">{t('choose')}</option>
            <ChannelOptions channels={channels} />
          </select>
        )}
      />
      <div class="dates">
        <Input label={t('from')} type="date" required value={from} max={isoDay(Date.now())} onValue={setFrom} />
        <Input label={t('to')} type="date" required value={to} fault={backwards ? t('dates_fault') : undefined} onValue={setTo} />
      </div>
      <p class="hint">{t('dates_hint', { zone: Intl.DateTimeFormat().resolvedOptions().timeZone })}</p>
      <Input label={t('case')} hint={t('case_hint')} required maxLength={TEXT_MAX} autoComplete="off" value={matter} onValue={setMatter} />
      <TextArea label={t('reason')} required maxLength={TEXT_MAX} value={reason} onValue={setReason} />
      <Formats value={formats} onValue={setFormats} />
      {channel && start !== null && end !== null && !backwards ? (
        <Note>
          {t('summary', { channel: channelTitle(channel), from: date(start), to: date(end - 1) })}
          {channel.rule.keep_days === null ? null : ` ${t('rule_note', { keep: keepText(channel.rule.keep_days) })}`}
        </Note>
      ) : null}
      <div class="row wrap">
        <Button kind="primary" type="submit" busy={busy} disabled={!ready}>
          {t('send')}
        </Button>
        <a class="btn quiet" href={href('legal')}>
          {words('cancel')}
        </a>
      </div>
    </form>
  );
}
