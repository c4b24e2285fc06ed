// What each role may do, in one sentence.

export const ROLE_TEXTS = {
  member: 'Reads and writes in own channels, starts channels, writes to others directly.',
  guest: 'Reads and writes only in the channels given by an invite or an owner.',
  officer: 'Legal and compliance: asks for exports and decides on those of others. Cannot change settings.',
  auditor: 'Checks that the record is whole. Reads no message anywhere.',
  admin: 'People, invites, retention. Cannot read the content of channels without being a member.',
} as const;
