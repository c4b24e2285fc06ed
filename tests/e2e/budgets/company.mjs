// A company of some size, made by the interface alone: two hundred people, forty channels, one of them long.

import { ulid } from '../browser.mjs';
import { prose, Talker } from '../talker.mjs';

const PEOPLE = 200;
const CHANNELS = 40;
/** Everybody is in the first ones, a few in each of the others. */
const OF_ALL = 2;
const FEW = 10;
const SHORT = 60;
const AT_ONCE = 9;
const SECRET = 'correct horse staple';

/** `ada` looks, the `talkers` talk. `long` has so many messages; `long` and `short` are channels of everybody. */
export async function found(site, messages) {
  const ada = await enter(site, 'setup', { token: site.setup.split('/#/setup/')[1], workspace: 'Harbour Hotel', name: 'Ada Lovelace', secret: SECRET });
  const { code } = await command(site, ada, { t: 'invite.create', role: 'member', channels: [], hours: 24, uses: PEOPLE });
  const people = [];
  while (people.length < PEOPLE) people.push(...(await Promise.all(Array.from({ length: Math.min(AT_ONCE, PEOPLE - people.length) }, (_, n) => enter(site, 'join', { code, name: `Person ${people.length + n}`, secret: SECRET })))));

  const channels = [];
  for (let n = 0; n < CHANNELS; n++) {
    const members = people.slice(0, n < OF_ALL ? PEOPLE : FEW).map((person) => person.id);
    channels.push((await command(site, ada, { t: 'channel.create', kind: 'group', name: `Shift ${n}`, people: members })).c);
  }
  const [long, ...others] = channels;
  const talkers = await Promise.all(people.slice(0, 3).map((person) => Talker.arrive(site.origin, person.cookie)));
  for (const c of others) await talkers[0].sayAll(c, SHORT, prose);
  await Promise.all(talkers.map((talker) => talker.sayAll(long, Math.ceil(messages / talkers.length), prose)));
  // All of it is read: who opens a channel stands at its end.
  const known = await (await fetch(`${site.origin}/api/v1/bootstrap`, { headers: { cookie: ada.cookie } })).json();
  for (const { id, head } of known.channels) await command(site, ada, { t: 'read', c: id, q: head });
  return { ada, talkers, long, short: others[0] };
}

async function enter(site, way, words) {
  const answer = await tell(site, `/api/v1/${way}`, words);
  return { id: (await answer.json()).me.id, cookie: answer.headers.get('set-cookie').split(';')[0] };
}

async function command(site, { cookie }, words) {
  return (await tell(site, '/api/v1/commands', { id: ulid(), ...words }, { cookie })).json();
}

async function tell(site, path, words, more = {}) {
  const answer = await fetch(site.origin + path, { method: 'POST', headers: { 'content-type': 'application/json', origin: site.origin, ...more }, body: JSON.stringify(words) });
  if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
  return answer;
}
