// What a channel is: its rule, its people, and what one can do about it.

import { useSignal } from '@preact/signals';
import { command, state } from '../core/live.ts';
import { go, href } from '../core/route.ts';
import type { State } from '../core/state.ts';
import { date } from '../core/time.ts';
import type { Channel, Command, Id, Member } from '../core/types.ts';
import { Avatar } from '../ui/avatar.tsx';
import { Button } from '../ui/button.tsx';
import { confirm, Dialog } from '../ui/dialog.tsx';
import { Input, Select } from '../ui/field.tsx';
import { Icon } from '../ui/icon.tsx';
import { MenuButton } from '../ui/menu.tsx';
import { Panel } from '../ui/panel.tsx';
import { toastFault } from '../ui/toast.tsx';
import { channelIcon, channelName, duration, historySentence, isOwner, otherOf, personName, rule } from './names.ts';
import { directWith } from './direct.ts';
import { roleName } from './people.tsx';
import { PickPeople } from './pick.tsx';
import { AtDoor, Community } from './community.tsx';
import { t as own } from './at-hand-words.ts';
import { t as supervised } from '../supervised/stopped-words.ts';
import { t } from './words.ts';

const TOLD = ['all', 'mine', 'none'] as const;
const SLOW = [0, 10, 30, 60, 300, 900, 3_600];
const HISTORY = [0, 1, 7, 30, 90, 365];

/** Also what somebody set who asked for other days. */
function seen(days: number | null): { value: string; label: string }[] {
  const steps = days === null || HISTORY.includes(days) ? HISTORY : [...HISTORY, days].sort((a, b) => a - b);
  return [{ value: '', label: own('new_all') }, ...steps.map((n) => ({ value: String(n), label: n ? own('new_days', { n }) : own('new_none') }))];
}

