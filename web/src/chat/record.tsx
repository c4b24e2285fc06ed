// A voice note: recorded here, then an attachment like any other.

import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { IconButton } from '../ui/button.tsx';
import { toast } from '../ui/toast.tsx';
import { form } from './voice.ts';
import { t } from './words.ts';

const LONGEST_MS = 15 * 60_000;
const LEVEL_MS = 60;

export function VoiceNote({ onDone }: { onDone: (file: globalThis.File | null) => void }) {
  const seconds = useSignal(0);
  const recorder = useRef<MediaRecorder | null>(null);
  const keep = useRef(false);
  const meter = useRef<HTMLMeterElement>(null);
  useEffect(() => {
    let stream: MediaStream | null = null;
    let gone = false;
    let silence = () => {};
    const parts: Blob[] = [];
    const tick = setInterval(() => seconds.value++, 1000);
    const limit = setTimeout(() => finish(true), LONGEST_MS);
    navigator.mediaDevices
      .getUserMedia({ audio: true })
      .then((opened) => {
        stream = opened;
        const kind = form();
        if (gone || !kind) return stop(stream);
        const [mime, ending] = kind;
        silence = level(opened, meter.current);
        const made = new MediaRecorder(opened, { mimeType: mime, audioBitsPerSecond: 32_000 });
        recorder.current = made;
        made.addEventListener('dataavailable', (event) => parts.push(event.data));
        made.addEventListener('stop', () => {
          stop(stream);
          const type = mime.split(';')[0] ?? mime;
          const name = `voice-${new Date().toISOString().slice(0, 19).replaceAll(':', '')}.${ending}`;
          onDone(keep.current && parts.length ? new File(parts, name, { type }) : null);
        });
        made.start();
        seconds.value = 0;
      })
      .catch(() => {
        toast(t('no_microphone'), { bad: true });
        onDone(null);
      });
    return () => {
      gone = true;
      silence();
      clearInterval(tick);
      clearTimeout(limit);
      stop(stream);
    };
  }, []);
  const finish = (kept: boolean) => {
    keep.current = kept;
    if (recorder.current?.state === 'recording') recorder.current.stop();
    else onDone(null);
  };
  const minutes = `${Math.floor(seconds.value / 60)}:${String(seconds.value % 60).padStart(2, '0')}`;
  return (
    <div class="composer-row recording">
      <IconButton icon="trash" label={t('drop_recording')} onClick={() => finish(false)} />
      <span class="num" role="timer">{t('recording', { time: minutes })}</span>
      <meter ref={meter} class="grow" min={0} max={1} value={0} aria-label={t('voice_level')} />
      <IconButton icon="check" label={t('stop_recording')} class="send" onClick={() => finish(true)} />
    </div>
  );
}

/** Shows how loud it is, so that one sees before speaking for a minute that nothing is heard. */
function level(stream: MediaStream, meter: HTMLMeterElement | null): () => void {
  const context = new AudioContext();
  const ear = context.createAnalyser();
  ear.fftSize = 512;
  context.createMediaStreamSource(stream).connect(ear);
  const samples = new Float32Array(ear.fftSize);
  const timer = setInterval(() => {
    ear.getFloatTimeDomainData(samples);
    const loud = Math.sqrt(samples.reduce((sum, one) => sum + one * one, 0) / samples.length);
    if (meter) meter.value = Math.min(1, loud * 4);
  }, LEVEL_MS);
  return () => {
    clearInterval(timer);
    void context.close();
  };
}

function stop(stream: MediaStream | null): void {
  for (const track of stream?.getTracks() ?? []) track.stop();
}
