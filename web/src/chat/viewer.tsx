// One picture as large as the window: zoomed by wheel, pinch, double tap or key, its neighbours a swipe away.

import { useEffect, useRef, useState } from 'preact/hooks';
import type { File } from '../core/types.ts';
import { IconButton } from '../ui/button.tsx';
import { Icon } from '../ui/icon.tsx';
import { fileUrl, viewed } from './files.tsx';
import { t } from './words.ts';

const LARGEST = 6;
const STEP = 1.5;
const DOUBLE = 2.5;
const SWIPE_PX = 60;
const DOUBLE_MS = 300;

interface Sight {
  scale: number;
  x: number;
  y: number;
}
const WHOLE: Sight = { scale: 1, x: 0, y: 0 };

export function Viewer({ files, at }: { files: File[]; at: number }) {
  const file = files[at];
  useEffect(() => {
    const before = document.activeElement;
    return () => {
      if (before instanceof HTMLElement) before.focus({ preventScroll: true });
    };
  }, []);
  return file ? <Frame key={file.id} file={file} files={files} at={at} /> : null;
}

function Frame({ file, files, at }: { file: File; files: File[]; at: number }) {
  const stage = useRef<HTMLDivElement>(null);
  const image = useRef<HTMLImageElement>(null);
  const sight = useRef(WHOLE);
  const [zoomed, setZoomed] = useState(false);
  const close = () => (viewed.value = null);
  const step = (by: number) => {
    if (files[at + by]) viewed.value = { files, at: at + by };
  };
  const look = (next: Sight) => {
    const scale = Math.min(LARGEST, Math.max(1, next.scale));
    const box = stage.current;
    // Never farther than the picture's own edge.
    const far = (length: number) => (length * (scale - 1)) / 2;
    const hold = (value: number, length: number) => Math.max(-far(length), Math.min(far(length), value));
    sight.current = { scale, x: hold(next.x, box?.clientWidth ?? 0), y: hold(next.y, box?.clientHeight ?? 0) };
    image.current?.style.setProperty('transform', `translate(${sight.current.x}px, ${sight.current.y}px) scale(${scale})`);
    setZoomed(scale > 1);
  };
  /** Larger or smaller, with the point under the hand staying where it is. */
  const zoom = (factor: number, clientX?: number, clientY?: number) => {
    const box = stage.current?.getBoundingClientRect();
    const { scale, x, y } = sight.current;
    const next = Math.min(LARGEST, Math.max(1, scale * factor));
    const cx = box && clientX !== undefined ? clientX - box.left - box.width / 2 : 0;
    const cy = box && clientY !== undefined ? clientY - box.top - box.height / 2 : 0;
    look({ scale: next, x: cx - ((cx - x) * next) / scale, y: cy - ((cy - y) * next) / scale });
  };
  useEffect(() => hands(stage.current, { sight: () => sight.current, look, zoom, step, close }), [files, at]);
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
        const forward = document.documentElement.dir === 'rtl' ? -1 : 1;
        if (event.key === 'ArrowRight') step(forward);
        else if (event.key === 'ArrowLeft') step(-forward);
        else if (event.key === '+' || event.key === '=') zoom(STEP);
        else if (event.key === '-') zoom(1 / STEP);
        else if (event.key === '0') look(WHOLE);
        else return;
        event.preventDefault();
      }}
    >
      <header>
        <span class="grow clip" dir="auto">
          {file.name}
        </span>
        {files.length > 1 ? <span class="num">{t('image_of', { n: at + 1, of: files.length })}</span> : null}
        <IconButton icon="minus" label={t('zoom_out')} onClick={() => zoom(1 / STEP)} />
        <IconButton icon="plus" label={t('zoom_in')} onClick={() => zoom(STEP)} />
        <a class="icon-btn" href={fileUrl(file)} download={file.name} aria-label={t('download', { name: file.name })}>
          <Icon name="download" />
        </a>
        <IconButton icon="close" label={t('close')} onClick={close} />
      </header>
      <div ref={stage} class={`viewer-stage${zoomed ? ' zoomed' : ''}`}>
        <img ref={image} src={fileUrl(file)} alt={file.name} draggable={false} />
        {files[at - 1] ? <IconButton icon="back" label={t('previous')} class="viewer-back" onClick={() => step(-1)} /> : null}
        {files[at + 1] ? <IconButton icon="forward" label={t('next')} class="viewer-next" onClick={() => step(1)} /> : null}
      </div>
    </dialog>
  );
}

