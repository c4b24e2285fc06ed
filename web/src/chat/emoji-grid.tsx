// A small grid of emoji, found by word. No pictures: the device's own.

import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import { place } from '../ui/menu.tsx';
import { t } from './words.ts';

/** Emoji with the words one looks for them by. */
const GRID: [string, string][] = [
  ['👍', 'thumbs up yes ok good'], ['👎', 'thumbs down no'], ['❤️', 'heart love'], ['😂', 'joy laugh tears'], ['😮', 'wow surprised'], ['😢', 'sad cry'], ['🙏', 'please thanks pray'], ['👏', 'clap applause'],
  ['😀', 'grin happy'], ['😄', 'smile happy'], ['😅', 'sweat relief'], ['🤣', 'rofl laugh'], ['😊', 'blush smile'], ['🙂', 'slight smile'], ['😉', 'wink'], ['😍', 'love eyes'],
  ['😘', 'kiss'], ['😎', 'cool sunglasses'], ['🤔', 'think hmm'], ['🤨', 'doubt eyebrow'], ['😐', 'neutral'], ['🙄', 'eyes roll'], ['😴', 'sleep tired'], ['😷', 'mask ill'],
  ['🤒', 'sick fever'], ['🤕', 'hurt injured'], ['🥵', 'hot'], ['🥶', 'cold'], ['😭', 'cry sob'], ['😡', 'angry'], ['😱', 'scream fear'], ['🥳', 'party'],
  ['🤗', 'hug'], ['🤝', 'handshake deal'], ['💪', 'strong muscle'], ['👋', 'wave hello bye'], ['👌', 'ok perfect'], ['🤞', 'luck fingers'], ['✌️', 'peace'], ['👀', 'eyes look'],
  ['✅', 'done check yes'], ['☑️', 'check'], ['❌', 'no cross'], ['❗', 'important'], ['❓', 'question'], ['⚠️', 'warning danger'], ['🚨', 'alarm emergency'], ['🛑', 'stop'],
  ['🔥', 'fire'], ['🎉', 'party tada'], ['⭐', 'star'], ['💯', 'hundred'], ['🚀', 'rocket'], ['☀️', 'sun day'], ['🌙', 'moon night shift'], ['🌧️', 'rain'],
  ['☕', 'coffee break'], ['🍕', 'pizza food'], ['🍰', 'cake'], ['🎂', 'birthday'], ['🍺', 'beer'], ['🚗', 'car'], ['🚚', 'truck delivery'], ['🚌', 'bus'],
  ['📦', 'package parcel'], ['🔧', 'wrench fix tool'], ['🔨', 'hammer'], ['🛠️', 'tools repair'], ['🏭', 'factory plant'], ['🏥', 'hospital'], ['🏠', 'home'], ['🧯', 'extinguisher safety'],
  ['📞', 'phone call'], ['📷', 'camera photo'], ['📎', 'clip attach'], ['📄', 'page document'], ['📅', 'calendar date'], ['⏰', 'clock time'], ['💡', 'idea light'], ['🔋', 'battery'],
  ['💻', 'laptop computer'], ['🔑', 'key'], ['🔒', 'lock closed'], ['💰', 'money'], ['📈', 'chart up'], ['📉', 'chart down'], ['🗑️', 'trash'], ['➕', 'plus add'],
];

export function EmojiGrid({ at, onPick, onClose }: { at: DOMRect; onPick: (emoji: string) => void; onClose: () => void }) {
  const box = useRef<HTMLDivElement>(null);
  const [wanted, setWanted] = useState('');
  const words = wanted.trim().toLowerCase();
  const shown = words ? GRID.filter(([, names]) => names.includes(words)) : GRID;
  useLayoutEffect(() => {
    const node = box.current;
    if (!node) return;
    const before = document.activeElement;
    node.showPopover?.();
    place(node, at);
    node.querySelector('input')?.focus({ preventScroll: true });
    const outside = (event: Event) => {
      if (!node.contains(event.target as globalThis.Node)) onClose();
    };
    const later = setTimeout(() => document.addEventListener('pointerdown', outside), 0);
    return () => {
      clearTimeout(later);
      document.removeEventListener('pointerdown', outside);
      if (before instanceof HTMLElement && before.isConnected) before.focus({ preventScroll: true });
    };
  }, []);
  const keys = (event: KeyboardEvent) => {
    const cells = [...(box.current?.querySelectorAll<HTMLElement>('.emoji-cells button') ?? [])];
    const here = cells.indexOf(document.activeElement as HTMLElement);
    const steps: Record<string, number> = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: 8, ArrowUp: -8 };
    if (event.key === 'Escape') onClose();
    else if (event.key === 'Enter' && here < 0) cells[0]?.click();
    else if (event.key === 'ArrowDown' && here < 0) cells[0]?.focus();
    else if (event.key in steps && here >= 0) (cells[here + (steps[event.key] ?? 0)] ?? box.current?.querySelector('input'))?.focus();
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  return (
    <div ref={box} popover="manual" class="menu emoji-grid" role="dialog" aria-label={t('emoji_grid')} tabIndex={-1} onKeyDown={keys}>
      <input class="input" type="search" placeholder={t('emoji_search')} aria-label={t('emoji_search')} value={wanted} onInput={(event) => setWanted(event.currentTarget.value)} />
      <div class="emoji-cells">
        {shown.map(([emoji, names]) => (
          <button
            key={emoji}
            type="button"
            aria-label={`${emoji} ${names.split(' ')[0] ?? ''}`}
            onClick={() => {
              onClose();
              onPick(emoji);
            }}
          >
            {emoji}
          </button>
        ))}
      </div>
    </div>
  );
}
