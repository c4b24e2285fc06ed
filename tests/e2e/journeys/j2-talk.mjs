// Talking: what one writes is there for the other at once, and every later change too.

import assert from 'node:assert/strict';
import { eventually } from '../browser.mjs';
import { photo, SECRET_PLACE } from '../photo.mjs';
import { CHANNEL } from './j1-begin.mjs';

export default async function talk(world, promise) {
  const { grace, linus } = world.people;

  await promise('words arrive live, both ways', async () => {
    await Promise.all([grace.openChannel(CHANNEL), linus.openChannel(CHANNEL)]);
    await grace.say('Morning! Who opens the bar today?');
    await linus.row('Morning! Who opens the bar today?').waitFor();
    await linus.say('I do. The *key* is in the safe, see https://example.com/keys');
    await grace.row('I do. The key is in the safe').waitFor();
    assert.equal(await grace.row('I do.').getByRole('link').getAttribute('href'), 'https://example.com/keys');
    assert.equal(await grace.row('I do.').locator('strong, b').filter({ hasText: /^key$/ }).count(), 1);
  });

  await promise('one sees that the other is writing', async () => {
    await linus.composer.pressSequentially('And the ter', { delay: 20 });
    await grace.text('Linus is writing…').waitFor();
    await world.shot(grace, '12-typing');
    await linus.composer.fill('');
  });

  await promise('a reply quotes what it answers', async () => {
    await grace.act(grace.row('I do.'), 'Reply');
    await grace.say('Perfect, thank you');
    const row = linus.row('Perfect, thank you');
    await row.waitFor();
    await row.getByRole('button', { name: /^Go to the message of Linus Baker/ }).waitFor();
  });

  await promise('a thread stands beside, its root counts it', async () => {
    await grace.act(grace.row('Morning!'), 'Reply in thread');
    const panel = grace.page.getByRole('complementary', { name: 'Thread' });
    await panel.waitFor();
    await grace.say('And who closes?', panel.getByRole('textbox', { name: 'Reply in the thread' }));
    await linus.button(/Open the thread: 1 reply/).click();
    await linus.row('And who closes?', 'Thread').waitFor();
    await linus.say('Ada does', linus.page.getByRole('textbox', { name: 'Reply in the thread' }));
    await grace.row('Ada does', 'Thread').waitFor();
    await world.shot(grace, '13-thread');
    await grace.button('Close the thread').click();
    await linus.button('Close the thread').click();
    await grace.button(/Open the thread: 2 replies/).waitFor();
    assert.equal(await grace.rows('Ada does').count(), 0, 'replies of a thread do not stand in the main timeline');
  });

  await promise('a reaction is counted, and taken back', async () => {
    await linus.act(linus.row('Perfect, thank you'), 'React with 👍');
    const counted = grace.row('Perfect, thank you').getByRole('button', { name: /👍, 1 in all/ });
    await counted.click();
    await linus.row('Perfect, thank you').getByRole('button', { name: /👍, 2 in all/ }).click();
    await grace.row('Perfect, thank you').getByRole('button', { name: /👍, 1 in all/ }).waitFor();
  });

  await promise('an edit is seen, marked, and its history kept', async () => {
    await linus.say('We start at sevn');
    await linus.sent('We start at sevn');
    await linus.act(linus.row('We start at sevn'), 'Edit');
    await linus.composer.fill('We start at seven');
    await linus.button('Save').click();
    const row = grace.row('We start at seven');
    await row.waitFor();
    await row.getByText('edited').waitFor();
    await grace.act(row, 'See earlier versions');
    await grace.dialog('Earlier versions').getByText('We start at sevn').waitFor();
    await world.shot(grace, '14-history');
    await grace.page.keyboard.press('Escape');
    await grace.dialog('Earlier versions').waitFor({ state: 'detached' });
  });

  await promise('deleting says that the record remains, and hides it for all', async () => {
    await linus.say('Wrong window, sorry');
    await grace.row('Wrong window, sorry').waitFor();
    await linus.sent('Wrong window, sorry');
    await linus.act(linus.row('Wrong window, sorry'), 'Delete');
    const dialog = linus.dialog('Delete this message?');
    await dialog.getByText('Its record remains until retention ends it').waitFor();
    await world.shot(linus, '15-delete');
    await linus.button('Delete', dialog).click();
    for (const person of [linus, grace]) {
      await person.row('This message was deleted').waitFor();
      assert.equal(await person.rows('Wrong window, sorry').count(), 0);
    }
  });

  await promise('a mention is offered by name and stands as a number in the list', async () => {
    await linus.go('#/people');
    await grace.composer.pressSequentially('Hey @lin');
    await grace.page.getByRole('option', { name: /Linus Baker/ }).waitFor();
    await world.shot(grace, '16-mention');
    if (grace.shape.touch) await grace.page.getByRole('option', { name: /Linus Baker/ }).tap();
    else await grace.composer.press('Enter');
    await grace.composer.pressSequentially('look at the rota');
    await grace.say(await grace.composer.inputValue());
    await grace.row('Hey @Linus Baker look at the rota').waitFor();
    await linus.go('#/');
    await linus.page.getByRole('list', { name: 'Channels' }).getByLabel('1 mention of you').waitFor();
    await world.shot(linus, '17-list');
    await linus.openChannel(CHANNEL);
  });

  await promise('ticks go from sent to delivered to read', async () => {
    await linus.page.goto('about:blank');
    await grace.go('#/people');
    await grace.button(/Message Linus Baker/).click();
    await grace.page.getByRole('heading', { name: 'Linus Baker', level: 1 }).waitFor();
    await grace.say('Can you swap Friday?');
    const row = grace.row('Can you swap Friday?');
    await row.getByRole('img', { name: 'Sent', exact: true }).waitFor();
    await linus.page.goto('/');
    await row.getByRole('img', { name: 'Delivered', exact: true }).waitFor();
    await linus.openChannel('Grace Hopper');
    await row.getByRole('img', { name: 'Read', exact: true }).waitFor();
    await world.shot(grace, '18-direct');
    await grace.act(row, 'Message info');
    await grace.dialog('Message info').getByText('Linus Baker').waitFor();
    await grace.page.keyboard.press('Escape');
  });

  await promise('a photo is sent, seen small, opened large', async () => {
    await Promise.all([grace.openChannel(CHANNEL), linus.openChannel(CHANNEL)]);
    const sent = await photo(grace.page);
    assert.ok(sent.includes(SECRET_PLACE), 'the photo must carry a place to lose');
    await grace.page.locator('input[type=file]').setInputFiles({ name: 'terrace.jpg', mimeType: 'image/jpeg', buffer: sent });
    await grace.page.getByText('terrace.jpg').waitFor();
    await grace.say('The terrace this morning');
    const picture = linus.button('Open terrace.jpg');
    await picture.waitFor();
    await eventually('the thumbnail', () => picture.locator('img').evaluate((image) => image.complete && image.naturalWidth > 0));
    const [small, source] = await picture.locator('img').evaluate((image) => [image.naturalWidth, image.src]);
    assert.match(source, /thumb=1/);
    assert.ok(small < 1600, `a thumbnail, not the whole picture: ${small}`);
    await world.shot(linus, '19-photo');
    await picture.click();
    const large = linus.page.getByRole('dialog', { name: 'Image' }).getByRole('img');
    await eventually('the whole picture', () => large.evaluate((image) => image.naturalWidth === 1600));
    await world.shot(linus, '20-viewer');
    world.photoSource = await large.evaluate((image) => image.src);
    await linus.button('Close', linus.page.getByRole('dialog', { name: 'Image' })).click();
  });

  await promise('place and author of the photo are gone from its bytes', async () => {
    for (const address of [world.photoSource, `${world.photoSource}?thumb=1`]) {
      const bytes = await (await linus.context.request.get(address)).body();
      assert.ok(bytes.length > 1000);
      assert.ok(!bytes.includes(SECRET_PLACE), 'the place is still there');
      assert.ok(!bytes.includes('Exif'), 'the EXIF block is still there');
    }
  });

  await promise('a stranger to the channel cannot have the photo', async () => {
    const answer = await (await world.browser.newContext()).request.get(world.photoSource);
    assert.equal(answer.status(), 401);
  });

  await world.shot(grace, '21-conversation');
}