export function Details({ channel }: { channel: Channel }) {
  const s = state.value as State;
  const adding = useSignal(false);
  const editing = useSignal(false);
  const owner = isOwner(s, channel);
  const direct = channel.kind === 'direct';
  const told = channel.muted_all ? 'none' : channel.muted ? 'mine' : 'all';
  const name = channelName(s, channel);
  const glyph = channelIcon(channel);
  const close = () => go(href('c', channel.id));
  const run = (words: Command) => command(words).catch(toastFault);
  const members = [...channel.members].sort((a, b) => Number(b.owner) - Number(a.owner) || personName(s, a.p).localeCompare(personName(s, b.p)));
  const leave = async () => {
    const yes = await confirm({ title: t('leave_title', { name }), body: <p>{t('leave_text')}</p>, action: t('leave'), danger: true });
    if (yes) await command({ t: 'channel.leave', c: channel.id }).then(() => go('#/'), toastFault);
  };
  const archive = async () => {
    if (channel.archived) return void run({ t: 'channel.archive', c: channel.id, on: false });
    const yes = await confirm({ title: t('archive_title', { name }), body: <p>{t('archive_text')}</p>, action: t('archive'), danger: true });
    if (yes) await run({ t: 'channel.archive', c: channel.id, on: true });
  };
  return (
    <Panel title={t('details')} out={{ icon: 'close', label: t('close'), onClick: close }}>
      <div class="panel-body stack">
        <div class="details-head">
          <Avatar id={direct ? otherOf(s, channel) : channel.id} name={name} size="large" {...(glyph ? { icon: glyph } : {})} />
          <h2>{name}</h2>
          {channel.topic ? <p class="muted">{channel.topic}</p> : null}
          {owner && !direct ? (
            <Button kind="quiet" icon="edit" onClick={() => (editing.value = true)}>
              {t('edit_details')}
            </Button>
          ) : null}
        </div>
        <section class="card stack tight" aria-label={t('rule')}>
          <h3 class="row">
            <Icon name="lock" />
            {capital(rule(channel))}
          </h3>
          <p class="small muted">{t(channel.rule.from === 'channel' ? 'rule_from_channel' : 'rule_from_workspace')}</p>
          <p class="small">{t('rule_who')}</p>
          {channel.watched ? <p class="small">{supervised('watched')}</p> : null}
          {direct ? null : <p class="small">{historySentence(channel)}</p>}
        </section>
        {owner && channel.asking ? <AtDoor channel={channel} /> : null}
        {direct ? null : <Community channel={channel} owner={owner} />}
        <section class="list">
          <a class="line" href={href('c', channel.id, 'media')}>
            <Icon name="image" />
            {own('media')}
          </a>
          <div class="line">
            <Icon name={channel.muted ? 'bell-off' : 'bell'} />
            <span class="grow">
              <Select
                label={own('told')}
                hint={own(`told_${told}_text`)}
                value={told}
                options={TOLD.map((value) => ({ value, label: own(`told_${value}`) }))}
                onValue={(value) => void run({ t: 'mute', c: channel.id, on: value !== 'all', ...(value === 'none' ? { all: true } : {}) })}
              />
            </span>
          </div>
          {owner && !direct && !channel.archived ? (
            <>
              <div class="line">
                <Icon name="clock" />
                <span class="grow">
                  <Select
                    label={t('slow')}
                    value={String(channel.slow)}
                    options={SLOW.map((seconds) => ({ value: String(seconds), label: seconds ? duration(seconds) : t('slow_off') }))}
                    onValue={(seconds) => void run({ t: 'channel.slow', c: channel.id, seconds: Number(seconds) })}
                  />
                </span>
              </div>
              <div class="line">
                <Icon name="users" />
                <span class="grow">
                  <Select
                    label={own('new_members')}
                    value={String(channel.history_days ?? '')}
                    options={seen(channel.history_days)}
                    onValue={(days) => void run({ t: 'channel.history', c: channel.id, days: days === '' ? null : Number(days) })}
                  />
                </span>
              </div>
              <button type="button" class="line" onClick={() => (adding.value = true)}>
                <Icon name="plus" />
                {t('add_people')}
              </button>
              <a class="line" href={`${href('invite')}?c=${channel.id}`}>
                <Icon name="qr" />
                {t('invite_people')}
              </a>
              <a class="line" href={href('import', channel.id)}>
                <Icon name="upload" />
                {t('import_chat')}
              </a>
            </>
          ) : null}
        </section>
        {direct ? null : (
          <section class="stack tight">
            <h3>{t('members_n', { n: members.length })}</h3>
            <ul class="list">
              {members.map((member) => (
                <MemberLine key={member.p} s={s} channel={channel} member={member} owner={owner} run={run} />
              ))}
            </ul>
          </section>
        )}
        {direct ? null : (
          <section class="list apart">
            {owner ? (
              <button type="button" class="line" onClick={() => void archive()}>
                <Icon name="lock" />
                {t(channel.archived ? 'unarchive' : 'archive')}
              </button>
            ) : null}
            <button type="button" class="line danger" onClick={() => void leave()}>
              <Icon name="leave" />
              {t('leave')}
            </button>
          </section>
        )}
        <p class="muted small center">{date(channel.created_at)}</p>
      </div>
      {adding.value ? <AddPeople channel={channel} onClose={() => (adding.value = false)} /> : null}
      {editing.value ? <EditDetails channel={channel} onClose={() => (editing.value = false)} /> : null}
    </Panel>
  );
}

