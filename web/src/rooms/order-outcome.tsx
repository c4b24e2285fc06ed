// What became of an order: what the ledger says was destroyed, and what the holds and floors of today still keep of it.

import { get } from '../core/api.ts';
import { formatList } from '../core/i18n.ts';
import { href } from '../core/route.ts';
import { dateTime, utcDay } from '../core/time.ts';
import type { Hold, Id, LedgerEntry, LedgerPage, Matter, Order } from '../core/types.ts';
import { Icon } from '../ui/icon.tsx';
import { lazy } from '../ui/lazy.tsx';
import { Load, useLoad } from '../ui/states.tsx';
import { fetchFloors, floorOf, type Floors } from './floors.ts';
import { channelName, me, nameOf } from './known.ts';
import { look } from './ledger-read.ts';
import { t } from './order-words.ts';
import { Note } from './pieces.tsx';
import { Section } from './room.tsx';
import { Tile } from './tile.tsx';

const Answer = lazy(() => import('../legal/letter.tsx').then((module) => module.Answer));

const DAY_MS = 86_400_000;
const PAGE = 200;

interface Done {
  at: number;
  /** Where each of its destructions was done. */
  certificates: number[];
  records: number;
  files: number;
  channels: Id[];
  /** Of a redaction; which days a person wrote on is told nowhere. */
  days: number[];
  floorsThen: Floors;
  floorsNow: Floors;
}

export function Outcome({ base, order, matters }: { base: string; order: Order; matters: Matter[] }) {
  const isOfficer = me()?.role === 'officer';
  const done = useLoad((signal) => find(order, signal));
  const show = (found: Done | null | undefined) => (
    <>
      {found?.certificates.map((position) => (
        <a key={position} href={href(base, 'destroyed', String(position))}>
          {t('certificate')}
        </a>
      ))}
      <a href={`${href(base, 'ledger')}?act=destroy.done`}>{t('in_ledger')}</a>
    </>
  );
  return (
    <Section title={t('outcome')} actions={show(done.data)}>
      <Load from={done}>
        {(found) =>
          !found ? (
            <Note icon="clock">{t('done_seeking')}</Note>
          ) : (
            <>
              {isOfficer ? (
                <>
                  <div class="tiles">
                    <Tile name={t('done_records')} value={t('records', { n: found.records })}>
                      {t('would_records_hint', { files: t('files', { n: found.files }) })}
                    </Tile>
                  </div>
                  <Note kind="good">{t('done_at', { when: dateTime(found.at) })}</Note>
                  <Left order={order} done={found} matters={matters} />
                  {order.kind === 'erase' ? <Answer order={order} certificates={found.certificates} /> : null}
                </>
              ) : (
                <>
                  <Note kind="good">{t('done_at', { when: dateTime(found.at) })}</Note>
                  <p class="hint">{t('done_admin')}</p>
                </>
              )}
            </>
          )
        }
      </Load>
    </Section>
  );
}

function Left({ order, done, matters }: { order: Order; done: Done; matters: Matter[] }) {
  const holding = matters.flatMap((matter) => matter.holds.filter((hold) => canHold(hold, order, done)).map((hold) => ({ matter, hold })));
  const floored = done.channels.flatMap((c) => {
    const until = flooredUntil(done, c);
    return until > Date.now() ? [{ c, until }] : [];
  });
  if (!holding.length && !floored.length) return <p class="hint">{t('left_none')}</p>;
  return (
    <div class="card stack tight">
      <h3>{t('left')}</h3>
      <p class="hint">{t('left_hint')}</p>
      <ul class="checks">
        {holding.map(({ matter, hold }) => (
          <li key={hold.id} class="open">
            <Icon name="lock" />
            <a href={href('legal', 'matters', matter.id)}>
              {order.kind === 'redact' && hold.people.length ? t('left_hold_if', { matter: matter.name, people: formatList(hold.people.map(nameOf)) }) : t('left_hold', { matter: matter.name })}
            </a>
          </li>
        ))}
        {floored.map(({ c, until }) => (
          <li key={c} class="open">
            <Icon name="clock" />
            <span>{t('left_floor', { channel: channelName(c), date: utcDay(dayText(until / DAY_MS)) })}</span>
          </li>
        ))}
      </ul>
    </div>
  );
}

/** What was placed after it was carried out came too late to keep anything. */
function canHold(hold: Hold, order: Order, done: Done): boolean {
  const isPerson = order.kind === 'redact' || !hold.people.length || hold.people.includes(order.person);
  const isThere = !hold.channels.length || hold.channels.some((c) => done.channels.includes(c));
  const isThen = !done.days.length || done.days.some((day) => dayText(day) >= (hold.from_day ?? '') && dayText(day) <= (hold.to_day ?? '9999'));
  return hold.at <= done.at && isPerson && isThere && isThen;
}

/** The first moment at which no floor keeps anything of it: of the floor of then, in so far as it still stands. */
function flooredUntil(done: Done, c: Id): number {
  const then = floorOf(done.floorsThen, c);
  const now = floorOf(done.floorsNow, c);
  const today = Math.floor(done.at / DAY_MS);
  const newest = done.days.length ? Math.max(...done.days) : today;
  return then === null || now === null || newest + then <= today ? 0 : (newest + now) * DAY_MS;
}

const dayText = (day: number): string => new Date(day * DAY_MS).toISOString().slice(0, 10);

/** One order may be several destructions; of a person each channel is told besides. */
async function find(order: Order, signal: AbortSignal): Promise<Done | null> {
  const ask = (question: object): Promise<LedgerPage> => get<LedgerPage>('/ledger', { ...question }, { signal });
  const wanted = { act: 'destroy.done', actor: '', c: '', from: order.at, to: null };
  const found: LedgerEntry[] = [];
  let next: LedgerPage['next'] = null;
  do {
    const page = await look(wanted, next, PAGE, ask);
    found.push(...page.entries.filter((entry) => entry.object.order === order.id));
    next = page.next;
  } while (next !== null);
  const newest = found[0];
  if (!newest) return null;
  const sum = (fact: 'records' | 'blobs'): number => found.reduce((all, entry) => all + Number(entry.object[fact] ?? 0), 0);
  const channels = new Set(found.flatMap((entry) => (entry.channel ? [entry.channel] : [])));
  const days = new Set(found.flatMap((entry) => (Array.isArray(entry.object.days) ? (entry.object.days as number[]) : [])));
  const [floorsThen, floorsNow] = await Promise.all([fetchFloors(signal, newest.position), fetchFloors(signal)]);
  const certificates = found.filter((entry) => order.kind === 'redact' || !entry.channel).map((entry) => entry.position);
  return { at: newest.at, certificates, records: sum('records'), files: sum('blobs'), channels: [...channels], days: [...days], floorsThen, floorsNow };
}
