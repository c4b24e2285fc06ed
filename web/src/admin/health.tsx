// How the server is. Never a green light without the time at which it was true.

import { useEffect, useState } from 'preact/hooks';
import { get } from '../core/api.ts';
import { formatBytes, formatNumber } from '../core/i18n.ts';
import { command } from '../core/live.ts';
import { ago, dateTime, time } from '../core/time.ts';
import type { Health } from '../core/types.ts';
import { Button } from '../ui/button.tsx';
import { Dialog } from '../ui/dialog.tsx';
import { Input } from '../ui/field.tsx';
import { lazy } from '../ui/lazy.tsx';
import { Load, useLoad } from '../ui/states.tsx';
import { toastFault } from '../ui/toast.tsx';
import { HouseTiles, needText, reserveText } from '../rooms/house.tsx';
import { workspaceName } from '../rooms/known.ts';
import { Code, Note, When } from '../rooms/pieces.tsx';
import { Section } from '../rooms/room.tsx';
import { Tile } from '../rooms/tile.tsx';
import { t as words } from '../rooms/words.ts';
import { t } from './words.ts';

const RENEW_MS = 15_000;
// Its words are read only when something is down.
const Down = lazy(() => import('../archive/down.tsx').then((module) => module.Down));

export function HealthView() {
  const health = useLoad<Health>((signal) => get('/admin/health', {}, { signal }));
  useEffect(() => {
    const timer = setInterval(() => {
      if (document.visibilityState === 'visible') health.reload();
    }, RENEW_MS);
    return () => clearInterval(timer);
  }, []);
  return (
    <>
      <Load from={health}>
        {(data) => (
          <>
            {health.error ? (
              <Note kind="bad" alert>
                {words('stale', { time: dateTime(data.now), why: health.error.message })}
              </Note>
            ) : null}
            <Warnings data={data} />
            {data.archive
              .filter((place) => place.failed)
              .map((place) => (
                <Down key={place.name} place={place} named />
              ))}
            <Section title={t('health')} hint={`${t('health_hint', { build: data.build, since: dateTime(data.started_at) })} ${words('as_of', { time: clock(data.now) })}`}>
              <Tiles data={data} />
            </Section>
          </>
        )}
      </Load>
      <Workspace />
    </>
  );
}

function Warnings({ data }: { data: Health }) {
  if (!data.warnings.length) return <Note kind="good">{t('no_warnings', { time: clock(data.now) })}</Note>;
  return (
    <Note kind="sun">
      <strong>{t('warnings')}</strong>
      <ul>
        {data.warnings.map((warning) => (
          <li key={warning}>{needText(warning)}</li>
        ))}
      </ul>
    </Note>
  );
}

function Tiles({ data }: { data: Health }) {
  const { checkpoint, sweep, disk, log } = data;
  const behind = checkpoint ? log.events - checkpoint.size : log.events;
  const free = disk.total ? disk.free / disk.total : 0;
  return (
    <div class="tiles">
      <Tile name={t('log')} value={`${formatNumber(log.events)} ${t('events')}`}>
        {t('log_hint', { bytes: formatBytes(log.bytes) })}
      </Tile>
      <Tile name={t('checkpoint')} value={!checkpoint ? t('checkpoint_none') : checkpoint.at ? <When ts={checkpoint.at} relative /> : formatNumber(checkpoint.size)}>
        {checkpoint ? (
          <>
            {behind > 0 ? t('checkpoint_behind', { n: behind }) : t('checkpoint_current')} · <Code value={checkpoint.root} what={t('checkpoint')} />
          </>
        ) : null}
      </Tile>
      <Tile name={t('sweep')} value={!sweep.last_at ? t('sweep_never') : <When ts={sweep.last_at} relative />}>
        {t('sweep_next', { when: ago(sweep.next_at, data.now) })} · {t('sweep_total', { n: sweep.destroyed_scopes })}
      </Tile>
      <Tile name={t('disk')} value={formatBytes(disk.free)}>
        <svg class={`meter${disk.free < 2 * disk.reserve ? ' low' : ''}`} viewBox="0 0 100 6" preserveAspectRatio="none" aria-hidden="true">
          <rect width={100 - free * 100} height="6" />
        </svg>
        {t('disk_free', { total: formatBytes(disk.total) })} · {reserveText(disk.reserve)}
      </Tile>
      <HouseTiles data={data} />
      <Tile name={t('connections')} value={formatNumber(data.connections)}>
        {t('connections_hint')}
      </Tile>
    </div>
  );
}

function Workspace() {
  const [open, setOpen] = useState(false);
  return (
    <Section
      title={t('workspace')}
      hint={workspaceName()}
      actions={
        <Button icon="edit" onClick={() => setOpen(true)}>
          {t('rename')}
        </Button>
      }
    >
      {open ? <Rename onClose={() => setOpen(false)} /> : null}
    </Section>
  );
}

function Rename({ onClose }: { onClose: () => void }) {
  const [name, setName] = useState(workspaceName());
  const [busy, setBusy] = useState(false);
  const save = async (event: Event): Promise<void> => {
    event.preventDefault();
    setBusy(true);
    try {
      await command({ t: 'workspace.edit', name: name.trim() });
      onClose();
    } catch (error) {
      toastFault(error);
      setBusy(false);
    }
  };
  return (
    <Dialog title={t('rename_title')} onClose={onClose}>
      <form class="stack" onSubmit={(event) => void save(event)}>
        <Input label={t('name')} hint={t('rename_hint')} value={name} maxLength={80} required autoComplete="off" onValue={setName} />
        <Button kind="primary" type="submit" busy={busy} disabled={!name.trim()}>
          {words('save')}
        </Button>
      </form>
    </Dialog>
  );
}

const clock = (ts: number): string => time(ts);
