// Someone before another browser. She finds things by role and name, as axe reads them, and touches only what is really uppermost there.

import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { eventually } from '../browser.mjs';
import { openWire } from '../wire.mjs';

const axe = readFileSync(createRequire(new URL('../../../web/package.json', import.meta.url)).resolve('axe-core/axe.min.js'), 'utf8');
const PATIENCE_MS = 20_000;
const ENTER = '\uE007';

export class Guest {
  static async arrive(world, name, size) {
    const wire = await openWire();
    const hands = await world.browser.open(wire, size);
    const guest = new Guest();
    Object.assign(guest, { name, hands, wire, world, size });
    return guest;
  }

  goto(url) {
    return this.hands.goto(url);
  }

  /** To another place of the app, without a new page. */
  go(address) {
    return this.hands.run('(to) => { location.hash = to; }', address);
  }

  run(act, ...args) {
    return this.hands.run(String(act), ...args);
  }

  /** What is there by role, name and words, `within` something else; the last where there are several. */
  async look(what) {
    if (!(await this.run(() => 'axe' in globalThis))) await this.hands.run(`() => { ${axe}; globalThis.axe = axe; }`);
    return this.run(find, plain(what));
  }

  sees(role, name, more = {}) {
    return eventually(`${this.name} sees ${role} ${name ?? more.text}`, () => this.look({ role, name, ...more }).catch(moved), PATIENCE_MS);
  }

  gone(role, name, more = {}) {
    return eventually(`${this.name} sees no ${role} ${name ?? more.text}`, async () => (await this.look({ role, name, ...more }).catch(moved)) === null, PATIENCE_MS);
  }

  /** The place where a finger would touch it, once it stands still and nothing lies upon it. */
  place(role, name, more) {
    let before = '';
    return eventually(`${this.name} can touch ${role} ${name ?? more?.text}`, async () => {
      const found = await this.look({ role, name, ...more, reveal: true }).catch(moved);
      const still = !!found && before === `${found.x},${found.y}`;
      before = `${found?.x},${found?.y}`;
      return still && found.free && found;
    }, PATIENCE_MS);
  }

  async press(role, name, more) {
    const { x, y } = await this.place(role, name, more);
    await this.hands.click(x, y);
  }

  async point(role, name, more) {
    const { x, y } = await this.place(role, name, more);
    await this.hands.point(x, y);
  }

  async fill(name, words, more) {
    await this.press('textbox', name, more);
    await this.run(() => document.activeElement.select());
    await this.hands.type(words);
    await eventually(`${this.name} has typed into ${name}`, async () => (await this.run(() => document.activeElement.value)) === words, PATIENCE_MS);
  }

  async say(words) {
    await this.fill(/^Message /, words);
    await this.hands.type(ENTER);
  }

  row(words) {
    return this.sees('article', undefined, { text: words });
  }

  rows(words) {
    return this.run((text) => [...document.querySelectorAll('[role=log] article')].map((row) => row.innerText).filter((said) => said.includes(text)), words);
  }

  /** From the bar that comes under the pointer. */
  async act(words, what) {
    await this.point('article', undefined, { text: words });
    await this.press('button', 'More actions', { within: { role: 'toolbar', name: 'Message actions' } });
    await this.press('menuitem', what);
    await this.gone('menu', 'Message actions');
  }

  async openChannel(name) {
    await this.go('#/');
    await this.press('link', new RegExp(name), { within: { role: 'list', name: 'Channels' } });
    await this.sees('heading', name);
  }

  /** For people to look at, no promise. */
  async shot(name) {
    const file = `${this.world.browser.name}-${name}.png`;
    await this.hands.picture().then((bytes) => writeFileSync(join(this.world.pictures, file), bytes), (error) => console.log(`no picture ${file}: ${error.message.split('\n', 1)[0]}`));
  }

  async leave() {
    await this.hands.end();
    this.wire.close();
  }
}

/** The page was exchanged while it was looked at. */
function moved(error) {
  if (/navigat|discard|destroyed|no such|unloaded|axe/i.test(error.message)) return undefined;
  throw error;
}

/** Patterns as words, for the way into the page. */
function plain(what) {
  const { name, within } = what;
  return { ...what, ...(name instanceof RegExp ? { name: { source: name.source, flags: name.flags } } : {}), ...(within ? { within: plain(within) } : {}) };
}

/** Runs in the page. */
function find(wanted) {
  const KINDS = {
    button: 'button, summary, [role=button]',
    link: 'a[href]',
    textbox: 'input, textarea, [role=searchbox]',
    article: '[role=log] article',
    heading: 'h1, h2, h3',
    list: 'ul, ol, [role=list]',
    dialog: 'dialog, [role=dialog]',
    img: 'img, [role=img]',
    alert: '[role=alert]',
    meter: 'meter',
    complementary: 'aside',
  };
  const shown = (node) => node.checkVisibility({ visibilityProperty: true }) && node.getBoundingClientRect().width > 0;
  const nameOf = (node) => axe.commons.text.sanitize(axe.commons.text.accessibleText(node));
  const pick = ({ role, name, text, within }, root) => {
    const scope = within ? pick(within, root).at(-1) : root;
    if (!scope) return [];
    return [...scope.querySelectorAll(KINDS[role] ?? `[role=${role}]`)].filter((node) => {
      if (!shown(node) || (text !== undefined && !node.innerText.includes(text))) return false;
      if (name === undefined) return true;
      const said = nameOf(node);
      return typeof name === 'string' ? said === name : new RegExp(name.source, name.flags).test(said);
    });
  };
  axe.teardown();
  axe.setup(document.documentElement);
  try {
    const all = pick(wanted, document);
    const node = all.at(-1);
    if (!node) return null;
    if (wanted.reveal) node.scrollIntoView({ block: 'nearest', inline: 'nearest' });
    const box = node.getBoundingClientRect();
    const [x, y] = [Math.round(box.left + box.width / 2), Math.round(box.top + box.height / 2)];
    const top = document.elementFromPoint(x, y);
    return { x, y, count: all.length, free: !node.disabled && !!top && (node.contains(top) || !!top.closest('label')?.contains(node)), width: box.width, height: box.height };
  } finally {
    axe.teardown();
  }
}
