// One message as the record has it: what it reads and read, who deleted it, and its files, which open as looks of their own.

import { url } from '../core/api.ts';
import { formatBytes, formatList } from '../core/i18n.ts';
import { dateTime } from '../core/time.ts';
import type { Found, Id, MatterTags } from '../core/types.ts';
import { Icon } from '../ui/icon.tsx';
import { nameOf } from '../rooms/known.ts';
import { When } from '../rooms/pieces.tsx';
import { t } from './review-words.ts';
import { Tagged, Tagging } from './tags.tsx';

export function Message({ grant, item, tags, faint, marked }: { grant?: Id; item: Found; tags?: MatterTags | undefined; faint?: boolean; marked?: boolean }) {
  return (
    <div class={`found${faint ? ' muted' : ''}${marked ? ' marked' : ''}`}>
      <p class="row wrap">
        <strong>{item.imp ? t('imported_from', { name: item.imp.from }) : nameOf(item.u)}</strong>
        <span class="faint">
          <When ts={item.ts} /> · #{item.q}
        </span>
        {item.kept ? <span class="chip">{t('kept')}</span> : null}
        {item.del ? <span class="chip bad">{t('deleted_by', { name: nameOf(item.del.u), when: dateTime(item.del.ts) })}</span> : null}
      </p>
      {item.gone ? (
        <p class="hint">{t('gone')}</p>
      ) : (
        <p class="words" dir="auto">
          {item.b}
        </p>
      )}
      {item.versions?.length ? (
        <details>
          <summary>{t('versions', { n: item.versions.length })}</summary>
          {item.versions.map((one) => (
            <p key={one.until} class="words" dir="auto">
              <span class="faint">{t('until', { when: dateTime(one.until) })}</span> {one.b}
            </p>
          ))}
        </details>
      ) : null}
      {item.f?.map((file) => grant === undefined ? (
        <p key={file.id} class="faint">
          <Icon name="file" /> {file.name} ({formatBytes(file.size)})
        </p>
      ) : (
        <a key={file.id} class="btn" href={url(`/grants/${grant}/files/${file.id}`)} target="_blank" rel="noopener" download={file.name}>
          <Icon name="download" />
          {file.name} ({formatBytes(file.size)})
        </a>
      ))}
      {item.rx ? (
        <p class="faint">
          {Object.entries(item.rx)
            .map(([emoji, people]) => `${emoji} ${formatList(people.map(nameOf))}`)
            .join(' · ')}
        </p>
      ) : null}
      {item.gone || grant === undefined ? null : faint ? <Tagged item={item} tags={tags} /> : <Tagging grant={grant} item={item} tags={tags} />}
    </div>
  );
}
