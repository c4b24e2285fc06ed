// Channels that belong together stand under one channel of announcements, and who wants in asks at the door.

import assert from 'node:assert/strict';
import { Person } from '../browser.mjs';
import { join } from './j1-begin.mjs';
import { serious } from './j8-access.mjs';

export default async function community(world, promise) {
  const { ada, grace, linus } = world.people;
  const { people } = (await ada.ask('/bootstrap')).body;
  const id = (person) => people.find((one) => one.name === person.name).id;
  const plant = (await ada.command({ t: 'channel.create', kind: 'announcement', name: 'Plant', people: [] })).c;
  const early = (await ada.command({ t: 'channel.create', kind: 'group', name: 'Early shift', topic: 'Six to two', people: [id(grace)] })).c;
  const late = (await ada.command({ t: 'channel.create', kind: 'group', name: 'Late shift', people: [id(linus)] })).c;
  const region = (person, name) => person.page.getByRole('region', { name, exact: true });

  await promise('an owner puts channels into a community, and who is in one hears of all', async () => {
    await ada.go(`#/c/${plant}/info`);
    for (const name of ['Early shift', 'Late shift']) {
      await ada.button('Put into a community').click();
      await ada.page.getByRole('menuitem', { name }).click();
      await world.shot(ada, 'k0-put');
      await ada.button('Put into a community', ada.dialog('Put it into “Plant”?')).click();
      await region(ada, 'Community').getByRole('link', { name }).waitFor();
    }
    await world.shot(ada, 'k1-community');
    await serious(ada.page);
    await ada.command({ t: 'send', c: plant, b: 'The canteen is closed today' });
    await linus.go(`#/c/${plant}`);
    await linus.row('The canteen is closed today').waitFor();
    await linus.go('#/');
    await linus.page.getByRole('link', { name: /Late shift · Plant/ }).waitFor();
    await world.shot(linus, 'k2-list');
    await grace.openChannel('Early shift');
    await grace.text('Ada Lovelace put this channel into a community', grace.page.getByRole('log', { name: 'Messages' })).waitFor();
  });

  await promise('who is in the community sees its other channels, asks to join, and an owner lets her in', async () => {
    await linus.go(`#/c/${plant}/info`);
    const inside = region(linus, 'Community');
    await inside.getByText('Six to two').waitFor();
    assert.equal(await inside.getByRole('link', { name: 'Early shift' }).count(), 0, 'it opens for who is in it');
    await linus.button('Ask to join', inside).click();
    await inside.getByText('Asked', { exact: true }).waitFor();
    await world.shot(linus, 'k3-asked');
    await serious(linus.page);
    await ada.openChannel('Early shift');
    await ada.text('1 person asks to join').waitFor();
    await world.shot(ada, 'k4-somebody-asks');
    await ada.link('Show').click();
    const door = region(ada, 'Who asks to join');
    await world.shot(ada, 'k5-door');
    await serious(ada.page);
    await door.getByRole('button', { name: 'Let in Linus Baker' }).click();
    await door.waitFor({ state: 'detached' });
    await inside.getByRole('link', { name: 'Early shift' }).click();
    await linus.page.getByRole('log', { name: 'Messages' }).waitFor();
  });

  await promise('who comes by a poster that anybody could photograph waits until an owner lets her in', async () => {
    await ada.go(`#/invite?c=${late}`);
    await ada.field('An owner lets each person in (for a poster that anybody could photograph)').check();
    await ada.button('Make the invite').click();
    const link = await ada.field('Invite link').inputValue();
    const stranger = await Person.arrive(world.browser, world.shape, world.site.origin, 'Mary Early');
    await stranger.page.goto(link);
    await stranger.text('An owner lets you in.').waitFor();
    await world.shot(stranger, 'k6-poster');
    await join(stranger, link, '280946');
    await stranger.text(/You asked to join Late shift/).waitFor();
    await world.shot(stranger, 'k7-waiting');
    await serious(stranger.page);
    await ada.go(`#/c/${late}/info`);
    await region(ada, 'Who asks to join').getByRole('button', { name: 'Let in Mary Early' }).click();
    await stranger.page.getByRole('link', { name: /Late shift/ }).waitFor();
    await stranger.leave();
  });
}
