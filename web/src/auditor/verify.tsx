// Is today's log the old one with more at its end? Computed here; the server only supplies hashes.

import { useState } from 'preact/hooks';
import { get } from '../core/api.ts';
import type { Checkpoint } from '../core/types.ts';
import { Button } from '../ui/button.tsx';
import { Input, TextArea } from '../ui/field.tsx';
import { Icon } from '../ui/icon.tsx';
import { Drop, Note } from '../rooms/pieces.tsx';
import { fromHashText } from '../rooms/proof/bytes.ts';
import { compare, type Comparison } from '../rooms/proof/compare.ts';
import { verifyInclusion, type Fault } from '../rooms/proof/merkle.ts';
import { Section } from '../rooms/room.tsx';
import { t } from './words.ts';

const NOTE_BYTES_MAX = 64 * 1024;

export function Verify() {
  return (
    <>
      <Earlier />
      <Single />
    </>
  );
}

function Earlier() {
  const [text, setText] = useState('');
  const [busy, setBusy] = useState(false);
  const [fault, setFault] = useState<string>();
  const [result, setResult] = useState<Comparison>();
  const check = async (kept: string): Promise<void> => {
    setBusy(true);
    setFault(undefined);
    setResult(undefined);
    try {
      const newest = await get<Checkpoint>('/log/checkpoint');
      const outcome = await compare(kept, newest, async (old, size) => (await get<{ proof: string[] }>('/log/consistency', { old, new: size })).proof);
      if (typeof outcome === 'object') setResult(outcome);
      else setFault(t('not_note'));
    } catch (error) {
      setFault((error as Error).message);
    } finally {
      setBusy(false);
    }
  };
  const read = async (file: File): Promise<void> => {
    const kept = await file.slice(0, NOTE_BYTES_MAX).text();
    setText(kept);
    await check(kept);
  };
  return (
    <Section title={t('earlier')} hint={t('verify_hint')}>
      <div class="compare">
        <Drop label={t('drop')} hint={t('drop_hint')} accept=".txt,text/plain" onFile={(file) => void read(file)} />
        <div class="stack tight">
          <TextArea label={t('paste')} class="input mono" rows={6} spellcheck={false} value={text} fault={fault} onValue={setText} />
          <div>
            <Button kind="primary" icon="shield" busy={busy} disabled={!text.trim()} onClick={() => void check(text)}>
              {t('check')}
            </Button>
          </div>
        </div>
      </div>
      {result ? <Outcome result={result} /> : null}
    </Section>
  );
}

function Outcome({ result }: { result: Comparison }) {
  const { verdict, oldSize, newSize } = result;
  const counts = { old: oldSize, now: newSize };
  return (
    <div class="card stack" role="status">
      <Note kind={verdict === 'ok' ? 'good' : verdict === 'unsure' ? 'sun' : 'bad'}>
        <strong>{t(verdict === 'ok' ? 'ok_title' : verdict === 'unsure' ? 'unsure_title' : 'bad_title')}</strong>
        {verdict === 'ok' ? <p>{t(oldSize === newSize ? 'ok_same' : 'ok_text', counts)}</p> : null}
        {verdict === 'unsure' ? <p>{t('unsure_text', counts)}</p> : null}
      </Note>
      <ul class="checks">
        <Step title={t('step_old', { n: oldSize })} signature={result.oldSignature} origin={result.otherOrigin} />
        <Step title={t('step_new', { n: newSize })} signature={result.newSignature} />
        <li class={result.proof.ok ? 'good' : 'bad'}>
          <Icon name={result.proof.ok ? 'check' : 'warning'} />
          <div>
            <strong>{t('step_proof')}</strong>
            <p>
              {result.proof.ok
                ? t('step_proof_ok', { hashes: t('hashes', { n: result.proof.hashes }) })
                : result.proof.why === 'fetch'
                  ? t('step_proof_none', { why: result.proof.message })
                  : t('step_proof_bad', { why: t(`why_${result.proof.why}`) })}
            </p>
          </div>
        </li>
      </ul>
    </div>
  );
}

function Step({ title, signature, origin }: { title: string; signature: Comparison['oldSignature']; origin?: string | null }) {
  const look = origin || signature === 'bad' || signature === 'other_key' ? 'bad' : signature === 'good' ? 'good' : 'open';
  return (
    <li class={look}>
      <Icon name={look === 'good' ? 'check' : look === 'bad' ? 'warning' : 'info'} />
      <div>
        <strong>{title}</strong>
        <p>{origin ? t('other_origin', { origin }) : `${t('signature')}: ${t(signature)}. ${signature === 'good' ? '' : t(`${signature}_text`)}`}</p>
      </div>
    </li>
  );
}

type SingleResult = { ok: true; n: number; size: number; hashes: number } | { ok: false; why: string };

function Single() {
  const [position, setPosition] = useState('');
  const [busy, setBusy] = useState(false);
  const [result, setResult] = useState<SingleResult>();
  const check = async (event: Event): Promise<void> => {
    event.preventDefault();
    setBusy(true);
    setResult(undefined);
    try {
      setResult(await checkPosition(Number(position)));
    } catch (error) {
      setResult({ ok: false, why: (error as Error).message });
    } finally {
      setBusy(false);
    }
  };
  return (
    <Section title={t('single')} hint={t('single_hint')}>
      <form class="sieve" onSubmit={(event) => void check(event)}>
        <Input label={t('position')} type="number" min={0} step={1} required value={position} autoComplete="off" onValue={setPosition} />
        <Button type="submit" icon="shield" busy={busy} disabled={position === ''}>
          {t('check')}
        </Button>
      </form>
      {result ? (
        <Note kind={result.ok ? 'good' : 'bad'} alert>
          {result.ok ? t('single_ok', { n: result.n, size: result.size, hashes: t('hashes', { n: result.hashes }) }) : t('single_bad', { why: result.why })}
        </Note>
      ) : null}
    </Section>
  );
}

async function checkPosition(n: number): Promise<SingleResult> {
  const newest = await get<Checkpoint>('/log/checkpoint');
  if (!Number.isInteger(n) || n < 0 || n >= newest.size) return { ok: false, why: t('position_fault', { last: newest.size - 1 }) };
  const answer = await get<{ leaf: string; proof: string[] }>('/log/inclusion', { position: n, size: newest.size });
  const leaf = fromHashText(answer.leaf);
  const root = fromHashText(newest.root);
  const proof = answer.proof.map(fromHashText);
  if (!leaf || !root || proof.includes(null)) return { ok: false, why: t('why_hash') };
  const verdict = await verifyInclusion(n, newest.size, leaf, proof as Uint8Array[], root);
  return verdict.ok ? { ok: true, n, size: newest.size, hashes: proof.length } : { ok: false, why: t(`why_${verdict.why satisfies Fault}`) };
}
