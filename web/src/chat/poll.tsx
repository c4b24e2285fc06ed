// A poll: making one, choosing in its row, and who chose what. Everybody sees the votes, and is told so before choosing.

import { useSignal } from '@preact/signals';
import { formatNumber } from '../core/i18n.ts';
import { enqueue } from '../core/outbox.ts';
import type { State } from '../core/state.ts';
import type { Channel, Id, Item, Poll } from '../core/types.ts';
import { Avatar } from '../ui/avatar.tsx';
import { Button } from '../ui/button.tsx';
import { Dialog } from '../ui/dialog.tsx';
import { Check, Input } from '../ui/field.tsx';
import { Icon } from '../ui/icon.tsx';
import { personName } from './names.ts';
import { t as own } from './poll-words.ts';
import { t } from './words.ts';
import './poll.css';

const OPTIONS_MIN = 2;
const OPTIONS_MAX = 12;
const OPTION_CHARS_MAX = 100;
const FACES_MAX = 3;

export function NewPoll({ channel, onClose }: { channel: Channel; onClose: () => void }) {
  const question = useSignal('');
  const options = useSignal<string[]>(['', '']);
  const many = useSignal(false);
  const given = options.value.map((option) => option.trim()).filter(Boolean);
  const twice = new Set(given).size < given.length;
  const ready = !!question.value.trim() && given.length >= OPTIONS_MIN && !twice;
  const write = (n: number, words: string) => {
    const next = options.value.with(n, words);
    // There is always room for one more.
    if (next.every((option) => option.trim()) && next.length < OPTIONS_MAX) next.push('');
    options.value = next;
  };
  const send = () => {
    if (!ready) return;
    enqueue({ c: channel.id, b: question.value.trim(), files: [], poll: { o: given, many: many.value } });
    onClose();
  };
  return (
    <Dialog
      title={own('new_poll')}
      onClose={onClose}
      actions={
        <>
          <Button onClick={onClose}>{t('cancel')}</Button>
          <Button kind="primary" icon="send" disabled={!ready} onClick={send}>
            {t('send')}
          </Button>
        </>
      }
    >
      <form
        class="stack"
        onSubmit={(event) => {
          event.preventDefault();
          send();
        }}
      >
        <Input label={own('question')} value={question.value} maxLength={500} autoFocus dir="auto" onValue={(value) => (question.value = value)} />
        <div class="stack tight">
          {options.value.map((option, n) => (
            <Input key={n} label={own('option_n', { n: n + 1 })} value={option} maxLength={OPTION_CHARS_MAX} dir="auto" onValue={(value) => write(n, value)} />
          ))}
        </div>
        {twice ? (
          <p class="fault" role="alert">
            {own('twice')}
          </p>
        ) : null}
        <Check toggle label={own('many')} checked={many.value} onValue={(on) => (many.value = on)} />
        <p class="muted small">{own('open_to_all')}</p>
      </form>
    </Dialog>
  );
}

interface CardProps {
  item: Item;
  poll: Poll;
  people: State['people'];
  me: Id;
  onVote: ((q: number, chosen: number[]) => void) | null;
}

export function PollCard({ item, poll, people, me, onVote }: CardProps) {
  const looking = useSignal(false);
  const s = { people, me } as State;
  const open = !poll.closed && onVote !== null;
  const voters = new Set(poll.options.flatMap((option) => option.u)).size;
  const most = Math.max(1, ...poll.options.map((option) => option.u.length));
  const choose = (n: number) => {
    const mine = poll.options.flatMap((option, at) => (option.u.includes(me) ? [at] : []));
    const others = poll.many ? mine.filter((at) => at !== n) : [];
    onVote?.(item.q, mine.includes(n) ? others : [...others, n]);
  };
  return (
    <div class="poll">
      <p class="poll-hint">
        <Icon name={open ? 'poll' : 'lock'} />
        {own(open ? (poll.many ? 'choose_many' : 'choose_one') : 'closed')}
      </p>
      <div class="poll-options" role={poll.many ? 'group' : 'radiogroup'} aria-label={item.b}>
        {poll.options.map((option, n) => (
          <button
            key={n}
            type="button"
            class={`poll-option${poll.many ? ' many' : ''}`}
            role={poll.many ? 'checkbox' : 'radio'}
            aria-checked={option.u.includes(me)}
            aria-label={`${option.b}, ${own('votes_n', { n: option.u.length })}`}
            disabled={!open}
            onClick={() => choose(n)}
          >
            <span class="poll-mark">{option.u.includes(me) ? <Icon name="check" /> : null}</span>
            <span class="poll-words" dir="auto">{option.b}</span>
            <span class="poll-faces">
              {option.u.slice(-FACES_MAX).map((id) => (
                <Avatar key={id} id={id} name={personName(s, id)} size="tiny" />
              ))}
            </span>
            <span class="poll-count num">{formatNumber(option.u.length)}</span>
            <progress class="progress poll-bar" max={most} value={option.u.length} aria-hidden="true" />
          </button>
        ))}
      </div>
      <button type="button" class="poll-votes" disabled={!voters} onClick={() => (looking.value = true)}>
        {voters ? own('see_votes') : own('no_votes')}
      </button>
      {looking.value ? <Votes s={s} item={item} poll={poll} onClose={() => (looking.value = false)} /> : null}
    </div>
  );
}

function Votes({ s, item, poll, onClose }: { s: State; item: Item; poll: Poll; onClose: () => void }) {
  return (
    <Dialog title={own('votes')} onClose={onClose}>
      <div class="stack">
        <p class="strong" dir="auto">{item.b}</p>
        {poll.options.map((option, n) => (
          <section key={n} class="stack tight" aria-label={option.b}>
            <h3>
              <span dir="auto">{option.b}</span> <span class="muted num">{own('votes_n', { n: option.u.length })}</span>
            </h3>
            <ul class="stack tight">
              {option.u.map((id) => (
                <li key={id} class="row">
                  <Avatar id={id} name={personName(s, id)} size="tiny" />
                  <span class="grow clip">{personName(s, id)}</span>
                  {id === s.me ? <span class="chip">{own('yours')}</span> : null}
                </li>
              ))}
            </ul>
          </section>
        ))}
      </div>
    </Dialog>
  );
}
