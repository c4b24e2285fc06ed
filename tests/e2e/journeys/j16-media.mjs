// What was shown, sent and linked is found again without scrolling, and a day is a step away.

import assert from 'node:assert/strict';
import { photo } from '../photo.mjs';
import { serious } from './j8-access.mjs';

export default async function media(world, promise) {
  const { ada, grace } = world.people;
  const { people } = (await ada.ask('/bootstrap')).body;
  const id = (person) => people.find((one) => one.name === person.name).id;
  const c = (await ada.command({ t: 'channel.create', kind: 'group', name: 'Press', people: [id(grace)] })).c;
  await Promise.all([ada.openChannel('Press'), grace.openChannel('Press')]);
  for (const name of ['valve.jpg', 'gasket.jpg', 'pump.jpg', 'seal.jpg']) {
    await grace.page.locator('input[type=file]').setInputFiles({ name, mimeType: 'image/jpeg', buffer: await photo(grace.page) });
    await grace.page.getByText(name).waitFor();
    await grace.say(`This is the ${name}`);
    await grace.sent(`This is the ${name}`);
  }
  await grace.page.locator('input[type=file]').setInputFiles({ name: 'rota.txt', mimeType: 'text/plain', buffer: Buffer.from('early, late, night') });
  await grace.page.getByText('rota.txt').waitFor();
  await grace.say('And the rota');
  await grace.sent('And the rota');
  const link = (await grace.command({ t: 'send', c, b: 'The plan is at https://example.org/plan' })).q;

  await promise('pictures, files and links of a channel stand together, newest first', async () => {
    await ada.go(`#/c/${c}/info`);
    await ada.link('Pictures, files and links').click();
    const panel = ada.page.getByRole('complementary', { name: 'Pictures, files and links' });
    await ada.button('Open seal.jpg', panel).waitFor();
    const names = await panel.getByRole('button', { name: /^Open / }).evaluateAll((all) => all.map((one) => one.getAttribute('aria-label')));
    assert.deepEqual(names, ['Open seal.jpg', 'Open pump.jpg', 'Open gasket.jpg', 'Open valve.jpg']);
    await ada.page.waitForFunction(() => [...document.querySelectorAll('.gallery img')].every((image) => image.complete && image.naturalWidth > 0));
    await world.shot(ada, 'c0-pictures');
    await serious(ada.page);
    await ada.button('Open pump.jpg', panel).click();
    await ada.dialog('Image').getByText('pump.jpg').waitFor();
    await ada.page.keyboard.press('ArrowRight');
    await ada.dialog('Image').getByText('gasket.jpg').waitFor();
    await ada.page.keyboard.press('Escape');
    await panel.getByRole('tab', { name: 'Files' }).click();
    await panel.getByText('rota.txt').waitFor();
    await world.shot(ada, 'c1-files');
    await panel.getByRole('tab', { name: 'Links' }).click();
    await panel.getByText('example.org/plan').waitFor();
    await ada.link('Show in the conversation', panel).click();
    await ada.row('The plan is at').waitFor();
  });

  await promise('what is deleted leaves them at once', async () => {
    await ada.go(`#/c/${c}/media`);
    const panel = ada.page.getByRole('complementary', { name: 'Pictures, files and links' });
    await panel.getByRole('tab', { name: 'Links' }).click();
    await panel.getByText('example.org/plan').waitFor();
    await grace.command({ t: 'del', c, q: link });
    await panel.getByText('Nothing here yet').waitFor();
  });

  await promise('a search looks only for what has a file, and a day is jumped to', async () => {
    await ada.go(`#/search?c=${c}&text=the`);
    await ada.field('Has').selectOption('Files');
    await ada.page.getByText('And the rota').waitFor();
    await ada.page.getByText('This is the valve.jpg').waitFor({ state: 'detached' });
    await world.shot(ada, 'c2-has');
    await ada.go(`#/c/${c}`);
    await ada.row('And the rota').waitFor();
    await ada.button(/Jump to a date$/).first().click();
    const dialog = ada.dialog('Jump to a date');
    await world.shot(ada, 'c3-jump');
    await serious(ada.page);
    await ada.button('Jump', dialog).click();
    await dialog.waitFor({ state: 'detached' });
    await ada.text(/made this channel$/).waitFor();
  });
}
