// What a message carries: pictures, sound, video, and files to take away.

import { signal } from '@preact/signals';
import { url } from '../core/api.ts';
import { formatBytes } from '../core/i18n.ts';
import { state } from '../core/live.ts';
import type { File } from '../core/types.ts';
import { Icon } from '../ui/icon.tsx';
import { lazy } from '../ui/lazy.tsx';
import { t } from './words.ts';

const Player = lazy(() => import('./pages.ts').then((pages) => pages.Player));
const Viewer = lazy(() => import('./pages.ts').then((pages) => pages.Viewer));

const LARGEST = 320;

export function fileUrl(file: File, thumb = false): string {
  return url(`/files/${file.id}`, thumb ? { thumb: 1 } : {});
}

export function Files({ files }: { files: File[] }) {
  const pictures = files.filter((file) => isPicture(file.mime));
  const others = files.filter((file) => !isPicture(file.mime));
  return (
    <>
      {pictures.length ? (
        <div class={`pictures n${Math.min(pictures.length, 4)}`}>
          {pictures.map((file) => (
            <Picture key={file.id} file={file} alone={pictures.length === 1} open={() => open(file, pictures)} />
          ))}
        </div>
      ) : null}
      {others.map((file) => (
        <Other key={file.id} file={file} />
      ))}
    </>
  );
}

function Picture({ file, alone, open }: { file: File; alone: boolean; open: () => void }) {
  const size = alone ? fit(file.w ?? 4, file.h ?? 3) : null;
  return (
    <button
      type="button"
      class="picture"
      aria-label={t('open_image', { name: file.name })}
      onClick={open}
      ref={(node) => {
        // The room is there before the bytes are, so nothing jumps.
        if (node && size) {
          node.style.setProperty('inline-size', `${size.w}px`);
          node.style.setProperty('aspect-ratio', `${size.w} / ${size.h}`);
        }
      }}
    >
      <img src={fileUrl(file, file.thumb ?? false)} alt="" loading="lazy" decoding="async" />
    </button>
  );
}

function fit(w: number, h: number): { w: number; h: number } {
  const scale = Math.min(1, LARGEST / Math.max(w, h, 1));
  return { w: Math.max(120, Math.round(w * scale)), h: Math.max(80, Math.round(h * scale)) };
}

function Other({ file }: { file: File }) {
  if (file.mime.startsWith('audio/')) {
    return (
      <figure aria-label={t('voice')}>
        <Player file={file} />
      </figure>
    );
  }
  if (file.mime.startsWith('video/')) {
    return (
      <figure class="film">
        <video controls preload="metadata" src={fileUrl(file)} aria-label={file.name} />
        <figcaption class="row small">
          <span class="grow clip" dir="auto">
            {file.name}
          </span>
          <span class="muted num">{formatBytes(file.size)}</span>
          <a class="icon-btn" href={fileUrl(file)} download={file.name} aria-label={t('download', { name: file.name })}>
            <Icon name="download" />
          </a>
        </figcaption>
      </figure>
    );
  }
  return (
    <a class="parcel" href={fileUrl(file)} download={file.name}>
      <span class="unseen">{t('download_this')} </span>
      <span class="parcel-icon">
        <Icon name="file" />
      </span>
      <span class="grow">
        <span class="parcel-name clip" dir="auto">{file.name}</span>
        <span class="muted small">{formatBytes(file.size)}</span>
      </span>
      <Icon name="download" />
    </a>
  );
}

export function isPicture(mime: string): boolean {
  return /^image\/(png|jpe?g|gif|webp|avif)$/.test(mime);
}

export const viewed = signal<{ files: File[]; at: number } | null>(null);

/** Mounted once: the picture large, with the conversation's others beside it. */
export function Large() {
  const now = viewed.value;
  return now ? <Viewer files={now.files} at={now.at} /> : null;
}

/** All pictures of the rows at hand, in their order. */
function open(file: File, own: File[]): void {
  const lines = Object.values(state.peek()?.lines ?? {});
  const line = lines.find(({ items }) => items.some((item) => item.f?.some((one) => one.id === file.id)));
  const files = line ? line.items.flatMap((item) => (item.del || item.gone ? [] : (item.f ?? []).filter((one) => isPicture(one.mime)))) : own;
  viewed.value = { files, at: files.findIndex((one) => one.id === file.id) };
}
