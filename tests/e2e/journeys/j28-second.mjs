// A second step: an app that shows codes, recovery codes, a passkey, and a workspace that asks for one. In a house of its own, by
// a name: browsers make no passkeys for a bare address.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { codeAt, nextCode, withPasskeys } from '../authenticator.mjs';
import { Person } from '../browser.mjs';
import { startDaylight } from '../daylight.mjs';
import { SECRET } from './j1-begin.mjs';
import { serious } from './j8-access.mjs';

const HANDLE = 'vera.stone';

export default async function second(world, promise) {
  const { browser, shape } = world;
  const house = await startDaylight('localhost');
  const people = [];
  const arrive = async (name) => {
    const person = await Person.arrive(browser, shape, house.origin, name);
    people.push(person);
    return person;
  };
  try {
    await walk(world, promise, house, arrive);
    const faults = people.flatMap((person) => person.faults);
    assert.deepEqual(faults, []);
  } finally {
    for (const person of people) await person.leave().catch(() => undefined);
    await house.stop();
  }
}

async function walk(world, promise, house, arrive) {
  const ida = await arrive('Ida House');
  const vera = await arrive('Vera Stone');
  let invite;
  let app;
  let codes;

  await promise('somebody sets up an app that shows codes, and keeps recovery codes', async () => {
    await call(ida, '/setup', { token: house.setup.split('/').pop(), workspace: 'Quarry', name: ida.name, secret: SECRET.ada });
    invite = (await ida.command({ t: 'invite.create', role: 'member', channels: [], hours: 1, uses: 5 })).code;
    await call(vera, '/join', { code: invite, name: vera.name, secret: SECRET.grace });
    await vera.page.goto('/#/settings');
    await vera.button('Set up app').scrollIntoViewIfNeeded();
    await world.shot(vera, 's0-security');
    await serious(vera.page);
    await vera.button('Set up app').click();
    const dialog = vera.dialog('Authenticator app');
    const secret = vera.field('Your PIN or password', dialog);
    await secret.fill('000000');
    await vera.button('Continue', dialog).click();
    await dialog.getByText('The PIN or password is not right.').waitFor();
    await secret.fill(SECRET.grace);
    await vera.button('Continue', dialog).click();
    await dialog.getByRole('img', { name: 'Scan this with your authenticator app.' }).waitFor();
    app = await vera.field('Or type this key into it', dialog).inputValue();
    await world.shot(vera, 's1-scan');
    await serious(vera.page);
    await vera.field('The code that it shows', dialog).fill('123456');
    await vera.button('Turn on', dialog).click();
    await dialog.getByText('That is not right, or was used already.').waitFor();
    await vera.field('The code that it shows', dialog).fill(codeAt(app));
    await vera.button('Turn on', dialog).click();
    const keep = vera.dialog('Keep these codes');
    await keep.waitFor();
    await world.shot(vera, 's2-recovery-codes');
    await serious(vera.page);
    codes = await keep.getByRole('listitem').allTextContents();
    assert.equal(codes.length, 10);
    const [file] = await Promise.all([vera.page.waitForEvent('download'), vera.button('Download', keep).click()]);
    const text = readFileSync(await file.path(), 'utf8');
    assert.ok(codes.every((code) => text.includes(code)) && text.includes('Quarry'));
    await vera.button('I have kept them', keep).click();
    await vera.page.getByText('Not used yet: 10').waitFor();
  });

  await promise('from then on signing in asks for a code, and takes a recovery code once', async () => {
    const phone = await arrive('Vera with a code');
    await signIn(phone, HANDLE, SECRET.grace);
    await phone.page.getByRole('heading', { name: 'One more step' }).waitFor();
    await phone.field('Code').fill('000000');
    await world.shot(phone, 's3-one-more-step');
    await serious(phone.page);
    await phone.button('Sign in').click();
    await phone.page.getByText('That is not right, or was used already.').waitFor();
    await phone.field('Code').fill(nextCode(app));
    await phone.button('Sign in').click();
    await isIn(phone);
    const laptop = await arrive('Vera without her phone');
    await signIn(laptop, HANDLE, SECRET.grace);
    await laptop.field('Code').fill(codes[0].toLowerCase());
    await laptop.button('Sign in').click();
    await isIn(laptop);
  });

  await promise('a passkey is added, and signs in alone', async () => {
    await withPasskeys(vera);
    await vera.button('Add a passkey').click();
    const dialog = vera.dialog('Add a passkey');
    await vera.field('Name', dialog).fill('My phone');
    await vera.field('Your PIN or password', dialog).fill(SECRET.grace);
    await world.shot(vera, 's4-add-a-passkey');
    await serious(vera.page);
    await vera.button('Continue', dialog).click();
    await vera.page.getByRole('listitem').filter({ hasText: 'My phone' }).waitFor();
    await vera.page.getByText('Recovery codes').scrollIntoViewIfNeeded();
    await world.shot(vera, 's5-security');
    // Her page hears of it, and begins anew.
    await call(vera, '/signout', {});
    await vera.button('Sign in with a passkey').waitFor();
    await world.shot(vera, 's6-sign-in');
    await serious(vera.page);
    await vera.button('Sign in with a passkey').click();
    await isIn(vera);
  });

  await promise('a passkey is also the second step after a secret', async () => {
    await call(vera, '/signout', {});
    await vera.button('Sign in with a passkey').waitFor();
    await signIn(vera, HANDLE, SECRET.grace, false);
    await vera.button('Use a passkey').click();
    await isIn(vera);
  });

  await promise('an administrator asks it of a role, and whoever has none is led to set one up', async () => {
    await ida.page.goto('/#/admin/signin');
    await ida.page.getByRole('checkbox', { name: 'Administrator' }).check();
    await ida.field('Signed out when unused for (days)').fill('30');
    await world.shot(ida, 's7-rule');
    await serious(ida.page);
    await ida.button('Save').click();
    // She is an administrator herself.
    await ida.page.getByRole('heading', { name: 'Set up a second step' }).waitFor();
    await world.shot(ida, 's8-set-up-first');
    await serious(ida.page);
    assert.equal((await ida.ask('/bootstrap')).body.code, 'second_first');
    await ida.button('Authenticator app').click();
    const dialog = ida.dialog('Authenticator app');
    await ida.field('Your PIN or password', dialog).fill(SECRET.ada);
    await ida.button('Continue', dialog).click();
    const key = await ida.field('Or type this key into it', dialog).inputValue();
    await ida.field('The code that it shows', dialog).fill(codeAt(key));
    await ida.button('Turn on', dialog).click();
    await ida.button('I have kept them', ida.dialog('Keep these codes')).click();
    // Back where she was.
    await ida.page.getByRole('checkbox', { name: 'Administrator', checked: true }).waitFor();
  });

  await promise('and takes it off whoever lost her phone', async () => {
    await ida.go('#/admin/people');
    const row = ida.page.getByRole('row', { name: /Vera Stone/ });
    await row.getByText('Second step').waitFor();
    await world.shot(ida, 's9-people');
    await ida.button('Actions for Vera Stone').click();
    await ida.page.getByRole('menuitem', { name: 'Take off second step' }).click();
    const sure = ida.dialog('Take the second step off Vera Stone?');
    await world.shot(ida, 's10-take-off');
    await ida.button('Take off second step', sure).click();
    await row.getByText('Second step').waitFor({ state: 'detached' });
    const found = await arrive('Vera with her PIN');
    await signIn(found, HANDLE, SECRET.grace);
    await isIn(found);
    await ida.go('#/admin/ledger');
    await ida.page.getByText('Second step taken off').filter({ visible: true }).first().waitFor();
  });
}

async function signIn(person, handle, secret, fresh = true) {
  if (fresh) await person.page.goto('/');
  await person.field('User name').fill(handle);
  await person.field('PIN or password').fill(secret);
  await person.button('Sign in').click();
}

const isIn = (person) => person.page.getByRole('heading', { name: 'Quarry', exact: true }).waitFor();

async function call(person, path, body) {
  const answer = await person.context.request.post(`/api/v1${path}`, { headers: { origin: person.origin }, data: body });
  assert.ok(answer.ok(), `${path}: ${await answer.text()}`);
  return answer.json();
}
