// A menu beside its button (or at a point), driven by arrow keys. It lives in the top layer, so nothing clips it.

import type { ComponentChildren } from 'preact';
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { Icon, type IconName } from './icon.tsx';

export interface MenuItem {
  label: string;
  icon?: IconName;
  danger?: boolean;
  run?: () => void;
  href?: string;
}
export type MenuEntry = MenuItem | 'line' | false | null | undefined;

export function MenuButton(props: { label: string; icon?: IconName; items: () => MenuEntry[]; class?: string }) {
  const [open, setOpen] = useState(false);
  const button = useRef<HTMLButtonElement>(null);
  return (
    <>
      <button
        ref={button}
        type="button"
        class={`icon-btn ${props.class ?? ''}`}
        aria-label={props.label}
        title={props.label}
        aria-haspopup="menu"
        aria-expanded={open}
        onClick={() => setOpen(!open)}
      >
        <Icon name={props.icon ?? 'more'} />
      </button>
      {open ? <Menu label={props.label} items={props.items()} at={button.current?.getBoundingClientRect() ?? new DOMRect()} onClose={() => setOpen(false)} /> : null}
    </>
  );
}

export function Menu(props: { label: string; items: MenuEntry[]; at: DOMRect; onClose: () => void; head?: ComponentChildren }) {
  const box = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => {
    const node = box.current;
    if (!node) return;
    node.showPopover?.();
    place(node, props.at);
  }, []);
  useEffect(() => {
    const before = document.activeElement;
    const node = box.current;
    node?.querySelector<HTMLElement>('[role=menuitem]')?.focus({ preventScroll: true });
    const outside = (event: Event) => {
      if (!node?.contains(event.target as Node)) props.onClose();
    };
    // The press that opened the menu must not close it.
    const later = setTimeout(() => document.addEventListener('pointerdown', outside), 0);
    window.addEventListener('resize', props.onClose);
    return () => {
      clearTimeout(later);
      document.removeEventListener('pointerdown', outside);
      window.removeEventListener('resize', props.onClose);
      if (before instanceof HTMLElement && before.isConnected && (!document.activeElement || document.activeElement === document.body)) {
        before.focus({ preventScroll: true });
      }
    };
  }, []);
  const choose = (item: MenuItem) => {
    props.onClose();
    item.run?.();
  };
  return (
    <div ref={box} popover="manual" class="menu" role="menu" aria-label={props.label} tabIndex={-1} onKeyDown={(event) => keys(event, props.onClose)}>
      {props.head}
      {props.items.map((item, index) => {
        if (!item) return null;
        if (item === 'line') return <hr key={index} />;
        const inside = (
          <>
            {item.icon ? <Icon name={item.icon} /> : null}
            {item.label}
          </>
        );
        const look = { role: 'menuitem', tabIndex: -1, class: item.danger ? 'danger' : '' } as const;
        return item.href ? (
          <a key={index} {...look} href={item.href} onClick={() => choose(item)}>
            {inside}
          </a>
        ) : (
          <button key={index} {...look} type="button" onClick={() => choose(item)}>
            {inside}
          </button>
        );
      })}
    </div>
  );
}

function keys(event: KeyboardEvent, close: () => void): void {
  const menu = event.currentTarget as HTMLElement;
  const items = [...menu.querySelectorAll<HTMLElement>('[role=menuitem]')];
  const here = items.indexOf(document.activeElement as HTMLElement);
  const to = (index: number) => items[(index + items.length) % items.length]?.focus();
  if (event.key === 'ArrowDown') to(here + 1);
  else if (event.key === 'ArrowUp') to(here - 1);
  else if (event.key === 'Home') to(0);
  else if (event.key === 'End') to(-1);
  else if (event.key === 'Escape' || event.key === 'Tab') close();
  else return;
  event.preventDefault();
  event.stopPropagation();
}

/** Below the anchor and aligned with its nearer edge, turned round where the window ends. */
export function place(node: HTMLElement, at: DOMRect): void {
  const gap = 6;
  const box = node.getBoundingClientRect();
  const below = at.bottom + gap;
  const top = below + box.height > innerHeight - 8 ? Math.max(8, at.top - gap - box.height) : below;
  const left = at.left + at.width / 2 > innerWidth / 2 ? at.right - box.width : at.left;
  node.style.setProperty('top', `${top}px`);
  node.style.setProperty('left', `${Math.min(Math.max(8, left), Math.max(8, innerWidth - box.width - 8))}px`);
}
