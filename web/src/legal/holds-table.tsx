// Holds that stand, as the server tells them: what each preserves, what else preserves it, and its release.

import { useState } from 'preact/hooks';
import { get } from '../core/api.ts';
import { href } from '../core/route.ts';
import { dateTime } from '../core/time.ts';
import type { Hold, Matter, PolicyPreview } from '../core/types.ts';
import { Button } from '../ui/button.tsx';
import { Dialog } from '../ui/dialog.tsx';
import { useLoad } from '../ui/states.tsx';
import { toast } from '../ui/toast.tsx';
import { act } from '../rooms/act.ts';
import { DataTable, None } from '../rooms/data-table.tsx';
import { channelName, nameOf } from '../rooms/known.ts';
import { Note, When } from '../rooms/pieces.tsx';
import { t as words } from '../rooms/words.ts';
import { daysText, namesText, overlapsOf, willPreserve, type Overlap } from './holds.ts';
import { t } from './matter-words.ts';

interface Row {
  matter: Matter;
  hold: Hold;
  overlaps: Overlap[];
}

export function HoldsTable(props: { caption: string; of: Matter[]; all: Matter[]; onChange: () => void; empty: string; named?: boolean }) {
  const [open, setOpen] = useState<Row>();
  const rows = props.of.flatMap((matter) => matter.holds.map((hold) => ({ matter, hold, overlaps: overlapsOf(hold, props.all, hold.id) })));
  const where = ({ hold }: Row): string => (hold.channels.length ? namesText(hold.channels, channelName) : t('every_channel'));
  return (
    <>
      <DataTable
        caption={props.caption}
        rows={rows}
        keyOf={(row) => row.hold.id}
        empty={<p class="hint">{props.empty}</p>}
        columns={[
          { name: t('where'), main: true, cell: where },
          ...(props.named ? [{ name: t('matter'), cell: ({ matter }: Row) => <a href={href('legal', 'matters', matter.id)}>{matter.name}</a> }] : []),
          { name: t('who'), cell: ({ hold }) => (hold.people.length ? namesText(hold.people, nameOf) : t('everybody')) },
          { name: t('days'), cell: ({ hold }) => daysText(hold) },
          ...(rows.some(({ hold }) => hold.words.length) ? [{ name: t('words'), cell: ({ hold }: Row) => (hold.words.length ? namesText(hold.words, String) : <None />) }] : []),
          { name: t('since'), cell: ({ hold }) => <When ts={hold.at} /> },
          { name: t('overlaps'), cell: ({ matter, overlaps }) => <Overlaps of={matter} overlaps={overlaps} /> },
          {
            name: t('release'),
            quiet: true,
            cell: (row) => (
              <Button kind="quiet" aria-label={t('release_of', { what: where(row) })} onClick={() => setOpen(row)}>
                {t('release')}
              </Button>
            ),
          },
        ]}
      />
      {open ? <Release row={open} onClose={() => setOpen(undefined)} onDone={props.onChange} /> : null}
    </>
  );
}

export function Overlaps({ of, overlaps }: { of?: Matter; overlaps: Overlap[] }) {
  if (!overlaps.length) return <None />;
  return (
    <ul class="stacked">
      {overlaps.map(({ matter, hold, whole }) => (
        <li key={hold.id}>{t('overlap', { matter: matter.id === of?.id ? t('overlap_own') : matter.name, what: t(whole ? 'overlap_all' : 'overlap_part') })}</li>
      ))}
    </ul>
  );
}

function Release({ row, onClose, onDone }: { row: Row; onClose: () => void; onDone: () => void }) {
  const { hold, overlaps } = row;
  const [busy, setBusy] = useState(false);
  const next = useLoad((signal) => get<PolicyPreview>('/admin/policy/preview', {}, { signal }));
  const release = async (): Promise<void> => {
    setBusy(true);
    const done = await act({ t: 'hold.release', hold: hold.id });
    setBusy(false);
    if (!done) return;
    toast(t('released'));
    onDone();
    onClose();
  };
  const others = [...new Set(overlaps.map(({ matter }) => matter.name))];
  return (
    <Dialog
      title={t('release_title')}
      onClose={onClose}
      actions={
        <>
          <Button onClick={onClose}>{words('cancel')}</Button>
          <Button kind="danger" busy={busy} onClick={() => void release()}>
            {t('release')}
          </Button>
        </>
      }
    >
      <div class="stack">
        <p>
          <strong>{row.matter.name}</strong>
        </p>
        <p class="hint">{willPreserve(hold, channelName, nameOf).join(' ')}</p>
        <Note>{t('release_text')}</Note>
        <Note kind="sun">{next.data ? t('release_next', { when: dateTime(next.data.next_run_at) }) : t('release_next_unknown')}</Note>
        {others.length ? <p>{t('release_shared', { matters: namesText(others, String, others.length) })}</p> : null}
      </div>
    </Dialog>
  );
}
