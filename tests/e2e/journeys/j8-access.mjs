// Every main screen, light and dark: nothing serious for those who see, hear or move otherwise. And a picture of each.

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { CHANNEL, SECRET } from './j1-begin.mjs';

const from = createRequire(new URL('../../../web/package.json', import.meta.url));
const axe = readFileSync(from.resolve('axe-core/axe.min.js'), 'utf8');
const { CspEvaluator } = from('csp_evaluator/dist/evaluator.js');
const { CspParser } = from('csp_evaluator/dist/parser.js');

/** One of each kind of room: a list, a table, a form. */
const WALKED = ['list', 'admin-people', 'legal-request'];

export default async function access(world, promise) {
  const { ada, grace, linus, olga, iris } = world.people;
  const channel = `#/c/${world.channel}`;
  const screens = [
    [linus, 'list', '#/', (p) => p.page.getByRole('list', { name: 'Channels' }).waitFor()],
    [linus, 'conversation', channel, (p) => p.rows().first().waitFor()],
    [linus, 'details', `${channel}/info`, (p) => p.page.getByRole('complementary', { name: 'Channel details' }).waitFor()],
    [linus, 'search', '#/search?text=lighthouse', (p) => p.page.getByRole('list', { name: /result/ }).getByRole('link').first().waitFor()],
    [linus, 'people', '#/people', (p) => p.button(/Message Ada Lovelace/).waitFor()],
    [linus, 'settings', '#/settings', (p) => p.page.getByText('this device', { exact: true }).waitFor()],
    [ada, 'invite', `#/invite?c=${world.channel}`, (p) => p.button('Make the invite').waitFor()],
    [ada, 'import', `#/import/${world.channel}`, (p) => p.page.getByRole('heading', { name: 'Import from WhatsApp' }).waitFor()],
    [ada, 'admin-health', '#/admin', (p) => p.text('Newest checkpoint').waitFor()],
    [ada, 'admin-people', '#/admin/people', (p) => p.page.getByRole('row', { name: /Grace/ }).waitFor()],
    [ada, 'admin-invites', '#/admin/invites', (p) => p.page.getByRole('row', { name: /Front desk/ }).first().waitFor()],
    [ada, 'admin-channels', '#/admin/channels', (p) => p.page.getByRole('row', { name: new RegExp(CHANNEL) }).waitFor()],
    [ada, 'admin-retention', '#/admin/retention', (p) => p.page.getByRole('row', { name: new RegExp(CHANNEL) }).first().waitFor()],
    [ada, 'admin-ledger', '#/admin/ledger', (p) => p.button(/, Open entry/).first().waitFor()],
    ...(olga
      ? [
          [olga, 'legal', '#/legal', (p) => p.link('Request an export').waitFor()],
          [olga, 'legal-rules', '#/legal/rules', (p) => p.page.getByRole('heading', { name: 'Changes that wait' }).waitFor()],
          [olga, 'legal-request', '#/legal/new', (p) => p.field('Reason').waitFor()],
        ]
      : []),
    ...(iris
      ? [
          [iris, 'auditor', '#/auditor', (p) => p.text('Root hash').waitFor()],
          [iris, 'auditor-ledger', '#/auditor/ledger', (p) => p.button(/, Open entry/).first().waitFor()],
        ]
      : []),
  ];

  for (const scheme of ['light', 'dark']) {
    for (const person of new Set(screens.map(([person]) => person))) await person.page.emulateMedia({ colorScheme: scheme });
    for (const [person, name, address, there] of screens) {
      await promise(`${name}, ${scheme}: no serious finding`, async () => {
        await person.go(address);
        await there(person);
        await person.page.waitForTimeout(60);
        await world.shot(person, `screen-${name}-${scheme}`);
        // In the dark nothing is other than its colours.
        if (scheme === 'dark') return serious(person.page, ['color-contrast']);
        await serious(person.page);
        await reachable(person.page);
        if (WALKED.includes(name) && !world.shape.touch) await walked(person.page);
      });
    }
  }

  await promise('what a page may load has no hole that is known', async () => {
    const answer = await grace.context.request.get('/');
    const policy = new CspParser(answer.headers()['content-security-policy']).csp;
    const found = new CspEvaluator(policy).evaluate().map(({ directive, value, description }) => `${directive} ${value}: ${description}`);
    // Our own scripts stand beside what people upload; that is never answered as a script.
    const known = found.findIndex((one) => one.startsWith("script-src 'self': 'self' can be problematic if you host"));
    if (found.length !== 1 || known !== 0) throw new Error(found.join('\n') || 'the evaluator finds nothing, not even what it finds everywhere');
  });

  await promise('the menu of a message: no serious finding', async () => {
    await grace.openChannel(CHANNEL);
    await grace.actions(grace.rows().last());
    await world.shot(grace, '70-menu');
    await serious(grace.page);
    await grace.page.keyboard.press('Escape');
  });

  await promise('the sign-in: no serious finding, and a keyboard is enough', async () => {
    const context = await world.browser.newContext({ ...world.shape.context, baseURL: world.site.origin, serviceWorkers: 'block' });
    const page = await context.newPage();
    await page.goto('/');
    await page.getByLabel('User name', { exact: true }).waitFor();
    await world.shot({ page }, 'screen-sign-in-light');
    await serious(page);
    await page.keyboard.type('linus.baker');
    await page.keyboard.press('Tab');
    await page.keyboard.type(SECRET.linus);
    await page.keyboard.press('Enter');
    await page.getByRole('list', { name: 'Channels' }).getByRole('link', { name: CHANNEL }).waitFor();
    if (!world.shape.touch) {
      await page.keyboard.press('Control+k');
      await page.getByRole('dialog', { name: 'Jump to a conversation' }).waitFor();
      await page.keyboard.type('front');
      await page.keyboard.press('Enter');
      await page.getByRole('heading', { name: CHANNEL, level: 1 }).waitFor();
      await page.keyboard.type('Written without a mouse');
      await page.keyboard.press('Enter');
      await page.getByRole('log', { name: 'Messages' }).getByRole('article').filter({ hasText: 'Written without a mouse' }).waitFor();
    }
    await context.close();
  });
}

