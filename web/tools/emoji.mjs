// The emoji of one language as a small module: `virtual:emoji/nl` is a list of groups, each a text of one emoji a line.

import { createRequire } from 'node:module';

const read = createRequire(import.meta.url);
const NAME = /^virtual:emoji\/(\w\w)$/;
/** Newer ones are empty boxes on the phones people have. */
const NEWEST = 15;
/** Smileys, people, nature, food, travel, activities, objects, symbols, flags; "component" is no emoji by itself. */
const GROUPS = [0, 1, 3, 4, 5, 6, 7, 8, 9];
const MEDIUM = '\u{1F3FD}';

export function emoji() {
  return {
    name: 'emoji',
    resolveId: (id) => (NAME.test(id) ? `\0${id}` : null),
    load(id) {
      const language = NAME.exec(id.slice(1))?.[1];
      if (!id.startsWith('\0') || !language) return null;
      return `export default ${JSON.stringify(groups(read(`emojibase-data/${language}/data.json`)))};`;
    },
  };
}

function groups(all) {
  const known = all.filter((one) => one.version <= NEWEST).sort((a, b) => a.order - b.order);
  return GROUPS.map((group) => known.filter((one) => one.group === group).map(line).join('\n'));
}

/** `👍+thumbs up|yes good`: what it is, whether skin tones apply, its name, and what else it is looked for by. */
function line({ emoji: drawn, label, tags = [], skins = [] }) {
  // As keyboards write them: the mark that asks for colour only where it is needed, so that the same reaction is the same text.
  const sign = drawn.replace(/^(\p{Emoji_Presentation})\uFE0F$/u, '$1');
  const name = label.toLowerCase();
  const more = [...new Set(tags.join(' ').toLowerCase().split(/[\s|]+/))].filter((word) => word && !name.includes(word));
  // Those of several people take one tone for each: they are left as they are.
  const toned = skins.some((skin) => skin.emoji === withTone(sign, MEDIUM));
  return `${sign}${toned ? '+' : '='}${name.replaceAll('|', ' ')}|${more.join(' ')}`;
}

function withTone(sign, tone) {
  const [first = '', ...rest] = [...sign];
  return first + tone + rest.join('').replace(/^\uFE0F/, '');
}
