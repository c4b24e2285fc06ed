// From the printed link to three people in a channel, without an e-mail address.

import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { eventually, Person } from '../browser.mjs';

const jsqr = createRequire(new URL('../../../web/package.json', import.meta.url))('jsqr');
export const SECRET = { ada: 'correct horse staple', grace: '739154', linus: '864207' };
export const CHANNEL = 'Front desk';

export default async function begin(world, promise) {
  const { browser, shape, site, people } = world;
  let invite;

  await promise('the printed link sets up the workspace', async () => {
    const ada = (people.ada = await Person.arrive(browser, shape, site.origin, 'Ada Lovelace'));
    await ada.page.goto(site.setup);
    await ada.field('Name of the workspace').waitFor();
    await world.shot(ada, '01-setup');
    await ada.field('Name of the workspace').fill('Harbour Hotel');
    await ada.field('Your name').fill(ada.name);
    await ada.field('Choose a PIN or password').fill(SECRET.ada);
    await ada.button('Begin').click();
    await ada.dialog('What is kept, and who sees it').waitFor();
    await world.shot(ada, '02-first-run');
    await passCards(ada);
    await ada.page.getByRole('heading', { name: 'Harbour Hotel' }).waitFor();
    await world.shot(ada, '03-empty');
  });

  await promise('the link works once', async () => {
    const other = await Person.arrive(browser, shape, site.origin, 'Nobody');
    await other.page.goto(site.setup);
    await other.field('Name of the workspace').fill('Stolen');
    await other.field('Your name').fill('Mallory');
    await other.field('Choose a PIN or password').fill('a long password');
    await other.button('Begin').click();
    await other.page.getByRole('alert').waitFor();
    await other.leave();
  });

  await promise('a channel is made', async () => {
    const { ada } = people;
    await ada.fromMenu('New', 'New channel');
    const dialog = ada.dialog('New channel');
    await ada.field('Name of the channel', dialog).fill(CHANNEL);
    await ada.field('What it is about (optional)', dialog).fill('Shifts, guests, keys');
    await world.shot(ada, '04-new-channel');
    await ada.button('Create', dialog).click();
    await ada.page.getByRole('heading', { name: CHANNEL, level: 1 }).waitFor();
    await ada.text('Ada Lovelace made this channel', ada.page.getByRole('log', { name: 'Messages' })).waitFor();
    world.channel = new URL(ada.page.url()).hash.split('/')[2];
    await world.shot(ada, '05-new-conversation');
  });

  await promise('its owner invites by a link and a code to scan', async () => {
    const { ada } = people;
    await ada.page.getByRole('link', { name: new RegExp(`^Details of ${CHANNEL}`) }).click();
    await world.shot(ada, '06-details');
    await ada.link('Invite people', ada.page.getByRole('complementary', { name: 'Channel details' })).click();
    await ada.button('Make the invite').click();
    invite = await ada.field('Invite link').inputValue();
    await ada.page.getByRole('img', { name: 'QR code of the invite' }).waitFor();
    await world.shot(ada, '07-invite');
    assert.match(invite, new RegExp(`^${site.origin}/#/join/.+`));
  });

  await promise('the code says the same as the link', async () => {
    const pixels = await pixelsOf(people.ada, people.ada.page.getByRole('img', { name: 'QR code of the invite' }));
    assert.equal(jsqr(pixels.data, pixels.width, pixels.height)?.data, invite);
  });

  await promise('two people join by it with a name and a PIN', async () => {
    for (const [key, name] of [['grace', 'Grace Hopper'], ['linus', 'Linus Baker']]) {
      const person = (people[key] = await Person.arrive(browser, shape, site.origin, name));
      await join(person, invite, SECRET[key], key === 'grace' ? world : null);
      await person.page.getByRole('list', { name: 'Channels' }).getByRole('link', { name: CHANNEL }).waitFor();
    }
  });

  await promise('who is there sees them come', async () => {
    await people.ada.openChannel(CHANNEL);
    const log = people.ada.page.getByRole('log', { name: 'Messages' });
    await log.getByText('Grace Hopper joined').waitFor();
    await log.getByText('Linus Baker joined').waitFor();
    await people.ada.text(/^3 members/).waitFor();
  });

  await promise('a simple PIN is refused with the reason', async () => {
    const person = await Person.arrive(browser, shape, site.origin, 'Simple');
    await person.page.goto(invite);
    await person.field('Your name').fill('Simple Simon');
    await person.field('Choose a PIN or password').fill('123456');
    await person.button('Join').click();
    const said = await eventually('a reason', () => person.page.getByRole('alert').textContent());
    assert.ok(said.length > 15, said);
    await world.shot(person, '10-simple-pin');
    await person.leave();
  });

  await promise('a link that was made up is said to be dead', async () => {
    const person = await Person.arrive(browser, shape, site.origin, 'Guess');
    await person.page.goto('/#/join/AAAAAAAAAAAAAAAAAAAAAAAAAA');
    await person.text('This link does not work any more').waitFor();
    await world.shot(person, '11-dead-link');
    await person.leave();
  });
}

export async function join(person, invite, secret, world = null) {
  await person.page.goto(invite);
  await person.field('Your name').fill(person.name);
  await person.field('Choose a PIN or password').fill(secret);
  if (world) await world.shot(person, '08-join');
  await person.button('Join').click();
  await person.dialog('What is kept, and who sees it').waitFor();
  if (world) {
    await person.button('Continue').click();
    await world.shot(person, '09-first-run-2');
    await person.button('Back').click();
  }
  await passCards(person);
}

async function passCards(person) {
  await person.button('Continue').click();
  await person.button('Continue').click();
  await person.button('Start').click();
  await person.page.getByRole('dialog').waitFor({ state: 'detached' });
}

/** What a camera would see of an element. */
async function pixelsOf(person, element) {
  const picture = await element.screenshot({ scale: 'css' });
  const { width, height, data } = await person.page.evaluate(async (base64) => {
    const bytes = Uint8Array.from(atob(base64), (char) => char.charCodeAt(0));
    const image = await createImageBitmap(new Blob([bytes], { type: 'image/png' }));
    const pen = new OffscreenCanvas(image.width, image.height).getContext('2d');
    pen.drawImage(image, 0, 0);
    let text = '';
    for (const byte of pen.getImageData(0, 0, image.width, image.height).data) text += String.fromCharCode(byte);
    return { width: image.width, height: image.height, data: btoa(text) };
  }, picture.toString('base64'));
  return { width, height, data: Uint8ClampedArray.from(Buffer.from(data, 'base64')) };
}
