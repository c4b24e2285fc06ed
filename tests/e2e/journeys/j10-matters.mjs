// What is preserved and what is forgotten: matters, holds, orders with four eyes, floors, and the ledger of all of it.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { eventually } from '../browser.mjs';
import { arrive, setRole } from './j6-export.mjs';
import { serious } from './j8-access.mjs';

const PLACE = 'Wine cellar';
const LEAKED = 'The combination is 31-7-12';
const KEPT = 'Six bottles are missing again';
const CASE = '2026-031';

export default async function matters(world, promise) {
  const { ada, grace, linus } = world.people;
  let olga;
  let mallory;
  let cellar;
  let matter;
  const ids = async () => Object.fromEntries((await ada.ask('/bootstrap')).body.people.map((one) => [one.name, one.id]));

  await promise('there is a channel with something to hold and something to forget', async () => {
    mallory = world.people.mallory = await arrive(world, 'Mallory Gone');
    if (!world.people.olga) {
      world.people.olga = await arrive(world, 'Olga Writ');
      await setRole(world, 'Olga Writ', 'Officer');
    }
    olga = world.people.olga;
    const id = await ids();
    cellar = (await grace.command({ t: 'channel.create', kind: 'group', name: PLACE, people: [id['Linus Baker'], id['Mallory Gone']] })).c;
    await mallory.command({ t: 'send', c: cellar, b: KEPT });
    await mallory.command({ t: 'send', c: cellar, b: 'I have no idea' });
    await grace.command({ t: 'send', c: cellar, b: LEAKED });
    await linus.openChannel(PLACE);
    await linus.row(LEAKED).waitFor();
  });

  await promise('an officer opens a matter with a reason, and it holds nothing yet', async () => {
    await olga.link('Legal', olga.page.getByRole('navigation', { name: 'Main' })).click();
    await olga.link('Matters', olga.page.getByRole('navigation', { name: 'Legal' })).click();
    await olga.text('No matters yet').waitFor();
    await world.shot(olga, '80-matters-none');
    await olga.link('Open a matter').click();
    await olga.field('Name or reference').fill(CASE);
    await olga.field('Reason').fill('Bottles vanish from the cellar');
    await world.shot(olga, '81-matter-open');
    await olga.button('Open it').click();
    await olga.text('This matter holds nothing.').waitFor();
    matter = new URL(olga.page.url()).hash.split('/')[3];
    await world.shot(olga, '82-matter');
  });

  await promise('a hold says what it will preserve before it is placed', async () => {
    await olga.link('Place a hold').click();
    const will = olga.page.getByRole('region', { name: 'This hold will preserve' });
    await olga.text('this stops all forgetting in the whole workspace', will).waitFor();
    await olga.page.getByRole('group', { name: 'Channels' }).getByRole('checkbox', { name: PLACE }).check();
    await olga.page.getByRole('group', { name: 'People' }).getByRole('checkbox', { name: /^Mallory Gone/ }).check();
    await olga.field('From').fill('2026-01-01');
    await olga.text(`In ${PLACE}.`, will).waitFor();
    await olga.text(/^By Mallory Gone: what they wrote or did/, will).waitFor();
    await olga.text(/^From 1 January 2026 on: what is there now, and what will be written/, will).waitFor();
    await world.shot(olga, '83-hold-place');
    assert.deepEqual((await olga.ask('/matters')).body.matters.find((one) => one.id === matter).holds, [], 'nothing is held by looking');
    await olga.button('Place the hold').click();
    await olga.page.getByRole('row', { name: new RegExp(`${PLACE}.*Mallory Gone`) }).waitFor();
    const [hold] = (await olga.ask('/matters')).body.matters.find((one) => one.id === matter).holds;
    assert.deepEqual([hold.channels, hold.from_day, hold.to_day], [[cellar], '2026-01-01', null]);
  });

  await promise('what is held twice says so', async () => {
    await olga.go('#/legal/matters/new');
    await olga.field('Name or reference').fill('Tax audit');
    await olga.field('Reason').fill('Asked by the tax office');
    await olga.button('Open it').click();
    await olga.link('Place a hold').click();
    await olga.page.getByRole('group', { name: 'Channels' }).getByRole('checkbox', { name: PLACE }).check();
    await olga.text(`${CASE}: in part`).waitFor();
    await olga.button('Place the hold').click();
    await olga.page.getByRole('row', { name: new RegExp(`${PLACE}.*Everybody`) }).waitFor();
    await olga.go('#/legal/matters');
    await olga.page.getByRole('row', { name: /Mallory Gone.*Tax audit: all of it/ }).waitFor();
    await world.shot(olga, '84-matters');
  });

  await promise('a hold by words says how many messages say it already, and keeps no others', async () => {
    await olga.go(`#/legal/matters/${matter}`);
    await olga.link('Place a hold').click();
    await olga.page.getByRole('group', { name: 'Channels' }).getByRole('checkbox', { name: PLACE }).check();
    await olga.field('Words').fill('!!!');
    await olga.text('each with a word in it').waitFor();
    assert.ok(await olga.button('Place the hold').isDisabled(), 'what finds nothing keeps nothing');
    await olga.field('Words').fill(`"${KEPT}"\nzeppelin`);
    await olga.button('Count what it finds now').click();
    await olga.text(/^1 of \d+ messages say this now/).waitFor();
    await olga.text(/^Of these, only messages in which one of these searches finds something/).waitFor();
    await serious(olga.page);
    await world.shot(olga, '84-hold-words');
    await olga.button('Place the hold').click();
    await olga.page.getByRole('row', { name: /zeppelin/ }).waitFor();
    await world.shot(olga, '84-hold-words-placed');
    const [, hold] = (await olga.ask('/matters')).body.matters.find((one) => one.id === matter).holds;
    assert.deepEqual(hold.words, [`"${KEPT}"`, 'zeppelin']);
    await olga.page.getByRole('row', { name: /zeppelin/ }).getByRole('button', { name: /^Release/ }).click();
    const dialog = olga.dialog('Release this hold?');
    await olga.text('zeppelin', dialog).waitFor();
    await olga.button('Release', dialog).click();
    await dialog.waitFor({ state: 'detached' });
    await eventually('the other one stands', async () => (await olga.page.getByRole('row', { name: /zeppelin/ }).count()) === 0);
  });

  await promise('those who are held, and administrators, hear nothing of it', async () => {
    for (const person of [mallory, linus, ada]) assert.equal((await person.ask('/matters')).status, 403);
    for (const person of [mallory, ada]) {
      for (const place of ['/bootstrap', ...(person === ada ? ['/ledger?limit=200', '/orders'] : [])]) {
        const told = JSON.stringify((await person.ask(place)).body);
        assert.ok(!told.includes(matter) && !told.includes(CASE) && !told.includes('hold.placed'), place);
      }
    }
  });

  await promise('who is to know of a hold gets a notice, and confirms it', async () => {
    await olga.go(`#/legal/matters/${matter}`);
    await olga.link('Write a notice').click();
    const people = olga.page.getByRole('group', { name: 'Who gets it' });
    await people.getByRole('checkbox', { name: /^Mallory Gone/, checked: true }).uncheck();
    await people.getByRole('checkbox', { name: /^Linus Baker/ }).check();
    await olga.text('Say what it is about').waitFor();
    const text = olga.field('Notice');
    assert.ok(await olga.button('Send, and ask for confirmation').isDisabled(), 'not with a blank in it');
    await text.fill((await text.inputValue()).replace('…', 'missing bottles'));
    await serious(olga.page);
    await world.shot(olga, '84-notice');
    await olga.button('Send, and ask for confirmation').click();
    await olga.link('Open the conversation with Linus Baker').waitFor();
    await linus.openChannel('Notice to preserve');
    await linus.row('missing bottles').getByRole('button', { name: 'Confirm that you have read this' }).click();
    await world.shot(linus, '84-notice-got');
    await olga.link('Open the conversation with Linus Baker').click();
    await olga.row('missing bottles').getByRole('button', { name: '1 of 1 confirmed' }).waitFor();
    await linus.openChannel(PLACE);
    await olga.go('#/legal/matters');
    await olga.page.getByRole('row', { name: /Mallory Gone.*Tax audit: all of it/ }).waitFor();
  });

  await promise('a hold is released knowing that this destroys nothing', async () => {
    await olga.page.getByRole('row', { name: new RegExp(`Everybody.*${CASE}`) }).getByRole('button', { name: `Release: ${PLACE}` }).click();
    const dialog = olga.dialog('Release this hold?');
    await olga.text('Releasing destroys nothing by itself.', dialog).waitFor();
    await olga.text(`What it shares with these holds stays held: ${CASE}.`, dialog).waitFor();
    await olga.text(/the next run of retention, \d/, dialog).waitFor();
    await world.shot(olga, '85-hold-release');
    await olga.button('Release', dialog).click();
    await dialog.waitFor({ state: 'detached' });
    await eventually('one hold left', async () => (await olga.button(`Release: ${PLACE}`).count()) === 1);
    assert.equal(await linus.rows(KEPT).count(), 1);
  });

  await promise('who asks to forget sees what would go, and cannot approve it', async () => {
    const q = (await linus.ask(`/channels/${cellar}/messages`)).body.items.find((one) => one.b === LEAKED).q;
    await olga.go('#/legal/forget');
    await olga.text('No orders').waitFor();
    await world.shot(olga, '86-orders-none');
    await olga.link('Ask to forget').click();
    await olga.button('Redact messages').click();
    await olga.field('Messages').fill('the third one');
    await olga.text('“the” is neither a number nor the address of a message.').waitFor();
    await olga.field('Messages').fill(`${world.site.origin}/#/c/${cellar}?at=${q}`);
    await olga.text(`1 message in ${PLACE}: #${q}.`).waitFor();
    await olga.field('Reason').fill('A secret was posted');
    await world.shot(olga, '87-order-ask');
    await olga.button('Ask for approval').click();
    await olga.page.getByRole('heading', { name: `Redact 1 message in ${PLACE}` }).waitFor();
    await olga.text('somebody else must decide').waitFor();
    await olga.text('1 record', olga.page.locator('.tile').filter({ hasText: 'Destroyed for good' })).waitFor();
    assert.equal(await olga.button(/Approve|Refuse/).count(), 0);
    await world.shot(olga, '88-order-mine');
    await assert.rejects(olga.command({ t: 'order.approve', order: new URL(olga.page.url()).hash.split('/')[3] }), /forbidden/);
  });

  await promise('another person counts anew, approves, and it is gone for everybody', async () => {
    assert.equal(await linus.rows(LEAKED).count(), 1);
    await ada.go('#/admin/forget');
    await ada.link(`Redact 1 message in ${PLACE}`).click();
    await ada.text('A secret was posted').waitFor();
    await ada.text('told to officers alone').waitFor();
    await world.shot(ada, '89-order-decide');
    await ada.button('Approve and forget').click();
    const dialog = ada.dialog(`Redact 1 message in ${PLACE}?`);
    await ada.text(/^1 message goes out of sight for everybody/, dialog).waitFor();
    await ada.button('Approve and forget', dialog).click();
    await dialog.waitFor({ state: 'detached' });
    await ada.text(/^Carried out /).waitFor();
    await eventually('the message leaves', async () => (await linus.rows(LEAKED).count()) === 0);
    await olga.page.reload();
    await olga.text(/^Carried out /).waitFor();
    await olga.text('1 record', olga.page.locator('.tile')).waitFor();
    await olga.link(`Held for ${CASE}, until the hold is released, if it was written by Mallory Gone`).waitFor();
    await world.shot(olga, '90-order-done');
  });

  await promise('its certificate says what went and why, to each as much as they may know', async () => {
    await olga.link('Certificate').click();
    await olga.page.getByRole('heading', { name: `1 message in ${PLACE}, redacted` }).waitFor();
    await olga.text('1 record', olga.page.locator('.tile')).first().waitFor();
    await olga.text('A secret was posted').waitFor();
    await olga.text('Nothing: no hold and no floor stood against it.').waitFor();
    await olga.page.getByRole('row', { name: /^Destroyed/ }).waitFor();
    await world.shot(olga, '90-certificate');
    const position = new URL(olga.page.url()).hash.split('/')[3];
    await eventually('it is signed', async () => (await olga.ask('/log/status')).body.size > Number(position));
    const [download] = await Promise.all([olga.page.waitForEvent('download'), olga.link('Download the certificate').click()]);
    assert.equal(download.suggestedFilename(), `destruction-${position}.zip`);
    assert.equal(readFileSync(await download.path()).subarray(0, 2).toString(), 'PK');
    await ada.go(`#/admin/destroyed/${position}`);
    await ada.text('told to officers and auditors').waitFor();
    assert.equal(await ada.page.locator('.tile').count(), 1, 'what left sight, and no more');
    await ada.link('All that was destroyed').click();
    await ada.link(`1 message in ${PLACE}, redacted`).waitFor();
    await world.shot(ada, '90-destroyed');
    assert.equal((await linus.ask('/destructions')).status, 403);
  });

  await promise('a person is erased only by a second person who typed the name', async () => {
    const id = await ids();
    await ada.go('#/admin/forget/new');
    // Who was imported is inactive too, and may be there.
    await ada.text('Nobody can be erased now').or(ada.field('Person')).waitFor();
    const mallorys = () => ada.page.getByRole('option', { name: 'Mallory Gone (mallory.gone)' }).count();
    assert.equal(await mallorys(), 0, 'who is active cannot be erased');
    await world.shot(ada, '91-erase-nobody');
    await ada.command({ t: 'person.deactivate', person: id['Mallory Gone'] });
    await eventually('she can be chosen', async () => (await mallorys()) === 1);
    await ada.field('Person').selectOption({ label: 'Mallory Gone (mallory.gone)' });
    await ada.text(/^Everything Mallory Gone wrote or did in any channel/).waitFor();
    await ada.field('Reason').fill('Asked for by the person');
    await world.shot(ada, '91-erase-ask');
    await ada.button('Ask for approval').click();
    await ada.text('somebody else must decide').waitFor();
    await olga.go('#/legal/forget');
    await olga.link('Erase Mallory Gone').click();
    await olga.page.getByRole('row', { name: new RegExp(`Held for ${CASE}.*${PLACE}.*its hold is released`) }).waitFor();
    await world.shot(olga, '92-erase-decide');
    await olga.go(`#/legal/matters/${matter}`);
    await olga.page.getByRole('table', { name: 'Orders to forget that it stops' }).getByRole('link', { name: 'Erase Mallory Gone' }).click();
    await olga.button('Approve and forget').click();
    const dialog = olga.dialog('Erase Mallory Gone?');
    const approve = olga.button('Approve and forget', dialog);
    await olga.field('Type Mallory Gone to confirm', dialog).fill('Mallory');
    assert.ok(await approve.isDisabled(), 'the whole name must be typed');
    await world.shot(olga, '93-erase-confirm');
    await olga.field('Type Mallory Gone to confirm', dialog).fill('Mallory Gone');
    await approve.click();
    await dialog.waitFor({ state: 'detached' });
    await olga.text(/^Carried out /).waitFor();
    await olga.link(`Held for ${CASE}, until the hold is released`).waitFor();
    await world.shot(olga, '94-erase-done');
    await eventually('what was said leaves', async () => (await linus.rows(KEPT).count()) === 0);
  });

  await promise('a floor is set, locked by typing its days, and never shortened after', async () => {
    await ada.go('#/admin/retention');
    await ada.button(`Change floor: ${PLACE}`).click();
    const dialog = ada.dialog(`Floor of ${PLACE}`);
    await ada.field('Days at least', dialog).fill('30');
    await ada.page.getByRole('checkbox', { name: /^Lock it/ }).check();
    await ada.text(/Nobody can undo a lock/, dialog).waitFor();
    const set = ada.button('Set and lock the floor', dialog);
    assert.ok(await set.isDisabled(), 'the number must be typed first');
    await world.shot(ada, '95-floor-lock');
    await ada.field('Type 30 to lock', dialog).fill('30');
    await set.click();
    await dialog.waitFor({ state: 'detached' });
    await ada.page.getByRole('row', { name: new RegExp(`${PLACE}.*30 days, locked, own rule`) }).waitFor();
    await world.shot(ada, '96-retention');
    await ada.button(`Change floor: ${PLACE}`).click();
    await ada.field('Days at least', dialog).fill('29');
    await ada.text('It can be lengthened, never shortened, by anybody.', dialog).first().waitFor();
    assert.ok(await ada.button('Set the floor', dialog).isDisabled());
    await world.shot(ada, '97-floor-locked');
    await ada.page.keyboard.press('Escape');
    await ada.button(`Change ceiling: ${PLACE}`).click();
    await ada.button('7 days', ada.dialog(`Rule of ${PLACE}`)).click();
    await ada.text('Nothing may be forgotten before 30 days have passed').waitFor();
    await world.shot(ada, '98-below-floor');
    await ada.button('90 days', ada.dialog(`Rule of ${PLACE}`)).click();
    await ada.button('Propose the rule', ada.dialog(`Rule of ${PLACE}`)).click();
    await ada.dialog(`Rule of ${PLACE}`).waitFor({ state: 'detached' });
    // A new ceiling leaves the floor as it was.
    const waiting = ada.page.getByRole('table', { name: 'Changes that wait' });
    await waiting.getByRole('row', { name: new RegExp(`${PLACE}.*90 days, floor 30 days`) }).waitFor();
  });

  await promise('the ledger is sifted by channel and day, in its address', async () => {
    await olga.go('#/legal/ledger');
    await olga.field('Channel').selectOption({ label: PLACE });
    await olga.button(/^Hold placed,/).first().waitFor();
    await olga.button(/^Channel created,/).waitFor();
    assert.equal(await olga.button(/^Signed in,/).count(), 0, 'nothing of elsewhere');
    assert.match(olga.page.url(), new RegExp(`c=${cellar}`));
    await world.shot(olga, '99-ledger-sifted');
    await olga.field('Up to and including').fill('2020-01-01');
    await olga.text('No entry matches these filters.').waitFor();
    await world.shot(olga, '100-ledger-empty');
    await olga.go(`#/legal/ledger?c=${cellar}&act=order.`);
    await olga.button(/^Forgetting requested,/).first().waitFor();
  });

  await promise('it is followed live, and saved as it is sifted', async () => {
    await olga.go(`#/legal/ledger?c=${cellar}&act=message.&live=1`);
    await olga.text(/^Following\./).waitFor();
    const before = await olga.button(/^Message posted,/).count();
    await grace.command({ t: 'send', c: cellar, b: 'Counted again' });
    await eventually('a new entry', async () => (await olga.button(/^Message posted,/).count()) === before + 1);
    await world.shot(olga, '101-ledger-live');
    const [download] = await Promise.all([olga.page.waitForEvent('download'), olga.button('Save as CSV').click()]);
    const rows = readFileSync(await download.path(), 'utf8').trim().split('\r\n');
    assert.match(rows[0], /^.?Position,Time \(UTC\),Act,/);
    assert.equal(rows.length - 1, before + 1);
    assert.ok(rows.slice(1).every((row) => row.includes(cellar) && row.includes(',message.') && !row.includes('Counted again')));
  });

  await promise('an auditor is told in words who outside has seen the log', async () => {
    if (!world.people.iris) {
      world.people.iris = await arrive(world, 'Iris Probe');
      await setRole(world, 'Iris Probe', 'Auditor');
    }
    const { iris } = world.people;
    await iris.go('#/auditor');
    await iris.page.reload();
    await iris.text('No witness is configured. Nobody outside has seen this log').waitFor();
    await iris.page.getByRole('region', { name: 'Seen from outside' }).scrollIntoViewIfNeeded();
    await world.shot(iris, '102-outside');
  });

  const CASK = 'The third cask goes to my cousin';
  let reading;
  let oscar;

  await promise('an officer counts without reading, and asks another officer to let her read', async () => {
    oscar = world.people.oscar = await arrive(world, 'Oscar Brief');
    await setRole(world, 'Oscar Brief', 'Officer');
    const said = await grace.command({ t: 'send', c: cellar, b: CASK });
    await grace.command({ t: 'edit', c: cellar, q: said.q, b: 'The third cask is empty' });
    reading = (await olga.command({ t: 'matter.open', name: '2026-040', reason: 'A cask is missing' })).matter;
    await olga.go(`#/legal/matters/${reading}`);
    await olga.text('Nobody has asked to read for this matter.').waitFor();
    await olga.link('Count messages').click();
    await olga.text('Numbers only, no text.').waitFor();
    await olga.field('Words').fill('cousin');
    await olga.page.getByRole('group', { name: 'Channels' }).getByRole('checkbox', { name: PLACE }).check();
    await olga.button('Count messages').click();
    await olga.text('1 of them has the words.').waitFor();
    await olga.page.getByRole('table', { name: 'By person' }).getByRole('row', { name: /Grace/ }).waitFor();
    assert.equal(await olga.text('cousin').count(), 0, 'numbers alone');
    await world.shot(olga, '104-count');
    await olga.go(`#/legal/matters/${reading}`);
    await olga.link('Ask to read').click();
    await olga.text('Name at least one channel or one person.').waitFor();
    assert.ok(await olga.button('Ask for approval').isDisabled());
    await olga.page.getByRole('group', { name: 'Channels' }).getByRole('checkbox', { name: PLACE }).check();
    await olga.field('Reason').fill('Who took the cask');
    await world.shot(olga, '105-grant-ask');
    await olga.button('Ask for approval').click();
    await olga.text('Nobody approves what they ask for.').waitFor();
    assert.equal(await olga.button(/^(Approve|Refuse)$/).count(), 0);
    await oscar.go(`#/legal/matters/${reading}`);
    await oscar.text('Who took the cask').waitFor();
    await world.shot(oscar, '106-grant-decide');
    await oscar.button('Approve').click();
    const dialog = oscar.dialog('Let Olga Writ read?');
    await oscar.button('Approve', dialog).click();
    await dialog.waitFor({ state: 'detached' });
    await oscar.text(/^Stands until/).waitFor();
    assert.equal(await oscar.link('Search and read').count(), 0, 'it is hers');
  });

  await promise('she is told that every look is recorded, and reads what was edited away', async () => {
    await olga.page.reload();
    await olga.link('Search and read').click();
    await olga.text('Every search, page and file that you open here is recorded').waitFor();
    await olga.field('Words').fill('cousin');
    await olga.button('Search').click();
    const hit = olga.page.getByRole('article', { name: new RegExp(`Grace.* in ${PLACE}`) });
    await olga.text('The third cask is empty', hit).waitFor();
    await hit.getByText('1 earlier text').click();
    await olga.text(CASK, hit).waitFor();
    await world.shot(olga, '107-search');
    await olga.link('Open there').click();
    await olga.page.getByRole('heading', { name: PLACE, level: 2 }).waitFor();
    await olga.text('Counted again').waitFor();
    await world.shot(olga, '108-page');
    const looks = (await olga.ask('/ledger?act=look.&limit=50')).body.entries;
    assert.deepEqual(looks.slice(0, 3).map((entry) => entry.act), ['look.read', 'look.searched', 'look.counted']);
    assert.ok(!JSON.stringify(looks).includes('cousin'));
  });

  await promise('those in the channel learn of it when the matter is closed', async () => {
    const told = () => linus.page.getByRole('region', { name: 'Who looked' });
    await linus.go('#/settings');
    await linus.text('Nothing that could be told yet.', told()).waitFor();
    await olga.go(`#/legal/matters/${reading}`);
    await olga.button('Close the matter').click();
    const dialog = olga.dialog('Close 2026-040?');
    await world.shot(olga, '109-close');
    await olga.button('Close the matter', dialog).click();
    await dialog.waitFor({ state: 'detached' });
    await olga.text('Ended with its matter').waitFor();
    await linus.page.reload();
    await linus.text(`An officer read in ${PLACE} for a legal matter: 2 looks.`, told()).waitFor();
    await told().scrollIntoViewIfNeeded();
    await world.shot(linus, '109-who-looked');
  });

  await promise('without a network the room says so, and comes back', async () => {
    await olga.go('#/legal');
    await olga.goOffline();
    await olga.go('#/legal/matters');
    await olga.page.getByRole('heading', { name: 'You are offline' }).waitFor();
    await world.shot(olga, '103-offline');
    await olga.comeBack();
    await olga.button('Try again').click();
    await olga.link(CASE).first().waitFor();
  });

  const screens = [
    [() => olga, '#/legal/matters', (p) => p.link(CASE).first().waitFor()],
    [() => olga, `#/legal/matters/${matter}`, (p) => p.link('Place a hold').waitFor()],
    [() => olga, `#/legal/matters/${matter}/hold`, (p) => p.button('Place the hold').waitFor()],
    [() => olga, `#/legal/matters/${matter}/count`, (p) => p.button('Count messages').waitFor()],
    [() => olga, `#/legal/matters/${matter}/read`, (p) => p.button('Ask for approval').waitFor()],
    [() => olga, '#/legal/forget', (p) => p.link(/^Erase a person/).waitFor()],
    [() => olga, '#/legal/forget/new?what=redact', (p) => p.field('Messages').waitFor()],
    [() => olga, '#/legal/destroyed', (p) => p.link(/, redacted$/).waitFor()],
    [() => world.people.iris, '#/auditor/destroyed', (p) => p.link(/^Everything of a person/).waitFor()],
    [() => olga, '#/legal/ledger', (p) => p.button(/, Open entry/).first().waitFor()],
    [() => ada, '#/admin/forget', (p) => p.link(/^Erase a person/).waitFor()],
    [() => ada, '#/admin/retention', (p) => p.page.getByRole('row', { name: /locked/ }).waitFor()],
    [() => world.people.iris, '#/auditor', (p) => p.text('Seen from outside').waitFor()],
  ];
  for (const scheme of ['light', 'dark']) {
    await promise(`the screens of governance, ${scheme}: no serious finding`, async () => {
      for (const [who, address, there] of screens) {
        const person = who();
        await person.page.emulateMedia({ colorScheme: scheme });
        await person.go(address);
        await there(person);
        await person.page.waitForTimeout(80);
        await world.shot(person, `110-${scheme}-${address.replace(/\W+/g, '-').replace(matter, 'one')}`);
        await serious(person.page).catch((error) => {
          throw new Error(`${address}: ${error.message}`);
        });
      }
    });
  }
}
