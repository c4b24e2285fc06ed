// How the house is: what needs somebody's attention and what to do about it, and when each thing was last known to be right.

import { formatBytes } from '../core/i18n.ts';
import { ago, dateTime, time } from '../core/time.ts';
import type { Health } from '../core/types.ts';
import { english, t } from './house-words.ts';
import { When } from './pieces.tsx';
import { Tile } from './tile.tsx';

const MINUTE_MS = 60_000;

/** What it is and what to do; a code that this client does not know yet stands for itself. */
export function needText(code: string): string {
  return Object.hasOwn(english, code) ? t(code as keyof typeof english) : code;
}

/** Each with the moment it was true at. Words, not colours, say whether it is well. */
export function HouseTiles({ data }: { data: Health }) {
  const { backup, directory, scanner, signin, witness, clock, certificate, verified, archive } = data;
  const arrived = Math.max(0, ...archive.map((place) => place.at ?? 0));
  const waiting = archive.reduce((sum, place) => sum + place.waiting, 0);
  const behind = Math.floor(clock.behind_ms / MINUTE_MS);
  return (
    <>
      <Tile name={t('backup')} value={backup.at ? <When ts={backup.at} relative /> : t('backup_never')}>
        {backup.keys_at ? t('keys_at', { when: ago(backup.keys_at, data.now) }) : t('keys_never')}
      </Tile>
      <Tile name={t('verified')} value={verified ? <When ts={verified.at} relative /> : t('verified_never')}>
        {!verified ? t('verified_how') : verified.is_sound ? t('verified_sound', { n: verified.events }) : t('verified_fault')}
      </Tile>
      {signin ? (
        <Tile name={t('signin')} value={t(signin.failed ? 'signin_silent' : 'signin_well')}>
          {signin.failed ? <p class="hint">{signin.failed}</p> : null}
        </Tile>
      ) : null}
      {scanner ? (
        <Tile name={t('scanner')} value={t(scanner.failed ? 'scanner_silent' : 'scanner_well')}>
          {scanner.failed ? t(scanner.is_required ? 'scanner_strict' : 'scanner_lax') : t('scanner_found', { n: scanner.found })}
          {scanner.failed ? <p class="hint">{scanner.failed}</p> : null}
        </Tile>
      ) : null}
      {directory ? (
        <Tile name={t('directory')} value={directory.heard_at ? <When ts={directory.heard_at} relative /> : t('directory_unheard')}>
          {t('directory_people', { n: directory.people })}
        </Tile>
      ) : null}
      {archive.length ? (
        <Tile name={t('archive')} value={arrived ? <When ts={arrived} relative /> : t('archive_never')}>
          {waiting ? t('archive_waiting', { n: waiting }) : t('archive_none')}
        </Tile>
      ) : null}
      <Tile name={t('witness')} value={witness.at ? <When ts={witness.at} relative /> : t('witness_never')}>
        {witness.configured ? t('witness_count', { n: witness.configured }) : t('witness_none')}
      </Tile>
      <Tile name={t('clock')} value={<time title={dateTime(data.now)}>{time(data.now)}</time>}>
        {behind ? t('clock_wrong', { n: behind }) : t('clock_right')}
      </Tile>
      <Tile name={t('certificate')} value={!certificate ? t('certificate_elsewhere') : certificate.ends_at ? <When ts={certificate.ends_at} relative /> : t('certificate_unknown')}>
        {certificate ? (certificate.ends_at ? dateTime(certificate.ends_at) : null) : t('certificate_proxy')}
        {certificate?.is_fetched ? <p class="hint">{certificate.failed ?? t('certificate_fetched')}</p> : null}
      </Tile>
    </>
  );
}

export const reserveText = (bytes: number): string => t('reserve', { bytes: formatBytes(bytes) });
