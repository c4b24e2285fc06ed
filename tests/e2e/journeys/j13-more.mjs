// What people are used to: all emoji, pictures large, voice notes, and messages taken along or chosen together.

import assert from 'node:assert/strict';
import { eventually } from '../browser.mjs';
import { photo } from '../photo.mjs';
import { CHANNEL } from './j1-begin.mjs';
import { serious } from './j8-access.mjs';

export default async function more(world, promise) {
  const { grace, linus } = world.people;
  await Promise.all([grace.openChannel(CHANNEL), linus.openChannel(CHANNEL)]);
  const attach = async (name, mimeType, buffer) => {
    await grace.page.locator('input[type=file]').setInputFiles({ name, mimeType, buffer });
    await grace.page.getByText(name).waitFor();
  };

  await promise('an emoji is found by word, in the tone one chose, and offered first the next time', async () => {
    await grace.button('Emoji').click();
    const picker = grace.dialog('Pick an emoji');
    await picker.getByRole('tab', { name: 'Food and drink' }).click();
    await picker.getByRole('button', { name: 'pizza' }).waitFor();
    await picker.getByRole('button', { name: 'Medium dark', exact: true }).click();
    await world.shot(grace, '80-emoji');
    await serious(grace.page);
    await picker.getByRole('searchbox').fill('thumbs u');
    await picker.getByRole('button', { name: 'thumbs up', exact: true }).waitFor();
    await grace.page.keyboard.press('ArrowDown');
    await grace.page.keyboard.press('Enter');
    await picker.waitFor({ state: 'detached' });
    assert.equal(await grace.composer.inputValue(), '👍🏾');
    await grace.composer.fill('');
    await grace.button('Emoji').click();
    await picker.getByRole('tab', { name: 'Recent' }).and(grace.page.locator('[aria-selected=true]')).waitFor();
    await picker.getByRole('button', { name: '👍🏾' }).waitFor();
    await picker.getByRole('searchbox').press('Escape');
    await picker.waitFor({ state: 'detached' });
  });

  await promise('a picture is zoomed by key, button and wheel, and its neighbours are a key away', async () => {
    for (const name of ['pier.jpg', 'crane.jpg']) {
      await attach(name, 'image/jpeg', await photo(grace.page));
      await grace.say(`Here: ${name}`);
      await linus.button(`Open ${name}`).waitFor();
    }
    await linus.button('Open crane.jpg').click();
    const viewer = linus.dialog('Image');
    const scale = () => viewer.getByRole('img').evaluate((node) => Number(/scale\(([\d.]+)\)/.exec(node.style.transform)?.[1] ?? 1));
    await viewer.getByText('crane.jpg').waitFor();
    await linus.page.keyboard.press('+');
    assert.ok((await scale()) > 1);
    await linus.page.keyboard.press('0');
    assert.equal(await scale(), 1);
    await linus.button('Zoom in', viewer).click();
    await world.shot(linus, '81-zoomed');
    await linus.button('Zoom out', viewer).click();
    const box = await viewer.getByRole('img').boundingBox();
    if (!linus.shape.touch) {
      await linus.page.mouse.move(box.x + box.width / 3, box.y + box.height / 2);
      await linus.page.mouse.wheel(0, -400);
      await eventually('larger by the wheel', async () => (await scale()) > 2);
      await linus.page.keyboard.press('0');
    } else {
      for (let tap = 0; tap < 2; tap++) await linus.page.touchscreen.tap(box.x + box.width / 2, box.y + box.height / 2);
      await eventually('larger by two taps', async () => (await scale()) > 2);
      await linus.page.keyboard.press('0');
    }
    await linus.page.keyboard.press('ArrowLeft');
    await viewer.getByText('pier.jpg').waitFor();
    await linus.page.keyboard.press('ArrowRight');
    await viewer.getByText('crane.jpg').waitFor();
    await viewer.getByRole('link', { name: 'Download crane.jpg' }).waitFor();
    await world.shot(linus, '81-viewer');
    await serious(linus.page);
    await linus.page.keyboard.press('Escape');
    await viewer.waitFor({ state: 'detached' });
  });

  await promise('while one records one sees that one is heard', async () => {
    await grace.context.grantPermissions(['microphone']);
    await grace.button('Record a voice note').click();
    const meter = grace.page.getByRole('meter', { name: 'Loudness' });
    await eventually('a sound', () => meter.evaluate((node) => node.value > 0.01));
    await grace.page.waitForTimeout(1500);
    await world.shot(grace, '82-recording');
    await grace.button('Attach the recording').click();
    await grace.page.getByText(/^voice-.*\.(webm|m4a|ogg)$/).waitFor();
    await grace.button('Send').click();
  });

  await promise('a voice note is drawn, played faster, and sought by keyboard', async () => {
    const row = linus.rows().filter({ has: linus.page.getByRole('slider', { name: 'Position in the voice note' }) }).last();
    const slider = row.getByRole('slider', { name: 'Position in the voice note' });
    await slider.waitFor();
    const heights = () => row.locator('.sound-line path').first().evaluate((node) => new Set((node.getAttribute('d') ?? '').split('M').map((bar) => bar.split(' ')[1])).size);
    await eventually('its shape', async () => (await heights()) > 3);
    await row.getByRole('button', { name: 'Speed: 1×' }).click();
    await row.getByRole('button', { name: 'Speed: 1.5×' }).click();
    await row.getByRole('button', { name: 'Play the voice note' }).click();
    await eventually('it plays, twice as fast', () => row.locator('audio').evaluate((node) => node.currentTime > 0.1 && node.playbackRate === 2));
    await eventually('it ends', () => row.locator('audio').evaluate((node) => node.paused));
    await slider.press('ArrowRight');
    assert.ok((await slider.evaluate((node) => Number(node.value))) > 0.5);
    await world.shot(linus, '83-voice');
    await row.getByRole('button', { name: 'Speed: 2×' }).click();
  });

  await promise('a message is forwarded with its picture, and does not pass for one’s own', async () => {
    await linus.act(linus.row('Here: pier.jpg'), 'Forward');
    const dialog = linus.dialog('Forward to');
    await world.shot(linus, '84-forward');
    await dialog.getByRole('button', { name: 'Grace Hopper' }).click();
    await dialog.waitFor({ state: 'detached' });
    await linus.openChannel('Grace Hopper');
    await linus.sent('Here: pier.jpg');
    const row = linus.row('Here: pier.jpg');
    await row.locator('em').filter({ hasText: /^Forwarded$/ }).waitFor();
    const image = row.getByRole('button', { name: 'Open pier.jpg' }).locator('img');
    await eventually('the picture', () => image.evaluate((node) => node.complete && node.naturalWidth > 0));
    await linus.openChannel(CHANNEL);
  });

  await promise('several are chosen by press or key, copied in their order, and one’s own deleted', async () => {
    for (const words of ['First of two', 'Second of two']) {
      await linus.say(words);
      await linus.sent(words);
    }
    // What was just told lies over the newest rows for a moment.
    await eventually('no toast', async () => (await linus.page.locator('.toast').count()) === 0);
    await linus.act(linus.row('Second of two'), 'Select');
    const bar = linus.page.getByRole('toolbar', { name: 'Selected messages' });
    await bar.getByText('1 selected').waitFor();
    if (linus.shape.touch) await linus.row('First of two').click();
    else {
      await linus.row('First of two').focus();
      await linus.page.keyboard.press('Enter');
    }
    await bar.getByText('2 selected').waitFor();
    await world.shot(linus, '85-select');
    await serious(linus.page);
    await linus.row('Here: crane.jpg').getByText('Here: crane.jpg').click();
    await bar.getByText('3 selected').waitFor();
    assert.ok(await linus.button('Delete', bar).isDisabled(), 'what another wrote is not deleted by a member');
    await linus.context.grantPermissions(['clipboard-read', 'clipboard-write']);
    await linus.row('Here: crane.jpg').getByRole('checkbox').click();
    await bar.getByText('2 selected').waitFor();
    await linus.button('Delete', bar).click();
    await linus.button('Delete', linus.dialog('Delete 2 messages?')).click();
    await bar.waitFor({ state: 'detached' });
    for (const person of [linus, grace]) await eventually('both are gone', async () => (await person.rows('of two').count()) === 0);
    await eventually('no toast', async () => (await linus.page.locator('.toast').count()) === 0);
    await linus.act(linus.row('Here: pier.jpg'), 'Select');
    await linus.row('Here: crane.jpg').getByRole('checkbox').click();
    await linus.button('Copy text', bar).click();
    const copied = await linus.page.evaluate(() => navigator.clipboard.readText());
    assert.match(copied, /^\[.+\] Grace Hopper: Here: pier\.jpg\n\[.+\] Grace Hopper: Here: crane\.jpg$/);
    await bar.waitFor({ state: 'detached' });
    await linus.composer.waitFor();
  });
}