export async function serious(page, only) {
  await page.evaluate((source) => {
    if (!window.axe) (0, eval)(source);
  }, axe).catch(() => page.evaluate(axe));
  const found = await page.evaluate(async (only) => {
    // Also what axe leaves out by itself, the size of what is pressed; and of its advice beside the rules, what is serious.
    const { violations } = await window.axe.run(document, { resultTypes: ['violations'], ...(only ? { runOnly: only } : {}), rules: { 'target-size': { enabled: true } } });
    const isRule = (one) => one.tags.some((tag) => /^wcag2[12]?a{1,2}$/.test(tag));
    // What lies half under the edge of a list is scrolled out of it.
    const isCut = (node) => node.any.some((check) => /partially obscured/.test(check.message));
    return violations
      .map((one) => ({ ...one, nodes: one.nodes.filter((node) => !isCut(node)) }))
      .filter((one) => one.nodes.length)
      .filter((one) => isRule(one) || one.impact === 'serious' || one.impact === 'critical')
      .map((one) => `${one.impact} ${one.id}: ${one.help}\n  ${one.nodes.slice(0, 4).map((node) => `${node.target.join(' ')} — ${node.any[0]?.message ?? node.html.slice(0, 120)}`).join('\n  ')}`);
  }, only);
  if (found.length) throw new Error(found.join('\n'));
}

/** Whatever can be pressed or written in has its place in the order of the keyboard, or is part of what has arrows. */
async function reachable(page) {
  const lost = await page.evaluate(() => {
    const PARTS = '[role=tablist], [role=menu], [role=listbox], [role=radiogroup], [role=toolbar], [role=grid], [role=tree]';
    const pressed = 'a[href], button, input, select, textarea, summary, [role=button], [role=link], [role=tab], [role=menuitem], [role=option], [role=switch], [role=checkbox], [role=radio], [contenteditable=true]';
    const isThere = (one) => one.checkVisibility({ visibilityProperty: true }) && !one.closest('[inert], [aria-hidden=true]') && !one.disabled;
    const takesFocus = (one) => {
      one.focus({ preventScroll: true });
      return document.activeElement === one;
    };
    const before = document.activeElement;
    const found = [...document.querySelectorAll(pressed)]
      .filter(isThere)
      .filter((one) => !takesFocus(one) || (one.tabIndex < 0 && !one.closest(PARTS)?.querySelector('[tabindex="0"]')))
      .map((one) => one.outerHTML.slice(0, 160));
    before?.focus?.({ preventScroll: true });
    return found;
  });
  if (lost.length) throw new Error(`no keyboard comes to it:\n  ${lost.slice(0, 8).join('\n  ')}`);
}

/** With Tab alone one comes to all of it, and out again. */
async function walked(page) {
  const [PRESSES_MAX, OLD_MAX] = [300, 12];
  let reached = 0;
  // Where one was before is where the keyboard begins: it comes round to the rest. A date takes several presses.
  for (let n = 0, old = 0; n < PRESSES_MAX && old < OLD_MAX; n++) {
    await page.keyboard.press('Tab');
    const isNew = await page.evaluate(() => {
      const at = document.activeElement;
      if (!at || at === document.body || at.dataset.reached) return false;
      at.dataset.reached = 'yes';
      return true;
    });
    old = isNew ? 0 : old + 1;
    reached += isNew;
  }
  const missed = await page.evaluate(() => [...document.querySelectorAll('nav a[href], main button, main a[href], main input')].filter((one) => one.checkVisibility() && one.tabIndex >= 0 && !one.disabled && !one.dataset.reached).map((one) => one.outerHTML.slice(0, 160)));
  if (!reached || missed.length) throw new Error(`Tab does not come to:\n  ${missed.slice(0, 8).join('\n  ')}`);
}
