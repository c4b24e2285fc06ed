// What one types on one device stands on the other, and what is sent there is gone here.

import assert from 'node:assert/strict';
import { eventually, Person } from '../browser.mjs';
import { SECRET } from './j1-begin.mjs';

const HALF = 'Could you please bring the';
const WHOLE = 'Could you please bring the red box?';

export default async function drafts(world, promise) {
  const { ada, grace, linus } = world.people;
  const { people } = (await ada.ask('/bootstrap')).body;
  const id = (person) => people.find((one) => one.name === person.name).id;
  await ada.command({ t: 'channel.create', kind: 'group', name: 'Moving', people: [id(grace), id(linus)] });
  const row = (person) => person.page.getByRole('list', { name: 'Channels' }).getByRole('link', { name: /Moving/ });
  const stands = (person, words) => eventually(`“${words}” at ${person.name}`, async () => (await person.composer.inputValue()) === words);
  let other;

  await promise('what she types on one device stands on the other', async () => {
    await grace.openChannel('Moving');
    other = world.people.other = await Person.arrive(world.browser, world.shape, world.site.origin, 'Elsewhere');
    await other.page.goto('/');
    await other.field('User name').fill('grace.hopper');
    await other.field('PIN or password').fill(SECRET.grace);
    await other.button('Sign in').click();
    await row(other).waitFor();
    await grace.composer.fill(HALF);
    await row(other).filter({ hasText: `Draft: ${HALF}` }).waitFor();
    await world.shot(other, 'd0-in-the-list');
    await row(other).click();
    await stands(other, HALF);
    await world.shot(other, 'd1-in-the-composer');
  });

  await promise('nothing moves under her hands, and the newest stands on both when she looks away', async () => {
    await grace.composer.focus();
    await other.composer.press('End');
    await other.composer.pressSequentially(WHOLE.slice(HALF.length));
    const list = await other.context.newPage();
    await list.goto('/');
    await list.getByRole('link', { name: /Moving/ }).filter({ hasText: `Draft: ${WHOLE}` }).waitFor();
    await list.close();
    // It was said after the draft was told, on the same line.
    await ada.openChannel('Moving');
    await ada.say('Is anybody there?');
    await grace.row('Is anybody there?').waitFor();
    assert.equal(await grace.composer.inputValue(), HALF);
    await grace.composer.evaluate((node) => node.blur());
    await stands(grace, WHOLE);
  });

  await promise('who comes later finds it, and nobody else does', async () => {
    await grace.page.reload();
    await grace.composer.waitFor();
    await stands(grace, WHOLE);
    await linus.openChannel('Moving');
    assert.equal(await linus.composer.inputValue(), '');
    await linus.go('#/');
    assert.equal(await row(linus).filter({ hasText: 'Draft' }).count(), 0);
  });

  await promise('she sends it there, and it is gone here', async () => {
    await other.say(WHOLE, other.composer);
    await grace.row(WHOLE).waitFor();
    await stands(grace, '');
    await world.shot(grace, 'd2-gone');
    await grace.go('#/');
    await row(grace).waitFor();
    assert.equal(await row(grace).filter({ hasText: 'Draft' }).count(), 0);
    await grace.page.reload();
    await grace.openChannel('Moving');
    await grace.row(WHOLE).waitFor();
    assert.equal(await grace.composer.inputValue(), '', 'it does not come back');
  });

  if (other) {
    grace.faults.push(...other.faults);
    delete world.people.other;
    await other.leave();
  }
}
