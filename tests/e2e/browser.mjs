// Chromium and the hands of a person in it: everything is found as a person finds it, by role and name.

import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { openWire } from './wire.mjs';

const { chromium } = createRequire(new URL('../../web/package.json', import.meta.url))('playwright-core');

/** What is `asked` is walked only by its name. */
export const SHAPES = [
  { name: 'phone', touch: true, context: { viewport: { width: 390, height: 844 }, deviceScaleFactor: 2, hasTouch: true, isMobile: true } },
  { name: 'tablet', asked: true, touch: true, context: { viewport: { width: 820, height: 1180 }, deviceScaleFactor: 2, hasTouch: true, isMobile: true } },
  { name: 'desktop', touch: false, context: { viewport: { width: 1280, height: 800 } } },
];
const ARGS = ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync', '--use-fake-device-for-media-stream', '--use-fake-ui-for-media-stream'];
const PATIENCE_MS = 15_000;
const HOLD_MS = 520;

const LAUNCH = { executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', headless: true, args: ARGS };

export function openBrowser() {
  return chromium.launch(LAUNCH);
}

/** A browser for one person that keeps its profile in `dir`, to be killed and opened again. */
export function keptBrowser(dir) {
  return { newContext: (options) => chromium.launchPersistentContext(dir, { ...LAUNCH, ...options }) };
}

/** Someone with a browser of her own. */
export class Person {
  static async arrive(browser, shape, origin, name, own = {}) {
    const person = new Person();
    Object.assign(person, { name, browser, wire: await openWire(), shape, origin, own, faults: [] });
    await person.openBrowser();
    return person;
  }

  async openBrowser() {
    this.context = await this.browser.newContext({
      ...this.shape.context,
      proxy: { server: this.wire.address },
      baseURL: this.origin,
      locale: 'en-GB',
      timezoneId: 'Europe/Berlin',
      reducedMotion: 'reduce',
      acceptDownloads: true,
      ...this.own,
    });
    this.context.setDefaultTimeout(PATIENCE_MS);
    await this.newTab();
  }

  async newTab() {
    this.page = await this.context.newPage();
    this.page.on('pageerror', (error) => this.faults.push(`${this.name}: ${error.message}`));
    this.page.on('console', (message) => {
      if (message.type() === 'error' && !/Failed to load resource|WebSocket connection|ERR_[A-Z_]+/.test(message.text())) this.faults.push(`${this.name}: ${message.text()}`);
    });
    return this.page;
  }

  // --- finding -----------------------------------------------------------------------------------------------------------

  button(name, within = this.page) {
    return within.getByRole('button', { name, exact: typeof name === 'string' });
  }
  link(name, within = this.page) {
    return within.getByRole('link', { name, exact: typeof name === 'string' });
  }
  field(name, within = this.page) {
    return within.getByLabel(name, { exact: true });
  }
  dialog(name) {
    return this.page.getByRole('dialog', { name });
  }
  rows(text, where = 'Messages') {
    const rows = this.page.getByRole('log', { name: where }).getByRole('article');
    return text === undefined ? rows : rows.filter({ hasText: text });
  }
  row(text, where) {
    return this.rows(text, where).last();
  }
  text(words, within = this.page) {
    return within.getByText(words);
  }

  // --- doing -------------------------------------------------------------------------------------------------------------

  /** To another place of the app, without a new page where one is open already. */
  async go(address) {
    if (this.page.url().startsWith(this.origin)) await this.page.evaluate((to) => (location.hash = to), address);
    else await this.page.goto(`/${address}`);
  }

  async openChannel(name) {
    await this.go('#/');
    await this.page.getByRole('list', { name: 'Channels' }).getByRole('link', { name }).click();
    await this.page.getByRole('heading', { name, level: 1 }).waitFor();
  }

  get composer() {
    return this.page.getByRole('textbox', { name: /^Message / });
  }

  async say(words, box = this.composer) {
    await box.fill(words);
    if (this.shape.touch) await this.button('Send', box.locator('xpath=ancestor::form')).click();
    else await box.press('Enter');
  }

  /** The server has it: the row is the log's own now, and stays. */
  async sent(words, where) {
    await this.row(words, where).getByRole('img', { name: /^(Sent|Delivered|Read)$/ }).waitFor();
  }

  /** The menu of a message: held under a finger, or from the bar under the pointer. */
  async actions(row) {
    await row.scrollIntoViewIfNeeded();
    if (this.shape.touch) {
      const box = await row.locator('.bubble').boundingBox();
      await this.hold(box.x + Math.min(40, box.width / 2), box.y + box.height / 2);
    } else {
      await row.hover();
      await this.page.getByRole('toolbar', { name: 'Message actions' }).getByRole('button', { name: 'More actions' }).click();
    }
    const menu = this.page.getByRole('menu', { name: 'Message actions' });
    await menu.waitFor();
    return menu;
  }

  async act(row, what) {
    const menu = await this.actions(row);
    await menu.getByRole('menuitem', { name: what, exact: true }).click();
  }

  async hold(x, y) {
    const wire = await this.context.newCDPSession(this.page);
    await wire.send('Input.dispatchTouchEvent', { type: 'touchStart', touchPoints: [{ x, y }] });
    await new Promise((done) => setTimeout(done, HOLD_MS));
    await wire.send('Input.dispatchTouchEvent', { type: 'touchEnd', touchPoints: [] });
    await wire.detach();
  }

  async fromMenu(button, item) {
    await this.button(button).click();
    await this.page.getByRole('menuitem', { name: item, exact: true }).click();
  }

  /** A command as the app gives it, where the way there is not what is looked at. */
  async command(words) {
    const answer = await this.context.request.post('/api/v1/commands', { headers: { origin: this.origin }, data: { id: ulid(), ...words } });
    const body = await answer.json();
    assert.ok(answer.ok(), `${words.t}: ${JSON.stringify(body)}`);
    return body;
  }

  async ask(path) {
    const answer = await this.context.request.get(`/api/v1${path}`);
    return { status: answer.status(), body: await answer.json().catch(() => null) };
  }

  /** Into the lift: the lines break, and the browser knows that there is no network. */
  async goOffline() {
    this.wire.cut();
    await this.context.setOffline(true);
  }

  async comeBack() {
    this.wire.mend();
    await this.context.setOffline(false);
  }

  async leave() {
    await this.context.close();
    this.wire.close();
  }
}

let last = { ms: 0, n: 0 };
const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
export function ulid() {
  const ms = Math.max(Date.now(), last.ms);
  last = { ms, n: ms === last.ms ? last.n + 1 : Math.floor(Math.random() * 2 ** 30) };
  const digits = (value, length) => {
    let text = '';
    for (let i = 0; i < length; i++) [text, value] = [ALPHABET[value % 32] + text, Math.floor(value / 32)];
    return text;
  };
  return digits(ms, 10) + digits(Math.floor(Math.random() * 2 ** 40), 8) + digits(last.n, 8);
}

/** Waits until `look` gives something true, and gives it back. */
export async function eventually(what, look, ms = PATIENCE_MS) {
  const end = Date.now() + ms;
  for (;;) {
    const found = await look();
    if (found) return found;
    if (Date.now() > end) throw new Error(`did not come within ${ms} ms: ${what}`);
    await new Promise((done) => setTimeout(done, 40));
  }
}