function MemberLine({ s, channel, member, owner, run }: { s: State; channel: Channel; member: Member; owner: boolean; run: (words: Command) => Promise<unknown> }) {
  const person = s.people[member.p];
  const name = personName(s, member.p);
  const own = member.p === s.me;
  const remove = async () => {
    const yes = await confirm({ title: t('remove_member_title', { name }), body: <p>{t('remove_member_text')}</p>, action: t('remove_member'), danger: true });
    if (yes) await run({ t: 'channel.remove', c: channel.id, person: member.p });
  };
  return (
    <li class="line">
      <Avatar id={member.p} name={name} size="small" online={member.p in s.online} />
      <span class="grow">
        <span class="clip block">
          {name} {own ? <span class="muted">({t('your_name')})</span> : null}
        </span>
        {person && person.role !== 'member' ? <span class="muted small">{roleName(person.role)}</span> : null}
      </span>
      {member.owner ? <span class="chip">{t('owner')}</span> : null}
      {own ? null : (
        <MenuButton
          label={t('member_options', { name })}
          items={() => [
            !!person?.active && { label: t('message_person', { name }), icon: 'chat', run: () => void directWith(member.p) },
            owner && { label: t(member.owner ? 'take_owner' : 'make_owner'), icon: 'shield', run: () => void run({ t: 'channel.owner', c: channel.id, person: member.p, on: !member.owner }) },
            owner && { label: t('remove_member'), icon: 'leave', danger: true, run: () => void remove() },
          ]}
        />
      )}
    </li>
  );
}

function AddPeople({ channel, onClose }: { channel: Channel; onClose: () => void }) {
  const chosen = useSignal<Id[]>([]);
  const busy = useSignal(false);
  const add = async () => {
    busy.value = true;
    try {
      await command({ t: 'channel.add', c: channel.id, people: chosen.value });
      onClose();
    } catch (error) {
      busy.value = false;
      toastFault(error);
    }
  };
  return (
    <Dialog
      title={t('add_people')}
      onClose={onClose}
      actions={
        <>
          <Button onClick={onClose}>{t('cancel')}</Button>
          <Button kind="primary" busy={busy.value} disabled={!chosen.value.length} onClick={() => void add()}>
            {t('add')}
          </Button>
        </>
      }
    >
      <PickPeople chosen={chosen.value} without={channel.members.map((member) => member.p)} onChange={(list) => (chosen.value = list)} />
    </Dialog>
  );
}

function EditDetails({ channel, onClose }: { channel: Channel; onClose: () => void }) {
  const name = useSignal(channel.name ?? '');
  const topic = useSignal(channel.topic);
  const kind = useSignal<'group' | 'announcement'>(channel.kind === 'announcement' ? 'announcement' : 'group');
  const fault = useSignal<string | undefined>(undefined);
  const save = async () => {
    const change: Extract<Command, { t: 'channel.edit' }> = { t: 'channel.edit', c: channel.id };
    if (name.value.trim() !== channel.name) change.name = name.value.trim();
    if (topic.value.trim() !== channel.topic) change.topic = topic.value.trim();
    if (kind.value !== channel.kind) change.kind = kind.value;
    try {
      if (Object.keys(change).length > 2) await command(change);
      onClose();
    } catch (error) {
      fault.value = (error as Error).message;
    }
  };
  return (
    <Dialog
      title={t('edit_details')}
      onClose={onClose}
      actions={
        <>
          <Button onClick={onClose}>{t('cancel')}</Button>
          <Button kind="primary" disabled={!name.value.trim()} onClick={() => void save()}>
            {t('save')}
          </Button>
        </>
      }
    >
      <form
        class="stack"
        onSubmit={(event) => {
          event.preventDefault();
          void save();
        }}
      >
        <Input label={t('name')} value={name.value} maxLength={80} fault={fault.value} onValue={(value) => (name.value = value)} />
        <Input label={t('topic')} value={topic.value} maxLength={200} onValue={(value) => (topic.value = value)} />
        <Select
          label={t('kind')}
          value={kind.value}
          options={[
            { value: 'group', label: t('kind_group') },
            { value: 'announcement', label: t('kind_announcement') },
          ]}
          onValue={(value) => (kind.value = value)}
        />
      </form>
    </Dialog>
  );
}

function capital(text: string): string {
  return text.charAt(0).toLocaleUpperCase() + text.slice(1);
}
