// An officer goes through what a grant opens: tags, notes, what is left to do, and an export of exactly what is tagged.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { eventually } from '../browser.mjs';
import { arrive, setRole } from './j6-export.mjs';
import { serious } from './j8-access.mjs';

const PLACE = 'Barrel store';
const CASE = '2026-077';
const DEAL = 'The barrels go out by night, unweighed';
const COUNSEL = 'Our counsel advises to say nothing';
const LUNCH = 'Soup or sandwiches today?';

export default async function review(world, promise) {
  const { ada, grace, linus } = world.people;
  let olga;
  let oscar;
  let matter;
  let grant;
  let store;
  await promise('an officer may read a channel for a matter', async () => {
    if (!world.people.olga) {
      world.people.olga = await arrive(world, 'Olga Writ');
      await setRole(world, 'Olga Writ', 'Officer');
    }
    if (!world.people.oscar) {
      world.people.oscar = await arrive(world, 'Oscar Brief');
      await setRole(world, 'Oscar Brief', 'Officer');
    }
    ({ olga, oscar } = world.people);
    const { people } = (await ada.ask('/bootstrap')).body;
    store = (await grace.command({ t: 'channel.create', kind: 'group', name: PLACE, people: [people.find((one) => one.name === 'Linus Baker').id] })).c;
    await grace.command({ t: 'send', c: store, b: DEAL });
    await linus.command({ t: 'send', c: store, b: COUNSEL });
    await linus.command({ t: 'send', c: store, b: LUNCH });
    matter = (await olga.command({ t: 'matter.open', name: CASE, reason: 'Barrels are missing' })).matter;
    grant = (await olga.command({ t: 'grant.request', matter, channels: [store], people: [], reason: 'Who let them out', days: 7 })).grant;
    await oscar.command({ t: 'grant.approve', grant });
  });

  await promise('the matter has four tags and names its own', async () => {
    await olga.go(`#/legal/matters/${matter}`);
    const tags = olga.page.getByRole('table', { name: 'Tags' });
    await tags.getByRole('row', { name: /^Privileged/ }).waitFor();
    assert.equal(await olga.link('Export what is tagged').count(), 0, 'nothing is tagged yet');
    await olga.field('Name a tag').fill('Night deliveries');
    await olga.button('Add').click();
    await tags.getByRole('row', { name: /^Night deliveries/ }).waitFor();
    await olga.page.getByRole('region', { name: 'Tags' }).scrollIntoViewIfNeeded();
    await world.shot(olga, 'e0-tags-none');
  });

  // Each message is shown once in full, in the article that is named after whoever wrote it.
  const own = (person, words) => person.page.locator('.found:not(.muted)').filter({ hasText: words });
  const tag = (person, words, name) => own(person, words).getByRole('button', { name, exact: true });
  const is = (person, words, name, pressed = true) => own(person, words).getByRole('button', { name, exact: true, pressed }).waitFor();

  await promise('what she reads she tags, by hand and by keyboard, and the one excludes the other', async () => {
    await olga.go(`#/legal/read/${grant}`);
    await olga.button('Search').click();
    await own(olga, LUNCH).waitFor();
    await eventually('the matter’s own tag is there', async () => (await olga.button('Night deliveries').count()) === 3);
    await tag(olga, DEAL, 'Relevant').click();
    await is(olga, DEAL, 'Relevant');
    await tag(olga, DEAL, 'Night deliveries').focus();
    await olga.page.keyboard.press('Space');
    await is(olga, DEAL, 'Night deliveries');
    await tag(olga, COUNSEL, 'Not relevant').click();
    await is(olga, COUNSEL, 'Not relevant');
    await tag(olga, COUNSEL, 'Relevant').click();
    await is(olga, COUNSEL, 'Relevant');
    await is(olga, COUNSEL, 'Not relevant', false);
    await tag(olga, COUNSEL, 'Privileged').click();
    await is(olga, COUNSEL, 'Privileged');
    await own(olga, DEAL).scrollIntoViewIfNeeded();
    await world.shot(olga, 'e1-tagged');
  });

  await promise('she writes a note, and another that she takes back', async () => {
    const write = async (text) => {
      await own(olga, DEAL).getByRole('button', { name: 'Write a note' }).click();
      await own(olga, DEAL).getByRole('textbox', { name: /^Note to/ }).fill(text);
      if (text.startsWith('Ask')) await world.shot(olga, 'e2-note-write');
      await own(olga, DEAL).getByRole('button', { name: 'Save the note' }).click();
      await own(olga, DEAL).getByText(text).waitFor();
    };
    await write('Ask who signed for them');
    await write('A slip');
    await own(olga, DEAL).getByRole('button', { name: 'Withdraw' }).last().click();
    const dialog = olga.dialog('Withdraw this note?');
    await olga.button('Withdraw', dialog).click();
    await dialog.waitFor({ state: 'detached' });
    await eventually('one note left', async () => (await own(olga, DEAL).getByText('A slip').count()) === 0);
    await own(olga, DEAL).scrollIntoViewIfNeeded();
    await world.shot(olga, 'e3-note');
  });

  await promise('what is left to do, and what is relevant and not privileged, is found', async () => {
    const articles = olga.page.getByRole('article');
    await olga.field('With the tag').selectOption({ label: 'Not yet tagged' });
    await olga.button('Search').click();
    await eventually('one is left', async () => (await articles.count()) === 1 && (await own(olga, LUNCH).count()) === 1);
    await olga.field('With the tag').selectOption({ label: 'Relevant' });
    await olga.field('Without the tag').selectOption({ label: 'Privileged' });
    await olga.button('Search').click();
    await eventually('one is relevant alone', async () => (await articles.count()) === 1 && (await own(olga, DEAL).count()) === 1);
    await own(olga, DEAL).getByText('Ask who signed for them').waitFor();
    await olga.field('With the tag').scrollIntoViewIfNeeded();
    await world.shot(olga, 'e4-sieve');
  });

  await promise('the matter counts them, and the export says exactly what it will ask for', async () => {
    await olga.go(`#/legal/matters/${matter}`);
    const tags = olga.page.getByRole('table', { name: 'Tags' });
    await tags.getByRole('row', { name: /^Relevant.*2/ }).waitFor();
    await olga.text('2 messages tagged · 1 note').waitFor();
    await olga.page.getByRole('region', { name: 'Tags' }).scrollIntoViewIfNeeded();
    await world.shot(olga, 'e5-counts');
    await olga.link('Export what is tagged').click();
    const will = olga.page.getByRole('region', { name: 'This will ask for' });
    await olga.text(`1 message in ${PLACE}`, will).waitFor();
    const none = olga.page.getByRole('group', { name: 'And with none of these' });
    await none.getByRole('checkbox', { name: 'Privileged' }).uncheck();
    await olga.text(`2 messages in ${PLACE}`, will).waitFor();
    await none.getByRole('checkbox', { name: 'Relevant', exact: true }).check();
    await olga.text('A tag cannot be wanted and unwanted at once.', will).waitFor();
    assert.ok(await olga.button(/^Ask for/).isDisabled());
    await none.getByRole('checkbox', { name: 'Relevant', exact: true }).uncheck();
    await none.getByRole('checkbox', { name: 'Privileged' }).check();
    await olga.text(`1 message in ${PLACE}`, will).waitFor();
    await olga.field('Reason').fill('For the court');
    await will.scrollIntoViewIfNeeded();
    await world.shot(olga, 'e6-export-tagged');
    await olga.button('Ask for 1 export').click();
    await olga.page.getByRole('table', { name: 'Exports of this matter' }).or(olga.page.getByRole('row', { name: new RegExp(PLACE) })).first().waitFor();
  });

  await promise('whoever approves sees how many and with which tags, and she takes out exactly that', async () => {
    await oscar.go('#/legal');
    const card = oscar.page.getByRole('article').filter({ hasText: CASE });
    await oscar.text('1 message tagged Relevant, not Privileged', card).waitFor();
    await world.shot(oscar, 'e7-approve');
    await oscar.button('Approve', card).click();
    const dialog = oscar.dialog(/read this\?$/);
    await oscar.text(`1 chosen message of ${PLACE}`, dialog).waitFor();
    await oscar.button('Approve', dialog).click();
    await dialog.waitFor({ state: 'detached' });
    await olga.go('#/legal');
    const mine = olga.page.getByRole('article').filter({ hasText: CASE });
    const link = mine.getByRole('link', { name: /^Download/ });
    await link.waitFor({ timeout: 60_000 });
    const [download] = await Promise.all([olga.page.waitForEvent('download'), link.click()]);
    const zip = readFileSync(await download.path());
    assert.equal(zip.subarray(0, 2).toString(), 'PK');
    assert.ok(!zip.includes(COUNSEL) && !zip.includes(LUNCH));
  });

  await promise('nobody else hears of it', async () => {
    for (const person of [ada, grace, linus]) assert.equal((await person.ask(`/matters/${matter}/tags`)).status, 403);
    const told = JSON.stringify((await ada.ask('/ledger?limit=200')).body);
    assert.ok(!told.includes('"tag.') && !told.includes('"note.'));
  });

  const screens = [
    [`#/legal/read/${grant}`, (p) => own(p, DEAL).waitFor()],
    [`#/legal/matters/${matter}`, (p) => p.link('Export what is tagged').waitFor()],
    [`#/legal/matters/${matter}/tagged`, (p) => p.text(`1 message in ${PLACE}`).first().waitFor()],
  ];
  for (const scheme of ['light', 'dark']) {
    await promise(`the screens of a review, ${scheme}: no serious finding`, async () => {
      await olga.page.emulateMedia({ colorScheme: scheme });
      for (const [address, there] of screens) {
        await olga.go(address);
        await there(olga);
        await olga.page.waitForTimeout(80);
        await world.shot(olga, `e8-${scheme}-${screens.findIndex(([one]) => one === address)}`);
        await serious(olga.page);
      }
    });
  }
}
