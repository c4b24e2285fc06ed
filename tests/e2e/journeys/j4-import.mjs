// A WhatsApp group moves in, with its past.

import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { eventually } from '../browser.mjs';
import { CHANNEL } from './j1-begin.mjs';

const SHARED = fileURLToPath(new URL('../../../../shared/data/whatsapp/', import.meta.url));

/** Thirty-odd lines over two days, as an Android phone writes them: an event, a row of several lines, media left out. */
export const EXPORT = `25/03/2024, 08:58 - Messages and calls are end-to-end encrypted. No one outside of this chat, not even WhatsApp, can read or listen to them.
25/03/2024, 08:59 - Grace Hopper created group "Harbour crew"
25/03/2024, 09:01 - Grace Hopper: Good morning crew
25/03/2024, 09:02 - Linus Baker: Morning!
25/03/2024, 09:03 - Bobby Tables: Hi all, first day
25/03/2024, 09:04 - Grace Hopper: Welcome Bobby. Three things:
1. the key hangs behind the bar
2. the ice machine needs a kick
3. never lend the forklift
25/03/2024, 09:06 - Bobby Tables: Noted 🙂
25/03/2024, 09:07 - Linus Baker: <Media omitted>
25/03/2024, 09:08 - Linus Baker: That is the ice machine
25/03/2024, 09:10 - Grace Hopper: Exactly there: kick
25/03/2024, 10:31 - +49 170 1234567: Delivery at eleven, gate 2
25/03/2024, 10:32 - Grace Hopper: Thanks
25/03/2024, 11:15 - Bobby Tables: Is the quarterdeck lamp broken?
25/03/2024, 11:17 - Linus Baker: Since Sunday
25/03/2024, 11:18 - Grace Hopper: Electrician comes tomorrow
25/03/2024, 17:45 - Linus Baker: <Media omitted>
25/03/2024, 17:46 - Linus Baker: Sunset from the terrace
25/03/2024, 22:02 - Bobby Tables: Closed. All keys back
26/03/2024, 07:55 - Grace Hopper: Electrician here at nine
26/03/2024, 07:58 - Linus Baker: I let him in
26/03/2024, 09:12 - Linus Baker: He is here
26/03/2024, 09:40 - Bobby Tables: Light!
26/03/2024, 09:41 - Grace Hopper: Finally
26/03/2024, 09:42 - Grace Hopper: Invoice to the office please
26/03/2024, 12:00 - +49 170 1234567: Which office?
26/03/2024, 12:03 - Grace Hopper: Pier 4, second floor
26/03/2024, 12:04 - Bobby Tables: This message was deleted
26/03/2024, 18:20 - Linus Baker: Table nine asks for the chef
26/03/2024, 18:21 - Grace Hopper: On her way
26/03/2024, 23:10 - Linus Baker: Good night
`;

