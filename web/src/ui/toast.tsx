// Short news at the bottom edge, spoken politely, gone by itself.

import { signal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';

interface Toast {
  id: number;
  text: string;
  bad: boolean;
  action?: { label: string; run: () => void } | undefined;
}
const toasts = signal<Toast[]>([]);
let count = 0;

export function toast(text: string, options: { bad?: boolean; action?: { label: string; run: () => void } } = {}): void {
  const id = ++count;
  toasts.value = [...toasts.value.slice(-2), { id, text, bad: options.bad ?? false, action: options.action }];
  setTimeout(() => dismiss(id), options.action || options.bad ? 8000 : 4000);
}

/** What to say about any thrown thing. */
export function toastFault(error: unknown): void {
  toast(error instanceof Error ? error.message : String(error), { bad: true });
}

function dismiss(id: number): void {
  toasts.value = toasts.value.filter((one) => one.id !== id);
}

/** Mounted once at the root; a popover, to stay above dialogs. */
export function Toasts() {
  const box = useRef<HTMLDivElement>(null);
  const list = toasts.value;
  useEffect(() => {
    const node = box.current;
    if (!node?.showPopover) return;
    if (node.matches(':popover-open')) node.hidePopover();
    if (list.length) node.showPopover();
  }, [list]);
  return (
    <div ref={box} popover="manual" class="toasts" role="status">
      {list.map((one) => (
        <div key={one.id} class={`toast${one.bad ? ' bad' : ''}`}>
          <span>{one.text}</span>
          {one.action ? (
            <button
              type="button"
              onClick={() => {
                dismiss(one.id);
                one.action?.run();
              }}
            >
              {one.action.label}
            </button>
          ) : null}
        </div>
      ))}
    </div>
  );
}
