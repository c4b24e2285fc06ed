// All emoji: found by word, by group, or because one took them lately. No pictures: the device's own.

import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { place } from '../../ui/menu.tsx';
import { Fault, Loading } from '../../ui/states.tsx';
import { t } from '../words.ts';
import { allEmoji, GROUPS, inTone, keepTone, keptTone, recent, search, TONES, used, type Emoji, type Group } from './data.ts';

const COLUMNS = 8;
const TABS: Record<Group, string> = { smileys: '😀', people: '👋', nature: '🐻', food: '🍔', travel: '🚗', activities: '⚽', objects: '💡', symbols: '❤️', flags: '🏳️' };

interface Cell {
  sign: string;
  name: string;
}

export function EmojiGrid({ at, onPick, onClose }: { at: DOMRect; onPick: (emoji: string) => void; onClose: () => void }) {
  const box = useRef<HTMLDivElement>(null);
  const [all, setAll] = useState<Record<Group, Emoji[]>>();
  const [fault, setFault] = useState<Error>();
  const [wanted, setWanted] = useState('');
  const [tone, setTone] = useState(keptTone);
  const lately = useRef(recent()).current;
  const [group, setGroup] = useState<Group | 'recent'>(lately.length ? 'recent' : 'smileys');
  const fetchAll = () => {
    setFault(undefined);
    allEmoji().then(setAll, setFault);
  };
  useEffect(fetchAll, []);
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
  // What was under it has another height than what is now: it must not stand outside the window.
  useLayoutEffect(() => {
    if (box.current) place(box.current, at);
  }, [all, fault]);

  const cells = all ? shown(all, wanted, group, lately, tone) : [];
  const pick = (sign: string) => {
    used(sign);
    onClose();
    onPick(sign);
  };
  const keys = (event: KeyboardEvent) => {
    const buttons = [...(box.current?.querySelectorAll<HTMLElement>('.emoji-cells button') ?? [])];
    const here = buttons.indexOf(document.activeElement as HTMLElement);
    const forward = getComputedStyle(event.currentTarget as Element).direction === 'rtl' ? -1 : 1;
    const steps: Record<string, number> = { ArrowRight: forward, ArrowLeft: -forward, ArrowDown: COLUMNS, ArrowUp: -COLUMNS };
    if (event.key === 'Escape') onClose();
    else if (event.key === 'Enter' && event.target instanceof HTMLInputElement) buttons[0]?.click();
    else if (event.key === 'ArrowDown' && here < 0) buttons[0]?.focus();
    else if (event.key in steps && here >= 0) (buttons[here + (steps[event.key] ?? 0)] ?? box.current?.querySelector('input'))?.focus();
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  const tabs: (Group | 'recent')[] = lately.length ? ['recent', ...GROUPS] : [...GROUPS];
  return (
    <div ref={box} popover="manual" class="menu emoji-grid" role="dialog" aria-label={t('emoji_grid')} tabIndex={-1} onKeyDown={keys}>
      <input class="input" type="search" placeholder={t('emoji_search')} aria-label={t('emoji_search')} value={wanted} onInput={(event) => setWanted(event.currentTarget.value)} />
      {fault ? (
        <Fault error={fault} retry={fetchAll} />
      ) : all ? (
        <>
          <div class="emoji-tabs" role="tablist" aria-label={t('emoji_grid')}>
            {tabs.map((one) => (
              <button
                key={one}
                type="button"
                role="tab"
                aria-selected={!wanted && one === group}
                aria-label={t(`emoji_${one}`)}
                title={t(`emoji_${one}`)}
                onClick={() => {
                  setWanted('');
                  setGroup(one);
                }}
              >
                {one === 'recent' ? '🕘' : TABS[one]}
              </button>
            ))}
          </div>
          <p class="emoji-name" role="status">
            {wanted.trim() ? (cells.length ? t('results_n', { n: cells.length }) : t('emoji_none')) : t(`emoji_${group}`)}
          </p>
          <div class="emoji-cells" key={wanted.trim() ? 'found' : group}>
            {cells.map((cell, index) => (
              <button key={cell.sign} type="button" tabIndex={index ? -1 : 0} aria-label={cell.name} title={cell.name} onClick={() => pick(cell.sign)}>
                {cell.sign}
              </button>
            ))}
          </div>
          <div class="emoji-tones" role="group" aria-label={t('skin_tone')}>
            {TONES.map((mark, index) => (
              <button
                key={mark}
                type="button"
                aria-pressed={tone === index}
                aria-label={t(`skin_${index as 0 | 1 | 2 | 3 | 4 | 5}`)}
                title={t(`skin_${index as 0 | 1 | 2 | 3 | 4 | 5}`)}
                onClick={() => {
                  keepTone(index);
                  setTone(index);
                }}
              >
                {`✋${mark}`}
              </button>
            ))}
          </div>
        </>
      ) : (
        <Loading />
      )}
    </div>
  );
}

function shown(all: Record<Group, Emoji[]>, wanted: string, group: Group | 'recent', lately: string[], tone: number): Cell[] {
  if (!wanted.trim() && group === 'recent') return lately.map((sign) => ({ sign, name: sign }));
  const list = wanted.trim() || group === 'recent' ? search(all, wanted) : all[group];
  return list.map((one) => ({ sign: inTone(one, tone), name: one.name }));
}
