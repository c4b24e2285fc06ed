// What a person has a right to: her own data as one file, and an answer when she asked to be forgotten. And what an administrator
// learns of how the house is used.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { SECRET } from './j1-begin.mjs';
import { arrive } from './j6-export.mjs';
import { serious } from './j8-access.mjs';

export default async function rights(world, promise) {
  const { ada, grace } = world.people;

  await promise('a person takes out all that is her own, with her secret', async () => {
    await grace.go('#/settings');
    await grace.button('Get my data').click();
    const form = grace.dialog('Get my data');
    const secret = grace.field('Your PIN or password', form);
    await secret.fill('not this one at all');
    await grace.button('Download', form).click();
    await form.getByText('The name or the PIN or password is not right.').waitFor();
    await world.shot(grace, 'r0-my-data');
    await serious(grace.page);
    await secret.fill(SECRET.grace);
    const [file] = await Promise.all([grace.page.waitForEvent('download'), grace.button('Download', form).click()]);
    assert.match(file.suggestedFilename(), /^my-data-\d+\.zip$/);
    assert.equal(readFileSync(await file.path()).subarray(0, 2).toString(), 'PK');
    await form.waitFor({ state: 'detached' });
  });

  await promise('an administrator sees how the house is used, and nobody in particular', async () => {
    await ada.command({ t: 'channel.create', kind: 'announcement', name: 'Harbour office', people: [] });
    await ada.go('#/admin/adoption');
    const row = ada.page.getByRole('row', { name: /Harbour office/ });
    await row.getByText('No channel yet').waitFor();
    const { groups } = (await ada.ask('/admin/adoption')).body;
    const told = groups.filter((one) => one.figures).map((one) => one.figures.people);
    assert.ok(told.every((n) => n === 0 || n >= 5), `few people are told of: ${told}`);
    assert.equal(await ada.page.getByText('Too few to tell').count(), groups.length - told.length);
    await world.shot(ada, 'r1-adoption');
    await serious(ada.page);
  });

  await promise('an officer has the answer to who asked to be forgotten', async () => {
    world.people.olga ??= await arrive(world, 'Olga Writ');
    const { olga } = world.people;
    const { people } = (await ada.ask('/bootstrap')).body;
    await ada.command({ t: 'person.role', person: people.find((one) => one.name === 'Olga Writ').id, role: 'officer' });
    const { code } = await ada.command({ t: 'invite.create', role: 'member', channels: [], hours: 1, uses: 1 });
    const headers = { origin: ada.origin, 'content-type': 'application/json' };
    const joined = await fetch(`${ada.origin}/api/v1/join`, { method: 'POST', headers, body: JSON.stringify({ code, name: 'Nora Leaving', secret: 'correct horse stable' }) });
    const gone = (await joined.json()).me.id;
    await ada.command({ t: 'person.deactivate', person: gone });
    const { order } = await olga.command({ t: 'erase.request', person: gone, reason: 'asked on paper' });
    await ada.command({ t: 'order.approve', order });
    await olga.go(`#/legal/forget/${order}`);
    await olga.page.getByRole('row', { name: /Messages, files and reactions.*Erased/ }).waitFor({ timeout: 20_000 });
    const paper = olga.page.getByRole('article', { name: 'Answer to your request to be forgotten' });
    await paper.getByText('we do not say here whether there is').waitFor();
    await paper.scrollIntoViewIfNeeded();
    await world.shot(olga, 'r2-answer');
    await serious(olga.page);
    await olga.field('Language of the letter').selectOption('de');
    const [file] = await Promise.all([olga.page.waitForEvent('download'), olga.button('Save the letter').click()]);
    const page = readFileSync(await file.path(), 'utf8');
    assert.match(page, /lang="de".*Antwort auf Ihren Antrag auf Löschung/s);
    // In the whole walk everything of everybody may be held by then.
    assert.match(page, /Gelöscht: \d+ Eintr|Es gab nichts, was jetzt gelöscht werden konnte/);
  });

  await promise('who checks is told in a sentence that somebody exported often', async () => {
    const { olga } = world.people;
    const { c } = await ada.command({ t: 'channel.create', kind: 'group', name: 'Weighbridge', people: [] });
    for (let n = 0; n < 5; n++) await olga.command({ t: 'export.request', c, from: 0, to: 1000, reason: 'asked for', case: '2026-7' });
    await olga.go('#/legal/ledger');
    const unusual = olga.page.getByRole('region', { name: 'Unusual' });
    const told = unusual.getByRole('link', { name: /^Olga Writ exported \d+ times on / }).first();
    await told.waitFor();
    await world.shot(olga, 'r3-unusual');
    await serious(olga.page);
    await told.click();
    await olga.button(/Export requested.*Open entry/).first().waitFor();
    assert.match(olga.page.url(), /act=export\.&actor=\w+&from=\d{4}-\d\d-\d\d&to=/);
  });
}
