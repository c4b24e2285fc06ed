// A server that is nearly full, and one that is restarted: nobody loses what they wrote, and everybody is told calmly.

import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { eventually } from '../browser.mjs';
import { CHANNEL } from './j1-begin.mjs';
import { arrive } from './j6-export.mjs';

/** More than any disk has free: the server is read-only from its start. */
const RESERVE = 'disk_reserve_mib = 4000000000\n';
const FULL = 'The server is nearly full. You can read; what you write waits here and is sent by itself.';

export default async function house(world, promise) {
  const { ada, grace, linus } = world.people;

  await promise('health tells each thing with its time, and what to do', async () => {
    await ada.go('#/admin');
    for (const name of ['Last backup', 'Whole log verified', 'Seen from outside', 'Server’s clock', 'Certificate ends', 'Disk', 'Retention run']) await ada.page.locator('.tile').getByText(name, { exact: true }).waitFor();
    await ada.text(/No backup is configured: .* Set backup.to and backup.keys./).waitFor();
    await world.shot(ada, '90-health');
  });

  await promise('on a server that is nearly full people read, and what they write waits and says so', async () => {
    await Promise.all([grace.openChannel(CHANNEL), linus.openChannel(CHANNEL)]);
    await world.site.again(RESERVE);
    await eventually('an open line', async () => !(await grace.text(/^Offline\./).filter({ visible: true }).isVisible()));
    await grace.say('Written on a full disk');
    await grace.text(FULL).filter({ visible: true }).waitFor();
    await grace.row('Written on a full disk').getByRole('img', { name: /Waiting to be sent|Sending/ }).waitFor();
    await world.shot(grace, '91-nearly-full');
    assert.equal(await linus.rows('Written on a full disk').count(), 0);
  });

  await promise('health names the full disk and what to do', async () => {
    await ada.go('#/admin/people');
    await ada.go('#/admin');
    await ada.text(/The data disk is nearly full: nothing can be posted\./).waitFor();
    await world.shot(ada, '92-health-full');
  });

  await promise('when there is room again it is sent by itself, once', async () => {
    await world.site.again();
    await linus.row('Written on a full disk').waitFor({ timeout: 45_000 });
    await grace.row('Written on a full disk').getByRole('img', { name: /Sent|Delivered|Read/ }).waitFor();
    await eventually('the notice is gone', async () => !(await grace.text(FULL).filter({ visible: true }).isVisible()));
    assert.equal(await linus.rows('Written on a full disk').count(), 1);
  });

  await promise('who has left the company is out of everything in one act, and what would pass on is said before', async () => {
    const quinn = (world.people.quinn = await arrive(world, 'Quinn Leaver'));
    const { people } = (await ada.ask('/bootstrap')).body;
    const id = (name) => people.find((one) => one.name === name).id;
    const c = (await quinn.command({ t: 'channel.create', kind: 'group', name: 'Forklifts', people: [id('Linus Baker')] })).c;
    await linus.openChannel('Forklifts');
    await ada.go('#/admin/people');
    await ada.field('Find by name').fill('Quinn');
    await ada.button('Actions for Quinn Leaver').click();
    await ada.page.getByRole('menuitem', { name: 'Deactivate' }).click();
    const dialog = ada.dialog('Deactivate Quinn Leaver?');
    await dialog.getByRole('radio', { name: /^Has left the company/ }).check();
    await ada.text('Forklifts passes to Linus Baker.', dialog).waitFor();
    await world.shot(ada, '93-leaves');
    await ada.button('Deactivate', dialog).click();
    await ada.text('Quinn Leaver is signed out and out of every channel.').waitFor();
    await world.shot(ada, '94-has-left');
    await quinn.field('PIN or password').or(quinn.text(/Sign in/)).first().waitFor();
    await eventually('Linus owns it', async () => {
      const mine = (await linus.ask('/bootstrap')).body.channels.find((one) => one.id === c);
      return mine.members.length === 1 && mine.members[0].owner;
    });
    await world.shot(linus, '95-owns');
    await ada.go('#/admin/ledger?act=person.deactivated');
    await ada.text(/passed on/).first().waitFor();
    await world.shot(ada, '96-one-entry');
  });
  await promise('whoever comes from the company’s directory is marked, and health tells when it was heard', async () => {
    const token = 'a-directory-token-of-more-than-32-characters';
    const file = join(world.site.dir, 'directory-token');
    writeFileSync(file, token);
    await world.site.again(`[directory]\ntoken_file = '${file}'\n`);
    const made = await fetch(`${world.site.origin}/scim/v2/Users`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/scim+json' },
      body: JSON.stringify({ schemas: ['urn:ietf:params:scim:schemas:core:2.0:User'], userName: 'rosa@acme.example', displayName: 'Rosa Registered' }),
    });
    assert.equal(made.status, 201);
    await ada.go('#/admin');
    await ada.go('#/admin/people');
    await ada.field('Find by name').fill('Rosa');
    await ada.text(/^From the directory, last change /).waitFor();
    await world.shot(ada, '97-from-the-directory');
    await ada.go('#/admin');
    await ada.page.locator('.tile').getByText('Directory last heard', { exact: true }).waitFor();
    await ada.text('sees 1 person').scrollIntoViewIfNeeded();
    await world.shot(ada, '98-directory-heard');
    await world.site.again();
  });
}
