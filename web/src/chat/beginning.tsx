// Where a conversation begins: what it is, what its rule is, and what to do first.

import { href } from '../core/route.ts';
import type { State } from '../core/state.ts';
import type { Channel } from '../core/types.ts';
import { Avatar } from '../ui/avatar.tsx';
import { Icon } from '../ui/icon.tsx';
import { date } from '../core/time.ts';
import { channelIcon, channelName, isOwner, otherOf, ruleSentence } from './names.ts';
import { t } from './words.ts';

/** `since`: when the oldest row was written. */
export function Beginning({ s, channel, since }: { s: State; channel: Channel; since: number | undefined }) {
  const name = channelName(s, channel);
  const direct = channel.kind === 'direct';
  const glyph = channelIcon(channel);
  return (
    <div class="beginning">
      <Avatar id={direct ? otherOf(s, channel) : channel.id} name={name} size="large" {...(glyph ? { icon: glyph } : {})} />
      <b class="beginning-name">{name}</b>
      {channel.from > 1 && since ? (
        <p class="history-from">
          <Icon name="clock" />
          {t('history_from', { date: date(since) })}
        </p>
      ) : (
        <p>{t(direct ? 'beginning_direct' : 'beginning', { name })}</p>
      )}
      {channel.topic ? <p>{channel.topic}</p> : null}
      <p class="small">{ruleSentence(channel)}</p>
      {!direct && isOwner(s, channel) && !channel.archived ? (
        <div class="row wrap">
          <a class="btn" href={href('c', channel.id, 'info')}>
            <Icon name="users" />
            {t('add_people')}
          </a>
          <a class="btn" href={`${href('invite')}?c=${channel.id}`}>
            <Icon name="qr" />
            {t('invite_people')}
          </a>
        </div>
      ) : null}
    </div>
  );
}
