// Without a network: nothing is lost, nothing comes twice, nothing changes its order.

import assert from 'node:assert/strict';
import { eventually } from '../browser.mjs';
import { CHANNEL } from './j1-begin.mjs';

export default async function offline(world, promise) {
  const { grace, linus } = world.people;

  await promise('what is written without a network waits, and says so', async () => {
    await Promise.all([grace.openChannel(CHANNEL), linus.openChannel(CHANNEL)]);
    await grace.goOffline();
    await grace.text('Offline. What you write is sent when you are connected again.').filter({ visible: true }).waitFor();
    for (const n of [1, 2, 3]) await grace.say(`From the lift, ${n}`);
    await grace.row('From the lift, 3').getByRole('img', { name: /Waiting to be sent|Sending/ }).waitFor();
    await world.shot(grace, '22-offline');
    assert.equal(await linus.rows('From the lift').count(), 0);
  });

  await promise('back in the network they arrive once and in order', async () => {
    await grace.comeBack();
    await eventually('three messages', async () => (await linus.rows('From the lift').count()) === 3);
    assert.deepEqual(await said(linus, 'From the lift'), ['From the lift, 1', 'From the lift, 2', 'From the lift, 3']);
    await grace.row('From the lift, 3').getByRole('img', { name: /Sent|Delivered|Read/ }).waitFor();
    assert.equal(await grace.rows('From the lift').count(), 3);
  });

  await promise('a tab that dies with unsent words sends them when it is opened again', async () => {
    grace.wire.cut();
    for (const n of [1, 2, 3]) await grace.say(`From the cellar, ${n}`);
    await grace.row('From the cellar, 3').getByRole('img', { name: /Waiting to be sent|Sending/ }).waitFor();
    await crash(grace);
    assert.equal(await linus.rows('From the cellar').count(), 0);
    grace.wire.mend();
    await grace.newTab();
    await grace.page.goto('/');
    await eventually('three messages', async () => (await linus.rows('From the cellar').count()) === 3);
    assert.deepEqual(await said(linus, 'From the cellar'), ['From the cellar, 1', 'From the cellar, 2', 'From the cellar, 3']);
    await grace.openChannel(CHANNEL);
    await grace.row('From the cellar, 3').waitFor();
    assert.equal(await grace.rows('From the cellar').count(), 3);
  });

  await promise('an answer that is lost on the way makes no second message', async () => {
    // The server takes it; the tab never hears of that and dies. The next one sends it again.
    await eventually('an open line', async () => !(await grace.text(/^Offline\./).filter({ visible: true }).isVisible()));
    grace.wire.deafen();
    await grace.say('Said once, answered never');
    await linus.row('Said once, answered never').waitFor();
    await grace.row('Said once, answered never').getByRole('img', { name: /Waiting to be sent|Sending/ }).waitFor();
    await crash(grace);
    grace.wire.mend();
    await grace.newTab();
    await grace.page.goto('/');
    await grace.openChannel(CHANNEL);
    await grace.row('Said once, answered never').getByRole('img', { name: /Sent|Delivered|Read/ }).waitFor();
    await grace.say('And after that');
    await linus.row('And after that').waitFor();
    assert.equal(await linus.rows('Said once, answered never').count(), 1);
    assert.equal(await grace.rows('Said once, answered never').count(), 1);
  });

  await promise('the app opens without a network, and says what is missing', async () => {
    await eventually('the shell is kept', () => grace.page.evaluate(async () => !!navigator.serviceWorker.controller && !!(await (await caches.open('shell-1')).match('/'))));
    await grace.goOffline();
    await grace.page.reload();
    await grace.text(/offline/i).first().waitFor();
    await world.shot(grace, '23-opened-offline');
    await grace.comeBack();
    await grace.page.getByRole('log', { name: 'Messages' }).waitFor();
  });

  await promise('the browser keeps no message that was received', async () => {
    const kept = await linus.page.evaluate(async () => {
      const all = [JSON.stringify({ ...localStorage }), JSON.stringify({ ...sessionStorage })];
      for (const { name } of await indexedDB.databases()) {
        const db = await new Promise((done) => (indexedDB.open(name).onsuccess = (event) => done(event.target.result)));
        for (const store of db.objectStoreNames) {
          const rows = await new Promise((done) => (db.transaction(store).objectStore(store).getAll().onsuccess = (event) => done(event.target.result)));
          all.push(JSON.stringify(rows));
        }
        db.close();
      }
      for (const name of await caches.keys()) {
        const cache = await caches.open(name);
        for (const request of await cache.keys()) all.push(`${request.url} ${await (await cache.match(request)).text()}`);
      }
      return all.join('\n');
    });
    for (const words of ['From the lift', 'Said once', 'Who opens the bar', '/api/']) assert.ok(!kept.includes(words) || words === '/api/', `kept: ${words}`);
    assert.ok(!/^http\S*\/api\//m.test(kept), 'an answer of the server is cached');
  });
}

async function said(person, words) {
  const rows = await person.rows(words).allInnerTexts();
  return rows.map((row) => new RegExp(`${words}, \\d`).exec(row)?.[0]);
}

/** The tab's process dies; nothing in it has a last word. A thumb needs a moment to get there. */
async function crash(person) {
  await person.page.waitForTimeout(250);
  const wire = await person.context.newCDPSession(person.page);
  const crashed = new Promise((done) => person.page.once('crash', done));
  wire.send('Page.crash').catch(() => undefined);
  await crashed;
  await person.page.close();
}
