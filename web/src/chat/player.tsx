// A voice note as one hears it: its shape drawn from its own bytes, any place in it, and faster if one likes.

import { signal } from '@preact/signals';
import { useEffect, useRef, useState } from 'preact/hooks';
import { formatNumber } from '../core/i18n.ts';
import { preference, setPreference } from '../core/store.ts';
import type { File } from '../core/types.ts';
import { IconButton } from '../ui/button.tsx';
import { fileUrl } from './files.tsx';
import { t } from './words.ts';

const BARS = 48;
const SPEEDS = [1, 1.5, 2];
const KNOWN_MAX = 60;
/** Larger ones are played, but not taken apart to be drawn. */
const DRAWN_MAX_BYTES = 8_000_000;

const speed = signal(SPEEDS.find((one) => one === Number(preference('voice-speed'))) ?? 1);
/** Only one speaks at a time. */
let speaking: HTMLAudioElement | null = null;

interface Shape {
  seconds: number;
  bars: number[];
}
const shapes = new Map<string, Promise<Shape>>();

export function Player({ file }: { file: File }) {
  const audio = useRef<HTMLAudioElement>(null);
  const played = useRef<SVGSVGElement>(null);
  const [shape, setShape] = useState<Shape>();
  const [playing, setPlaying] = useState(false);
  const [broken, setBroken] = useState(false);
  const [at, setAt] = useState(0);
  const own = audio.current?.duration;
  const seconds = shape?.seconds ?? (own && Number.isFinite(own) ? own : 0);
  useEffect(() => {
    let gone = false;
    if (file.size <= DRAWN_MAX_BYTES) shapeOf(file).then((known) => !gone && setShape(known), () => undefined);
    return () => {
      gone = true;
      if (speaking === audio.current) speaking = null;
    };
  }, [file.id]);
  useEffect(() => {
    if (audio.current) audio.current.playbackRate = speed.value;
  }, [speed.value, playing]);
  useEffect(() => {
    played.current?.style.setProperty('clip-path', `inset(0 ${100 - (seconds ? (100 * at) / seconds : 0)}% 0 0)`);
  }, [at, seconds]);
  const toggle = () => {
    const node = audio.current;
    if (!node) return;
    if (!node.paused) return node.pause();
    if (speaking !== node) speaking?.pause();
    speaking = node;
    node.play().catch(() => setBroken(true));
  };
  const seek = (to: number) => {
    setAt(to);
    if (audio.current) audio.current.currentTime = to;
  };
  const d = path(shape?.bars ?? Array.from({ length: BARS }, () => 0));
  return (
    <div class="sound" dir="ltr">
      <audio
        ref={audio}
        preload="none"
        src={fileUrl(file)}
        onPlay={() => setPlaying(true)}
        onPause={() => setPlaying(false)}
        onEnded={() => {
          setPlaying(false);
          seek(0);
        }}
        onTimeUpdate={(event) => setAt(event.currentTarget.currentTime)}
        onError={() => setBroken(true)}
      />
      <IconButton icon={playing ? 'pause' : 'play'} label={t(playing ? 'voice_pause' : 'voice_play')} disabled={broken} class="sound-play" onClick={toggle} />
      <span class="sound-line">
        <svg viewBox="0 0 192 32" preserveAspectRatio="none" aria-hidden="true">
          <path d={d} />
        </svg>
        <svg ref={played} class="played" viewBox="0 0 192 32" preserveAspectRatio="none" aria-hidden="true">
          <path d={d} />
        </svg>
        <input
          type="range"
          min={0}
          max={Math.max(0.1, seconds)}
          step="any"
          value={at}
          aria-label={t('voice_position')}
          aria-valuetext={clock(at)}
          onInput={(event) => seek(Number(event.currentTarget.value))}
          onKeyDown={(event) => {
            const step: Record<string, number> = { ArrowRight: 2, ArrowUp: 2, ArrowLeft: -2, ArrowDown: -2 };
            if (event.key === ' ') toggle();
            else if (event.key in step) seek(Math.max(0, Math.min(seconds, at + (step[event.key] ?? 0))));
            else return;
            event.preventDefault();
            event.stopPropagation();
          }}
        />
      </span>
      <button
        type="button"
        class="sound-speed num"
        aria-label={t('voice_speed', { speed: `${formatNumber(speed.value)}×` })}
        onClick={() => {
          speed.value = SPEEDS[(SPEEDS.indexOf(speed.value) + 1) % SPEEDS.length] ?? 1;
          setPreference('voice-speed', speed.value === 1 ? null : String(speed.value));
        }}
      >
        {formatNumber(speed.value)}×
      </button>
      <span class="sound-time num">{broken ? t('voice_broken') : clock(at > 0 || !seconds ? at : seconds)}</span>
    </div>
  );
}

function clock(seconds: number): string {
  const whole = Math.floor(seconds);
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, '0')}`;
}

function path(bars: number[]): string {
  return bars
    .map((height, index) => {
      const half = Math.max(1, height * 15);
      return `M${index * 4 + 2} ${(16 - half).toFixed(1)}V${(16 + half).toFixed(1)}`;
    })
    .join('');
}

function shapeOf(file: File): Promise<Shape> {
  const known = shapes.get(file.id);
  if (known) return known;
  const made = decode(file);
  shapes.set(file.id, made);
  made.catch(() => shapes.delete(file.id));
  if (shapes.size > KNOWN_MAX) shapes.delete(shapes.keys().next().value ?? '');
  return made;
}

async function decode(file: File): Promise<Shape> {
  const answer = await fetch(fileUrl(file), { credentials: 'same-origin' });
  if (!answer.ok) throw new Error(`HTTP ${answer.status}`);
  const sound = await new OfflineAudioContext(1, 1, 16_000).decodeAudioData(await answer.arrayBuffer());
  return { seconds: sound.duration, bars: loudness(sound.getChannelData(0), BARS) };
}

/** The loudness of each part beside the loudest of all. */
export function loudness(samples: Float32Array, parts: number): number[] {
  const size = Math.max(1, Math.floor(samples.length / parts));
  const found = Array.from({ length: parts }, (_, part) => {
    let sum = 0;
    const from = part * size;
    const to = Math.min(samples.length, from + size);
    for (let i = from; i < to; i++) sum += (samples[i] ?? 0) ** 2;
    return Math.sqrt(sum / Math.max(1, to - from));
  });
  const most = Math.max(...found);
  return most > 0 ? found.map((one) => one / most) : found;
}