export default async function bring(world, promise) {
  const { ada, linus } = world.people;

  const choose = async (name, bytes) => {
    await ada.go(`#/import/${world.channel}`);
    await ada.page.getByRole('heading', { name: 'Import from WhatsApp' }).waitFor();
    await ada.page.locator('input[type=file]').setInputFiles({ name, mimeType: 'text/plain', buffer: bytes });
  };
  const drop = async () => {
    await ada.button('Start over').click();
    await ada.button('Drop it').click();
    await ada.page.getByRole('button', { name: 'Choose a file', includeHidden: true }).waitFor();
  };

  await promise('an export is shown before anything comes in', async () => {
    await ada.openChannel(CHANNEL);
    await ada.page.getByRole('link', { name: new RegExp(`^Details of ${CHANNEL}`) }).click();
    await ada.link('Bring in a WhatsApp chat').click();
    await ada.page.getByRole('heading', { name: 'Import from WhatsApp' }).waitFor();
    await world.shot(ada, '24-import-file');
    await ada.page.locator('input[type=file]').setInputFiles({ name: 'WhatsApp Chat with Harbour crew.txt', mimeType: 'text/plain', buffer: Buffer.from(EXPORT) });
    const found = ada.page.getByRole('region', { name: 'What was found' });
    await found.waitFor();
    const facts = await found.innerText();
    assert.match(facts, /Android/);
    assert.match(facts, /25 Mar\w* 2024.*26 Mar\w* 2024/s);
    assert.match(facts, /Day first/);
    assert.match(facts, /People\s+4/);
    await ada.text('Good morning crew').waitFor();
    await world.shot(ada, '25-import-check');
    assert.equal(await linus.rows('Good morning crew').count(), 0);
  });

  await promise('names are matched to people', async () => {
    await ada.button('Next: match names').click();
    for (const name of ['Grace Hopper', 'Linus Baker']) {
      const choice = ada.field(`Person for ${name}`);
      assert.match(await choice.locator('option:checked').textContent(), new RegExp(`^${name} \\(suggested\\)`));
    }
    await ada.field('Person for Bobby Tables').selectOption({ label: 'New person, not active yet' });
    await ada.field('Person for +49 170 1234567').selectOption({ label: 'Keep the name only' });
    await world.shot(ada, '26-import-names');
  });

  await promise('the history comes in', async () => {
    await ada.button('Import').click();
    await ada.text('Imported', ada.page.getByRole('status')).waitFor({ timeout: 15_000 });
    await world.shot(ada, '27-import-done');
    await ada.link('Open the channel').click();
    await ada.page.getByRole('log', { name: 'Messages' }).waitFor();
  });

  await promise('it is marked as imported and unverified, for every member', async () => {
    for (const person of [ada, linus]) {
      await person.openChannel(CHANNEL);
      const row = person.row('Good night');
      await eventually('the last imported row', async () => {
        await person.page.getByRole('log', { name: 'Messages' }).evaluate((log) => (log.scrollTop = log.scrollHeight));
        return row.isVisible();
      });
      await row.getByText('imported, unverified').waitFor();
      assert.match(await row.getByText('imported, unverified').getAttribute('title'), /26 Mar 2024/);
    }
    // Under its own day and hour, not those of the import.
    assert.match(await linus.row('Good night').innerText(), /23:10/);
    assert.ok(await linus.page.getByRole('region', { name: /26 March 2024/ }).count());
    await world.shot(linus, '28-imported');
  });

  await promise('search finds an imported line', async () => {
    await linus.go('#/search');
    await linus.field('Search messages').fill('quarterdeck');
    const hit = linus.page.getByRole('link', { name: /quarterdeck lamp/ });
    await hit.waitFor();
    await hit.click();
    await linus.row('Is the quarterdeck lamp broken?').waitFor();
  });

  await promise('the same file a second time brings nothing', async () => {
    await choose('again.txt', Buffer.from(EXPORT));
    await ada.text('Everything in this file is already in the channel.').waitFor();
    await drop();
  });

  await promise('a file that is no export is refused with the reason', async () => {
    await choose('letter.txt', Buffer.from('Dear Sir or Madam,\nplease find attached nothing.\n'));
    const alert = ada.page.getByRole('alert');
    await alert.waitFor();
    assert.match(await alert.innerText(), /cannot be imported/);
    await world.shot(ada, '29-import-refused');
  });

  await promise('exports of real phones are read', async () => {
    if (!existsSync(SHARED)) return 'skipped: no shared data';
    const files = readdirSync(SHARED).flatMap((dir) => {
      const inside = join(SHARED, dir);
      return statSync(inside).isDirectory() ? readdirSync(inside).map((name) => join(inside, name)) : [];
    });
    const texts = files.filter((file) => file.endsWith('.txt') && statSync(file).size > 0);
    if (!texts.length) return 'skipped: no shared data';
    for (const file of world.shape.touch ? texts.slice(0, 1) : texts) {
      await choose('real.txt', readFileSync(file));
      const found = ada.page.getByRole('region', { name: 'What was found' });
      await found.waitFor().catch(async (error) => {
        throw new Error(`${file}: ${(await ada.page.locator('.room').innerText()).slice(0, 300)}\n${error.message}`);
      });
      assert.match(await found.innerText(), /Messages\s+[1-9]/, file);
      await drop();
    }
  });
}
