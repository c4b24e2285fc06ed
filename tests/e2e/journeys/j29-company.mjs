// Sign-in by the company: with a real provider at another site, over its pages and back, with our strict cookie at the end.

import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Person } from '../browser.mjs';
import { CLIENT, startProvider } from '../provider.mjs';
import { serious } from './j8-access.mjs';

const BUTTON = 'Sign in with Acme ID';

export default async function company(world, promise) {
  const { ada } = world.people;
  const provider = await startProvider(world.site.origin);
  const secret = join(world.site.dir, 'oidc-secret');
  writeFileSync(secret, CLIENT.secret);
  const more = `[oidc]\nissuer = '${provider.issuer}'\nclient_id = '${CLIENT.id}'\nclient_secret_file = '${secret}'\nname = 'Acme ID'\n`;
  await world.site.again(more);
  try {
    const guest = await Person.arrive(world.browser, world.shape, world.site.origin, 'Company Guest');
    world.people.company = guest;
    /** Through the provider's own pages. */
    const through = async (login) => {
      await guest.link(BUTTON).click();
      await guest.page.waitForURL((url) => url.origin === provider.issuer);
      await guest.page.locator('input[name=login]').fill(login);
      await guest.page.locator('input[name=password]').fill('any');
      await guest.page.locator('button[type=submit]').click();
      await guest.page.getByRole('button', { name: 'Continue' }).click();
      await guest.page.waitForURL((url) => url.origin === world.site.origin);
    };

    await promise('whom nobody has named is told so, and stays outside', async () => {
      await guest.page.goto('/');
      await guest.link(BUTTON).waitFor();
      await world.shot(guest, 'c0-sign-in');
      await serious(guest.page);
      await through('ada.at.work');
      await guest.page.getByRole('alert').filter({ hasText: 'Ask an administrator' }).waitFor();
      await world.shot(guest, 'c1-unknown');
      assert.equal((await guest.ask('/bootstrap')).status, 401);
      await guest.context.clearCookies();
    });

    await promise('an administrator writes down by what name the company knows somebody', async () => {
      await ada.go('#/admin/people');
      await ada.button('Actions for Ada Lovelace').click();
      await ada.page.getByRole('menuitem', { name: 'Company sign-in' }).click();
      const dialog = ada.dialog('Ada Lovelace at the company');
      await ada.field('Name there', dialog).fill('ada.at.work');
      await world.shot(ada, 'c2-name-there');
      await serious(ada.page);
      await ada.button('Save', dialog).click();
      await dialog.waitFor({ state: 'detached' });
      await ada.page.getByText('ada.lovelace · ada.at.work').waitFor();
    });

    await promise('she signs in over the pages of the company, and stays signed in', async () => {
      await guest.page.goto('/');
      await through('ada.at.work');
      await guest.page.getByRole('list', { name: 'Channels' }).waitFor();
      await world.shot(guest, 'c3-inside');
      const strict = (await guest.context.cookies()).find((cookie) => cookie.name === 'daylight');
      assert.ok(strict?.httpOnly && strict.sameSite === 'Strict', JSON.stringify(strict));
      assert.ok(!(await guest.context.cookies()).some((cookie) => cookie.name === 'daylight-signin'), 'what is over stays');
      await guest.page.reload();
      await guest.page.getByRole('list', { name: 'Channels' }).waitFor();
      assert.equal((await guest.ask('/bootstrap')).body.me.name, 'Ada Lovelace');
    });

    await promise('when the provider is gone people are told, health warns, and a PIN still lets in', async () => {
      await provider.stop();
      await guest.context.clearCookies();
      await world.site.again(more);
      await guest.page.goto('/');
      await guest.link(BUTTON).click();
      await guest.page.getByRole('alert').filter({ hasText: 'does not answer as it should' }).waitFor();
      await world.shot(guest, 'c4-provider-gone');
      await ada.go('#/admin/health');
      await ada.page.getByText('sign-in failed when it was used last').first().waitFor();
      await world.shot(ada, 'c5-health');
      await serious(ada.page);
    });
  } finally {
    await provider.stop();
    await world.site.again();
  }
}
