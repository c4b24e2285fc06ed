// Lines of a file that could not be read, as they stand in it.

import type { ImportPreview } from '../core/types.ts';
import { t } from './words.ts';

const LINE_SHOWN = 160;

export function UnreadLines({ lines, total }: { lines: ImportPreview['unreadable']; total: number }) {
  const more = total - lines.length;
  return (
    <ol class="unread-lines">
      {lines.map((line) => (
        <li key={line.line}>
          <span class="faint">
            {t('line', { n: line.line })} · {line.why}
          </span>
          <code>{visible(line.text)}</code>
        </li>
      ))}
      {more > 0 ? <li class="faint">{t('unreadable_more', { n: more })}</li> : null}
    </ol>
  );
}

/** Control characters are what makes some lines unreadable: they are shown, not obeyed. */
function visible(text: string): string {
  const shown = text.slice(0, LINE_SHOWN).replace(/[^\P{Cc}]/gu, (letter) => (letter < ' ' ? String.fromCodePoint(0x2400 + (letter.codePointAt(0) ?? 0)) : '\uFFFD'));
  return text.length > LINE_SHOWN ? `${shown}…` : shown;
}