interface Acts {
  sight: () => Sight;
  look: (next: Sight) => void;
  zoom: (factor: number, x?: number, y?: number) => void;
  step: (by: number) => void;
  close: () => void;
}

/** One finger moves or swipes, two pinch, two taps in a row zoom, the wheel zooms; a click beside the picture closes. */
function hands(node: HTMLElement | null, acts: Acts): (() => void) | undefined {
  if (!node) return undefined;
  const down = new Map<number, { x: number; y: number }>();
  let from = { x: 0, y: 0 };
  let apart = 0;
  let lastTap = 0;
  let several = false;
  const distance = () => {
    const [a, b] = [...down.values()];
    return a && b ? Math.hypot(a.x - b.x, a.y - b.y) : 0;
  };
  const press = (event: PointerEvent) => {
    if ((event.target as Element).closest('button')) return;
    node.setPointerCapture(event.pointerId);
    down.set(event.pointerId, { x: event.clientX, y: event.clientY });
    if (down.size === 1) {
      from = { x: event.clientX, y: event.clientY };
      several = false;
    } else several = true;
    apart = distance();
  };
  const move = (event: PointerEvent) => {
    const was = down.get(event.pointerId);
    if (!was) return;
    down.set(event.pointerId, { x: event.clientX, y: event.clientY });
    if (down.size === 2) {
      const now = distance();
      const [a, b] = [...down.values()];
      if (apart && a && b) acts.zoom(now / apart, (a.x + b.x) / 2, (a.y + b.y) / 2);
      apart = now;
    } else if (acts.sight().scale > 1) {
      const { scale, x, y } = acts.sight();
      acts.look({ scale, x: x + event.clientX - was.x, y: y + event.clientY - was.y });
    }
  };
  const lift = (event: PointerEvent) => {
    if (!down.delete(event.pointerId) || down.size || several || event.type === 'pointercancel') return;
    const dx = event.clientX - from.x;
    const dy = event.clientY - from.y;
    if (Math.hypot(dx, dy) < 8) {
      const time = event.timeStamp;
      if (time - lastTap < DOUBLE_MS) {
        if (acts.sight().scale > 1) acts.look(WHOLE);
        else acts.zoom(DOUBLE, event.clientX, event.clientY);
        lastTap = 0;
      } else {
        lastTap = time;
        if (acts.sight().scale === 1 && beside(node, event)) acts.close();
      }
    } else if (acts.sight().scale === 1 && Math.abs(dx) > SWIPE_PX && Math.abs(dx) > Math.abs(dy)) {
      acts.step((dx < 0 ? 1 : -1) * (document.documentElement.dir === 'rtl' ? -1 : 1));
    }
  };
  const wheel = (event: WheelEvent) => {
    event.preventDefault();
    acts.zoom(Math.exp(-event.deltaY / 300), event.clientX, event.clientY);
  };
  node.addEventListener('pointerdown', press);
  node.addEventListener('pointermove', move);
  node.addEventListener('pointerup', lift);
  node.addEventListener('pointercancel', lift);
  node.addEventListener('wheel', wheel, { passive: false });
  return () => {
    node.removeEventListener('pointerdown', press);
    node.removeEventListener('pointermove', move);
    node.removeEventListener('pointerup', lift);
    node.removeEventListener('pointercancel', lift);
    node.removeEventListener('wheel', wheel);
  };
}

/** The picture is drawn inside its element with room around it: that room is not the picture. */
function beside(node: HTMLElement, event: PointerEvent): boolean {
  const image = node.querySelector('img');
  if (!image?.naturalWidth) return true;
  const box = image.getBoundingClientRect();
  const fit = Math.min(box.width / image.naturalWidth, box.height / image.naturalHeight);
  return Math.abs(event.clientX - box.left - box.width / 2) > (image.naturalWidth * fit) / 2 || Math.abs(event.clientY - box.top - box.height / 2) > (image.naturalHeight * fit) / 2;
}
