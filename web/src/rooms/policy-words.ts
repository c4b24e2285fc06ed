// The words of retention rules that wait, for those who propose them and those who approve or stop them.

import { translator, type Catalogue } from '../core/i18n.ts';

export const english = {
  title: 'Changes that wait',
  hint: 'A rule that could destroy anything sooner needs a second person. Once approved it takes effect by itself after {time}; until then the rule of today holds, and every administrator and officer can stop it.',
  hint_now: 'A rule that could destroy anything sooner needs a second person. Once approved it takes effect at once; until then the rule of today holds.',
  short_grace: 'The grace period of this server is {time}. That is too short for anybody to notice a wrong rule and stop it.',
  hours: '{n} hour|{n} hours',
  none: 'No change waits',
  none_text: 'When somebody proposes a rule that destroys sooner, it stands here until another person has decided and its time has come.',
  past: 'Changes that ended',
  of: 'Rule of',
  today: 'Today',
  new_rule: 'New rule',
  with_floor: '{keep}, floor {floor}',
  dooms: 'Would destroy',
  dooms_some: '{messages} and {files}, {first} to {last}',
  dooms_none: 'Nothing yet',
  proposed: 'Proposed',
  proposed_by: '{who}, {when}',
  state: 'State',
  waiting: 'Waits for a second person, until {when}',
  approved: 'Takes effect {when}, approved by {who}',
  stopped: 'Stopped by {who}',
  lapsed: 'Lapsed',
  taken: 'In force',
  own: 'You proposed it: another administrator or an officer must approve it.',
  approve: 'Approve',
  approve_of: 'Approve: rule of {name}',
  approve_title: 'Approve the rule of {name}?',
  approve_text: '{who} proposed it: {old} today, {keep} from then on.',
  approve_when: 'Once you approve, it takes effect by itself after {time}, unless somebody stops it.',
  approve_now: 'Once you approve, it takes effect at once.',
  approve_some: 'If it held now, {messages} and {files} would be destroyed, {first} to {last}. This cannot be undone by anybody. It is counted again when it takes effect.',
  approve_none: 'If it held now, nothing would be destroyed. It is counted again when it takes effect.',
  approve_done: 'Approved. It takes effect by itself unless somebody stops it.',
  stop: 'Stop',
  stop_of: 'Stop: rule of {name}',
  stop_title: 'Stop the change of {name}?',
  stop_text: 'The rule of today stays. Whoever wants the change has to propose it again.',
  stop_do: 'Stop the change',
  stop_done: 'Stopped. The rule of today stays.',

  // proposing
  needs: 'This could destroy something sooner than today. Another administrator or an officer has to approve it; it takes effect {time} after that. Until then the rule of today holds.',
  needs_now: 'This could destroy something sooner than today. Another administrator or an officer has to approve it, and it then takes effect at once. Until then the rule of today holds.',
  alone: 'This could destroy something sooner than today, so a second person has to approve it, and nobody else here may. Make another person an administrator or an officer first.',
  propose: 'Propose the rule',
  propose_done: 'Proposed. Another administrator or an officer has to approve it.',
} as const;

export const t = translator(english, import.meta.glob<Catalogue>('./policy-words.*.ts', { import: 'default' }));
