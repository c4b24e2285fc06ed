// What a message carries: pictures, sound, video, and files to take away.

import { signal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { url } from '../core/api.ts';
import { formatBytes } from '../core/i18n.ts';
import type { File } from '../core/types.ts';
import { IconButton } from '../ui/button.tsx';
import { Icon } from '../ui/icon.tsx';
import { t } from './words.ts';

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
            <Picture key={file.id} file={file} alone={pictures.length === 1} open={() => (viewed.value = { files: pictures, at: pictures.indexOf(file) })} />
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
      <figure class="sound">
        <audio controls preload="metadata" src={fileUrl(file)} aria-label={t('voice')} />
      </figure>
    );
  }
  if (file.mime.startsWith('video/')) {
    return <video class="film" controls preload="metadata" src={fileUrl(file)} aria-label={file.name} />;
  }
  return (
    <a class="parcel" href={fileUrl(file)} download={file.name}>
      <span class="unseen">{t('download_this')} </span>
      <span class="parcel-icon">
        <Icon name="file" />
      </span>
      <span class="grow">
        <span class="parcel-name clip">{file.name}</span>
        <span class="muted small">{formatBytes(file.size)}</span>
      </span>
      <Icon name="download" />
    </a>
  );
}

export function isPicture(mime: string): boolean {
  return /^image\/(png|jpe?g|gif|webp|avif)$/.test(mime);
}

const viewed = signal<{ files: File[]; at: number } | null>(null);

/** Mounted once: the picture large, with its neighbours a key away. */
export function Viewer() {
  const now = viewed.value;
  const file = now?.files[now.at];
  if (!now || !file) return null;
  const step = (by: number) => {
    const at = now.at + by;
    if (now.files[at]) viewed.value = { ...now, at };
  };
  return <Frame key="viewer" file={file} many={now.files.length > 1} step={step} close={() => (viewed.value = null)} />;
}

function Frame({ file, many, step, close }: { file: File; many: boolean; step: (by: number) => void; close: () => void }) {
  useEffect(() => {
    const before = document.activeElement;
    return () => {
      if (before instanceof HTMLElement) before.focus({ preventScroll: true });
    };
  }, []);
  return (
    <dialog
      class="viewer"
      aria-label={t('image_viewer')}
      ref={(node) => {
        if (node && !node.open) node.showModal();
      }}
      onCancel={(event) => {
        event.preventDefault();
        close();
      }}
      onKeyDown={(event) => {
        if (event.key === 'ArrowRight') step(1);
        if (event.key === 'ArrowLeft') step(-1);
      }}
      onClick={(event) => {
        if (!(event.target as Element).closest('button, a, img')) close();
      }}
    >
      <header>
        <span class="grow clip">{file.name}</span>
        <a class="icon-btn" href={fileUrl(file)} download={file.name} aria-label={t('download', { name: file.name })}>
          <Icon name="download" />
        </a>
        <IconButton icon="close" label={t('close')} onClick={close} />
      </header>
      <div class="viewer-stage">
        {many ? <IconButton icon="back" label={t('previous')} onClick={() => step(-1)} /> : null}
        <img src={fileUrl(file)} alt={file.name} />
        {many ? <IconButton icon="forward" label={t('next')} onClick={() => step(1)} /> : null}
      </div>
    </dialog>
  );
}
