// In one's own language, from the right where it is written so, at one's own size, and as still as one likes.

import assert from 'node:assert/strict';
import { eventually, Person } from '../browser.mjs';
import { CHANNEL } from './j1-begin.mjs';
import { serious } from './j8-access.mjs';

const SAID = { nl: 'Inloggen', de: 'Anmelden', es: 'Iniciar sesión', ar: 'تسجيل الدخول' };

export default async function ownWay(world, promise) {
  const { ada, linus } = world.people;
  const root = (person) => person.page.evaluate(() => ({ lang: document.documentElement.lang, dir: document.documentElement.dir, ...document.documentElement.dataset }));
  const inArabic = async (person) => {
    await person.go('#/settings');
    await person.field('Language').selectOption('ar');
    await person.page.getByRole('combobox', { name: 'اللغة' }).waitFor();
  };
  const inEnglish = async (person) => {
    await person.go('#/settings');
    await person.page.getByRole('combobox', { name: 'اللغة' }).selectOption('en');
    await person.page.getByRole('combobox', { name: 'Language' }).waitFor();
  };

  await promise('the language of the browser is spoken from the first screen on', async () => {
    for (const [tag, words] of Object.entries(SAID)) {
      const person = await Person.arrive(world.browser, world.shape, world.site.origin, tag, { locale: tag });
      await person.page.goto('/');
      await person.button(words).waitFor();
      assert.deepEqual(await root(person), { lang: tag, dir: tag === 'ar' ? 'rtl' : 'ltr' });
      if (tag === 'ar' || tag === 'de') await world.shot(person, `70-sign-in-${tag}`);
      await person.leave();
    }
  });

  await promise('a language nobody translated falls back to English', async () => {
    const person = await Person.arrive(world.browser, world.shape, world.site.origin, 'fi', { locale: 'fi-FI' });
    await person.page.goto('/');
    await person.button('Sign in').waitFor();
    assert.deepEqual(await root(person), { lang: 'en', dir: 'ltr' });
    await person.leave();
  });

  await promise('a language of one’s own choice is kept on the device', async () => {
    await inArabic(linus);
    await linus.page.reload();
    await linus.page.getByRole('combobox', { name: 'اللغة' }).waitFor();
    assert.deepEqual(await root(linus), { lang: 'ar', dir: 'rtl' });
  });

  await promise('from right to left everything stands on the other side, and each message the way it is written', async () => {
    await linus.go(`#/c/${world.channel}`);
    const log = linus.page.getByRole('log', { name: 'الرسائل' });
    await log.getByRole('article').last().waitFor();
    const box = linus.page.getByRole('textbox', { name: /^رسالة إلى/ });
    for (const words of ['هل وصلت الشحنة إلى الميناء؟', 'Yes, at *gate 4*']) {
      await box.fill(words);
      await linus.button('إرسال').click();
      await log.getByRole('article').filter({ hasText: words.replaceAll('*', '') }).getByRole('img', { name: /^(أُرسلت|تم التسليم|مقروءة)$/ }).waitFor();
    }
    const way = (words) => log.getByRole('article').filter({ hasText: words }).last().locator('.text').evaluate((node) => getComputedStyle(node).direction);
    assert.equal(await way('هل وصلت الشحنة'), 'rtl');
    assert.equal(await way('at gate 4'), 'ltr');
    const [send, attach] = await Promise.all([linus.page.locator('.composer-row').last().locator('> .icon-btn').last().boundingBox(), linus.page.getByRole('button', { name: 'إرفاق ملفات' }).boundingBox()]);
    assert.ok(send.x < attach.x, 'sending is on the left');
    await world.shot(linus, '71-conversation-ar');
  });

  await promise('no screen has a serious fault from right to left, light or dark', async () => {
    await inArabic(ada);
    const screens = [
      [linus, 'list', '#/'],
      [linus, 'details', `#/c/${world.channel}/info`],
      [linus, 'search', '#/search?text=lighthouse'],
      [linus, 'people', '#/people'],
      [linus, 'settings', '#/settings'],
      [ada, 'invite', `#/invite?c=${world.channel}`],
      [ada, 'import', `#/import/${world.channel}`],
      [ada, 'admin', '#/admin'],
      [ada, 'admin-people', '#/admin/people'],
      [ada, 'admin-invites', '#/admin/invites'],
      [ada, 'admin-retention', '#/admin/retention'],
      [ada, 'admin-ledger', '#/admin/ledger'],
    ];
    const faults = [];
    for (const colorScheme of ['light', 'dark']) {
      for (const person of [linus, ada]) await person.page.emulateMedia({ colorScheme });
      for (const [person, name, address] of screens) {
        await person.go(address);
        await person.page.waitForLoadState('networkidle');
        await eventually('nothing loads', async () => (await person.page.locator('.loading').count()) === 0);
        await world.shot(person, `72-${name}-ar-${colorScheme}`);
        await serious(person.page).catch((error) => faults.push(`${name}, ${colorScheme}: ${error.message}`));
        const wide = await person.page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
        if (wide > 0) faults.push(`${name}: ${wide} px wider than the window`);
      }
    }
    for (const person of [linus, ada]) await person.page.emulateMedia({ colorScheme: 'light' });
    await inEnglish(ada);
    await inEnglish(linus);
    if (faults.length) throw new Error(faults.join('\n'));
  });

  await promise('letters grow and shrink, and stay so', async () => {
    await linus.go('#/settings');
    const size = () => linus.page.evaluate(() => Number.parseFloat(getComputedStyle(document.body).fontSize));
    const before = await size();
    await linus.button('Largest').click();
    assert.ok((await size()) > before * 1.3);
    await world.shot(linus, '73-largest-settings');
    await linus.page.reload();
    await linus.button('Largest').and(linus.page.locator('[aria-pressed=true]')).waitFor();
    await linus.openChannel(CHANNEL);
    await linus.rows().last().waitFor();
    await world.shot(linus, '73-largest');
    await serious(linus.page);
    const wide = await linus.page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    assert.ok(wide <= 0, `${wide} px wider than the window`);
    await linus.go('#/settings');
    await linus.page.getByRole('group', { name: 'Text size' }).getByRole('button', { name: 'Normal' }).click();
    assert.equal(await size(), before);
  });

  await promise('compact shows more lines', async () => {
    const tall = async () => {
      await linus.openChannel(CHANNEL);
      await linus.rows().last().waitFor();
      return linus.page.locator('.rows').evaluate((node) => node.scrollHeight);
    };
    const before = await tall();
    await linus.go('#/settings');
    await linus.button('Compact').click();
    const after = await tall();
    await world.shot(linus, '74-compact');
    assert.ok(after < before * 0.97, `${after} of ${before}`);
    await linus.go('#/settings');
    await linus.button('Comfortable').click();
  });

  await promise('nothing moves for whoever asks for stillness, here or on the device', async () => {
    const longest = () => linus.page.evaluate(() => {
      const { transitionDuration, transitionProperty } = getComputedStyle(document.querySelector('.switch input'));
      return transitionProperty === 'none' ? 0 : Math.max(...transitionDuration.split(',').map((one) => Number.parseFloat(one)));
    });
    await linus.go('#/settings');
    await linus.page.getByRole('switch', { name: 'Less movement' }).waitFor();
    assert.ok((await longest()) < 0.001, 'the device asks for it');
    await linus.page.emulateMedia({ reducedMotion: 'no-preference' });
    assert.ok((await longest()) > 0.1, 'it moves when nobody asks for stillness');
    await linus.page.getByRole('switch', { name: 'Less movement' }).click();
    assert.ok((await longest()) < 0.001, 'the person asks for it');
    await linus.page.getByRole('switch', { name: 'Less movement' }).click();
    await linus.page.emulateMedia({ reducedMotion: 'reduce' });
  });
}
