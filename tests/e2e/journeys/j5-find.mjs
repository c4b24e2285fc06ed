// Finding words and people, and one's own devices.

import assert from 'node:assert/strict';
import { eventually, Person } from '../browser.mjs';
import { CHANNEL, SECRET } from './j1-begin.mjs';

export default async function find(world, promise) {
  const { grace, linus } = world.people;
  const hits = () => linus.page.getByRole('list', { name: /result/ }).getByRole('link');
  const search = async (words) => {
    await linus.go('#/search');
    await linus.field('Search messages').fill(words);
  };

  await promise('people are found by name and one can write to them', async () => {
    await linus.go('#/people');
    await linus.field('Find a person').fill('ada');
    await linus.button(/Message Ada Lovelace/).waitFor();
    assert.equal(await linus.button(/Message Grace/).count(), 0);
    await world.shot(linus, '31-people');
    await linus.button(/Message Ada Lovelace/).click();
    await linus.page.getByRole('heading', { name: 'Ada Lovelace', level: 1 }).waitFor();
  });

  await promise('search finds words, with filters as chips', async () => {
    await grace.openChannel(CHANNEL);
    await grace.say('The lighthouse keeper called');
    await grace.row('The lighthouse keeper called').getByRole('img', { name: /Sent|Delivered|Read/ }).waitFor();
    await linus.openChannel(CHANNEL);
    await linus.say('Which lighthouse?');
    await linus.row('Which lighthouse?').getByRole('img', { name: /Sent|Delivered|Read/ }).waitFor();
    await search('lighthouse');
    await eventually('two hits', async () => (await hits().count()) === 2);
    await world.shot(linus, '30-search');
    await linus.field('From').selectOption({ label: 'Grace Hopper' });
    await eventually('one hit', async () => (await hits().count()) === 1);
    assert.match(await hits().first().innerText(), /lighthouse keeper called/);
    await linus.button('Remove filter: From').click();
    await eventually('two hits again', async () => (await hits().count()) === 2);
    await linus.field('In').selectOption({ label: 'Ada Lovelace' });
    await linus.text('No message matches').waitFor();
    await linus.button('Remove filter: In').click();
    await linus.field('Before').fill('2024-12-31');
    await linus.text('No message matches').waitFor();
    await linus.button('Remove filter: Before').click();
  });

  await promise('a word with a slip is still found', async () => {
    await search('lighthose');
    await eventually('hits', async () => (await hits().count()) >= 1);
  });

  await promise('a hit opens the message where it stands', async () => {
    await search('keeper');
    await hits().filter({ hasText: 'The lighthouse keeper called' }).click();
    await linus.row('The lighthouse keeper called').waitFor();
    assert.ok(await linus.row('The lighthouse keeper called').evaluate((row) => {
      const box = row.getBoundingClientRect();
      return box.top >= 0 && box.bottom <= innerHeight;
    }));
  });

  await promise('a second device signs in by a link, once', async () => {
    await linus.go('#/settings');
    await linus.button('Sign in on another device').click();
    const dialog = linus.dialog('Sign in on another device');
    const link = await dialog.getByRole('textbox').inputValue();
    await dialog.getByRole('img').first().waitFor();
    await world.shot(linus, '32-link-device');
    const second = (world.people.second = await Person.arrive(world.browser, world.shape, world.site.origin, 'Second device'));
    await second.page.goto(link);
    await second.text('Sign in as Linus Baker').waitFor();
    await world.shot(second, '33-claim');
    await second.button('Sign in here').click();
    await second.page.getByRole('list', { name: 'Channels' }).getByRole('link', { name: CHANNEL }).waitFor();
    const third = await Person.arrive(world.browser, world.shape, world.site.origin, 'Third');
    await third.page.goto(link);
    await third.text('This link does not work any more').waitFor();
    await third.leave();
    await linus.button('Close', dialog).click();
  });

  await promise('devices are listed, and a lost one is signed out from here', async () => {
    const devices = linus.page.getByRole('listitem').filter({ hasText: 'Chrome on' });
    await eventually('two devices', async () => (await devices.count()) === 2);
    assert.equal(await devices.filter({ hasText: 'this device' }).getByRole('button').count(), 0);
    await devices.first().scrollIntoViewIfNeeded();
    await world.shot(linus, '34-devices');
    await linus.button(/^Sign out/, devices).click();
    await linus.button('Sign out', linus.page.getByRole('dialog')).click();
    const { second } = world.people;
    await second.page.getByRole('heading', { name: 'Sign in to Harbour Hotel' }).waitFor();
    await world.shot(second, '35-sign-in');
  });

  await promise('a wrong PIN is refused, the right one opens', async () => {
    const { second } = world.people;
    await second.field('User name').fill('linus.baker');
    await second.field('PIN or password').fill('111222');
    await second.button('Sign in').click();
    await second.text('The name or the PIN is not right.').waitFor();
    await second.field('PIN or password').fill(SECRET.linus);
    await second.button('Sign in').click();
    await second.page.getByRole('list', { name: 'Channels' }).getByRole('link', { name: CHANNEL }).waitFor();
  });

  await promise('signing out leaves nothing behind', async () => {
    const { second } = world.people;
    await second.openChannel(CHANNEL);
    await second.composer.fill('a draft that must go');
    await second.go('#/settings');
    await second.page.getByRole('button', { name: 'Sign out', exact: true }).last().click();
    await second.button('Sign out', second.dialog('Sign out of this device?')).click();
    await second.page.getByRole('heading', { name: 'Sign in to Harbour Hotel' }).waitFor();
    await second.page.waitForLoadState('networkidle');
    const left = await second.page.evaluate(async () => {
      const rows = [];
      for (const { name } of await indexedDB.databases()) {
        const db = await new Promise((done) => (indexedDB.open(name).onsuccess = (event) => done(event.target.result)));
        for (const store of db.objectStoreNames) rows.push(...(await new Promise((done) => (db.transaction(store).objectStore(store).getAll().onsuccess = (event) => done(event.target.result)))));
        db.close();
      }
      return JSON.stringify(rows);
    });
    assert.ok(!left.includes('a draft that must go'), left);
    assert.equal((await second.ask('/bootstrap')).status, 401);
  });
}
