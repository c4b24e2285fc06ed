// Days that leave by themselves: proposed by one, approved by another, and told of while the destination is away. For
// that the server's clock goes two days ahead of everybody's, and is set right in the end.

import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync } from 'node:fs';
import { join as path } from 'node:path';
import { eventually } from '../browser.mjs';
import { CHANNEL } from './j1-begin.mjs';
import { arrive, setRole } from './j6-export.mjs';

export default async function archive(world, promise) {
  const { ada, grace } = world.people;
  const vault = path(world.site.dir, 'vault');
  const more = `[archive]
delay_minutes = 0
[[archive.to]]
name = "vault"
kind = "directory"
path = "${vault}"
`;

  await promise('without a destination the room says who sets one up', async () => {
    if (!world.people.olga) {
      world.people.olga = await arrive(world, 'Olga Writ');
      await setRole(world, 'Olga Writ', 'Officer');
    }
    const { olga } = world.people;
    await olga.go('#/legal/archive');
    await olga.text(/No destination is set up/).waitFor();
    assert.equal(await olga.link('Propose a schedule').count(), 0);
  });

  await promise('an officer proposes where every day goes, with a case and a reason', async () => {
    const { olga } = world.people;
    await world.site.again(more);
    await olga.go('#/legal');
    await olga.go('#/legal/archive');
    await olga.link('Propose a schedule').first().click();
    await olga.field('Case').fill('Books and records');
    await olga.field('Reason').fill('The regulator wants each day kept elsewhere');
    await world.shot(olga, '126-archive-propose');
    await olga.button('Ask for approval').click();
    await olga.text('Somebody else must approve this.').waitFor();
    assert.equal(await olga.button('Approve').count(), 0);
    await world.shot(olga, '127-archive-waits');
  });

  await promise('somebody else approves it, told what that means', async () => {
    await ada.go('#/admin/archive');
    await ada.text('The regulator wants each day kept elsewhere').waitFor();
    await ada.button('Approve').click();
    const dialog = ada.dialog('Let every day leave?');
    await dialog.getByText(/out of reach: nothing here can call it back/).waitFor();
    await world.shot(ada, '128-archive-approve');
    await ada.button('Approve', dialog).click();
    await ada.text('Running').first().waitFor();
  });

  await promise('while the destination is away health and the room say why, what waits and what to do', async () => {
    const library = faketime();
    if (!library) return 'skipped: libfaketime is not installed';
    await grace.openChannel(CHANNEL);
    await grace.say('Said on a day that is archived');
    await world.site.again(more, { LD_PRELOAD: library, FAKETIME: '+2d', DONT_FAKE_MONOTONIC: '1' });
    await eventually('health tells', async () => {
      await ada.go('#/admin/people');
      await ada.go('#/admin');
      await ada.text('What needs your attention').waitFor();
      return (await ada.text(/A destination of the daily archive takes nothing/).count()) > 0;
    }, 20_000);
    await ada.text(/The folder or bucket is not there\. Is it mounted/).waitFor();
    await ada.text(/Nothing is lost: the days are still kept here/).waitFor();
    await world.shot(ada, '129-archive-health');
    await ada.go('#/admin/archive');
    await ada.text(/The folder or bucket is not there\. Is it mounted/).waitFor();
    await world.shot(ada, '130-archive-down');
  });

  await promise('when it is back all goes by itself, and what arrived is listed', async () => {
    if (!faketime()) return 'skipped: libfaketime is not installed';
    const { olga } = world.people;
    mkdirSync(vault);
    await eventually('all of it arrived', async () => {
      await olga.go('#/legal');
      await olga.go('#/legal/archive');
      await olga.text(/nothing waits|day waits|days wait/).first().waitFor();
      return (await olga.text('nothing waits').count()) > 0;
    }, 40_000);
    await olga.text('Last deliveries').first().click();
    await olga.page.getByRole('table', { name: 'Last deliveries' }).getByRole('rowheader').first().waitFor();
    await world.shot(olga, '131-archive-arrived');
    assert.ok(readdirSync(vault, { recursive: true }).some((name) => name.endsWith('.zip')));
  });

  await promise('it is ended by whoever may approve, and that is on record', async () => {
    await ada.go('#/admin/archive');
    await ada.button('End').click();
    await ada.button('End', ada.dialog('End this schedule?')).click();
    await ada.text('Over or refused').waitFor();
    const { olga } = world.people;
    await olga.go('#/legal/ledger?act=archive.ended');
    await eventually('an entry', async () => (await olga.button(/^Daily archive ended/).count()) >= 1);
    await world.shot(olga, '132-archive-ledger');
  });

  await promise('who talked while the clock of the house was wrong goes on when it is set right', async () => {
    if (!faketime()) return 'skipped: libfaketime is not installed';
    await grace.openChannel(CHANNEL);
    await grace.say('Said two days ahead');
    await grace.sent('Said two days ahead');
    await world.site.again(more);
    await grace.say('Said when it was set right');
    await grace.sent('Said when it was set right');
  });
}

function faketime() {
  const found = existsSync('/usr/lib') ? readdirSync('/usr/lib').map((name) => path('/usr/lib', name, 'faketime/libfaketime.so.1')) : [];
  return found.find((place) => existsSync(place));
}
