// A face without a picture: initials on a hue that stays with the id. Decorative; the name stands beside it.

import { Icon, type IconName } from './icon.tsx';

export type AvatarSize = 'tiny' | 'small' | 'normal' | 'large';

export function Avatar(props: { id: string; name: string; size?: AvatarSize; online?: boolean; icon?: IconName }) {
  const shape = props.icon ? ' square' : '';
  return (
    <span class={`avatar ${props.size ?? 'normal'} ${hue(props.id)}${shape}`} aria-hidden="true">
      {props.icon ? <Icon name={props.icon} /> : initials(props.name)}
      {props.online ? <i /> : null}
    </span>
  );
}

/** The class that sets `--hue` for an id, for names in a conversation as well. */
export function hue(id: string): string {
  let sum = 0;
  for (const letter of id) sum = (sum * 31 + (letter.codePointAt(0) ?? 0)) % 9973;
  return `hue-${sum % 10}`;
}

export function initials(name: string): string {
  const words = name.replace(/\(.*\)/g, '').trim().split(/\s+/).filter(Boolean);
  const first = words[0] ?? '?';
  const last = words.length > 1 ? words.at(-1) : undefined;
  return (letter(first) + (last ? letter(last) : '')).toLocaleUpperCase();
}

function letter(word: string): string {
  return [...word].find((character) => /\p{L}|\p{N}/u.test(character)) ?? '#';
}
