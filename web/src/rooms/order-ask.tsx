// Asking that something be forgotten: whom or what, and why. The counts come after, from the server.

import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import { command } from '../core/live.ts';
import { go, href, route } from '../core/route.ts';
import type { Command, Id, Order } from '../core/types.ts';
import { Button } from '../ui/button.tsx';
import { Field, TextArea } from '../ui/field.tsx';
import { Empty, Load, useLoad } from '../ui/states.tsx';
import { toast, toastFault } from '../ui/toast.tsx';
import { ChannelOptions } from './channel-options.tsx';
import { channelTitle, fetchChannels, nameOf, peopleByName, type AdminChannel } from './known.ts';
import { MESSAGES_MAX, namedMessages } from './named-messages.ts';
import { t } from './order-words.ts';
import { Choices, Note } from './pieces.tsx';
import { Section } from './room.tsx';
import { useOrders } from './use-governance.ts';
import { t as words } from './words.ts';

const REASON_MAX = 1_000;

export function AskToForget({ base }: { base: string }) {
  const what = route.value.query.get('what') === 'redact' ? 'redact' : 'erase';
  return (
    <Section title={t('ask_title')} hint={t('ask_hint')}>
      <div class="field">
        <span class="label">{t('kind')}</span>
        <Choices
          label={t('kind')}
          value={what}
          options={[
            { value: 'erase', label: t('erase') },
            { value: 'redact', label: t('redact') },
          ]}
          onValue={(value) => go(`${href(base, 'forget', 'new')}?what=${value}`, 'replace')}
        />
      </div>
      {what === 'erase' ? <Erase base={base} /> : <Redact base={base} />}
    </Section>
  );
}

function Erase({ base }: { base: string }) {
  const orders = useOrders();
  const [person, setPerson] = useState('');
  return (
    <Load from={orders}>
      {(list) => {
        const people = peopleByName().filter((one) => !one.active && !list.some((order) => isOf(order, one.id)));
        if (!people.length) {
          return (
            <Empty icon="users" title={t('nobody')}>
              {t('nobody_text')}
            </Empty>
          );
        }
        return (
          <Ask base={base} words={person ? (reason) => ({ t: 'erase.request', person, reason }) : null} sentence={person ? t('erase_sentence', { name: nameOf(person) }) : ''}>
            <Field
              label={t('person')}
              hint={t('person_hint')}
              control={(tie) => (
                <select class="input" {...tie} required value={person} onChange={(event) => setPerson(event.currentTarget.value)}>
                  <option value="">{t('choose_person')}</option>
                  {people.map((one) => (
                    <option key={one.id} value={one.id}>
                      {one.handle ? `${one.name} (${one.handle})` : one.name}
                    </option>
                  ))}
                </select>
              )}
            />
          </Ask>
        );
      }}
    </Load>
  );
}

/** Asked for already, and not in vain. */
const isOf = (order: Order, person: Id): boolean => order.kind === 'erase' && order.person === person && order.state !== 'refused';

function Redact({ base }: { base: string }) {
  const channels = useLoad((signal) => fetchChannels(signal));
  return <Load from={channels}>{(list) => <RedactForm base={base} channels={list} />}</Load>;
}

function RedactForm({ base, channels }: { base: string; channels: AdminChannel[] }) {
  const [chosen, setChosen] = useState('');
  const [text, setText] = useState('');
  const named = namedMessages(text);
  const c = chosen || ('c' in named ? (named.c ?? '') : '');
  const channel = channels.find((one) => one.id === c);
  const fault =
    'fault' in named
      ? t(`which_${named.fault}`, { part: named.part.slice(0, 40), n: MESSAGES_MAX })
      : named.c !== null && named.c !== c
        ? t('which_other')
        : undefined;
  const q = 'q' in named ? named.q : [];
  const ready = channel && q.length > 0 && !fault;
  const sentence = ready ? t('redact_sentence', { messages: t('messages', { n: q.length }), channel: channelTitle(channel), list: q.map((one) => `#${one}`).join(', ') }) : '';
  return (
    <Ask base={base} words={ready ? (reason) => ({ t: 'redact.request', c, q, reason }) : null} sentence={sentence}>
      <TextArea label={t('which')} hint={t('which_hint')} fault={fault} required spellcheck={false} value={text} onValue={setText} />
      <Field
        label={t('channel')}
        control={(tie) => (
          <select class="input" {...tie} required value={c} onChange={(event) => setChosen(event.currentTarget.value)}>
            <option value="">{t('choose_channel')}</option>
            <ChannelOptions channels={channels} />
          </select>
        )}
      />
    </Ask>
  );
}

function Ask(props: { base: string; words: ((reason: string) => Command) | null; sentence: string; children: ComponentChildren }) {
  const [reason, setReason] = useState('');
  const [busy, setBusy] = useState(false);
  const send = async (event: Event): Promise<void> => {
    event.preventDefault();
    if (!props.words) return;
    setBusy(true);
    try {
      const { order } = await command(props.words(reason.trim()));
      toast(t('sent'));
      go(order ? href(props.base, 'forget', order) : href(props.base, 'forget'));
    } catch (error) {
      toastFault(error);
      setBusy(false);
    }
  };
  return (
    <form class="card request" onSubmit={(event) => void send(event)}>
      {props.children}
      <TextArea label={t('reason')} hint={t('reason_hint')} required maxLength={REASON_MAX} value={reason} onValue={setReason} />
      {props.sentence ? <Note kind="sun">{props.sentence}</Note> : null}
      <div class="row wrap">
        <Button kind="primary" type="submit" busy={busy} disabled={!props.words || !reason.trim()}>
          {t('send')}
        </Button>
        <a class="btn quiet" href={href(props.base, 'forget')}>
          {words('cancel')}
        </a>
      </div>
    </form>
  );
}
