// A voice note: recorded here, then an attachment like any other.

import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { IconButton } from '../ui/button.tsx';
import { toast } from '../ui/toast.tsx';
import { t } from './words.ts';

const FORMS = [
  ['audio/webm;codecs=opus', 'webm'],
  ['audio/mp4', 'm4a'],
  ['audio/ogg;codecs=opus', 'ogg'],
] as const;
const LONGEST_MS = 15 * 60_000;

export function canRecord(): boolean {
  return globalThis.isSecureContext && typeof MediaRecorder !== 'undefined' && !!navigator.mediaDevices && !!form();
}

function form(): (typeof FORMS)[number] | undefined {
  return FORMS.find(([mime]) => MediaRecorder.isTypeSupported(mime));
}

export function VoiceNote({ onDone }: { onDone: (file: globalThis.File | null) => void }) {
  const seconds = useSignal(0);
  const recorder = useRef<MediaRecorder | null>(null);
  const keep = useRef(false);
  useEffect(() => {
    let stream: MediaStream | null = null;
    let gone = false;
    const parts: Blob[] = [];
    const tick = setInterval(() => seconds.value++, 1000);
    const limit = setTimeout(() => finish(true), LONGEST_MS);
    navigator.mediaDevices
      .getUserMedia({ audio: true })
      .then((opened) => {
        stream = opened;
        const [mime, ending] = form() ?? FORMS[0];
        if (gone) return stop(stream);
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
    <div class="composer-row recording" role="status">
      <IconButton icon="trash" label={t('drop_recording')} onClick={() => finish(false)} />
      <span class="grow num">{t('recording', { time: minutes })}</span>
      <IconButton icon="check" label={t('stop_recording')} class="send" onClick={() => finish(true)} />
    </div>
  );
}

function stop(stream: MediaStream | null): void {
  for (const track of stream?.getTracks() ?? []) track.stop();
}
