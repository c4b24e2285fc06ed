// WebKitGTK's own small browser, by its own driver: classic WebDriver over HTTP, on a screen that nobody sees.

import { existsSync } from 'node:fs';
import { freePort } from '../daylight.mjs';
import { strokes } from './firefox.mjs';
import { folder, startProgram } from './program.mjs';

const DRIVER = process.env.WEBKIT_DRIVER ?? '/usr/bin/WebKitWebDriver';
const BROWSER = process.env.WEBKIT_BROWSER ?? ['x86_64', 'aarch64'].map((machine) => `/usr/lib/${machine}-linux-gnu/webkit2gtk-4.1/MiniBrowser`).find(existsSync);
const ELEMENT = 'element-6066-11e4-a52e-4f735466cecf';
const ANSWER_MS = 60_000;
const PICTURE_MS = 8_000;
/** The bar above the page, which belongs to the window. */
const BAR = 38;

export const webkit = {
  name: 'webkit',
  program: DRIVER,
  package: 'webkit2gtk-driver xvfb',
  async open(wire, size) {
    const home = folder();
    // Where the screen tells its number: its fourth descriptor.
    const screen = await startProgram('Xvfb', ['-displayfd', '3', '-screen', '0', '1400x1000x24', '-nolisten', 'tcp'], /^(\d+)\n/m, { fds: ['pipe'] });
    const env = { DISPLAY: `:${screen.said[1]}`, HOME: home, XDG_DATA_HOME: home, XDG_CACHE_HOME: home, LANG: 'C.UTF-8', WEBKIT_DISABLE_DMABUF_RENDERER: '1', NO_AT_BRIDGE: '1', GSETTINGS_BACKEND: 'memory' };
    const faults = [];
    const port = await freePort();
    const call = async (method, path, body, patience = ANSWER_MS) => {
      const answer = await fetch(`http://127.0.0.1:${port}${path}`, { method, signal: AbortSignal.timeout(patience), ...(body ? { body: JSON.stringify(body) } : {}) });
      const { value } = await answer.json();
      if (!answer.ok) throw new Error(`${path.split('/').slice(3).join('/')}: ${value.error}: ${value.message}`);
      return value;
    };
    const driver = await startProgram(DRIVER, [`--port=${port}`], async () => (await call('GET', '/status')).ready, {
      env,
      home,
      hear: (said) => faults.push(...(said.match(/^CONSOLE (JS|SECURITY) ERROR .*/gm) ?? [])),
    });
    const { sessionId } = await call('POST', '/session', {
      capabilities: {
        alwaysMatch: {
          proxy: { proxyType: 'manual', httpProxy: new URL(wire.address).host },
          'webkitgtk:browserOptions': { binary: BROWSER, args: ['--automation', '--enable-write-console-messages-to-stdout=true'] },
        },
      },
    });
    const ask = (what, body) => call(body ? 'POST' : 'GET', `/session/${sessionId}/${what}`, body);
    const act = (...actions) => ask('actions', { actions });
    const mouse = (actions) => act({ type: 'pointer', id: 'mouse', parameters: { pointerType: 'mouse' }, actions });
    const hands = {
      faults,
      goto: (url) => ask('url', { url }),
      reload: () => ask('refresh', {}),
      resize: ({ width, height }) => ask('window/rect', { x: 0, y: 0, width, height: height + BAR }),
      async run(source, ...args) {
        const script = `const done = arguments[arguments.length - 1]; (async () => (${source})(...JSON.parse(arguments[0])))().then((value) => done({ value: JSON.stringify(value) }), (error) => done({ fault: String(error) }));`;
        const { value, fault } = await ask('execute/async', { script, args: [JSON.stringify(args)] });
        if (fault) throw new Error(fault);
        return value === undefined || value === null ? undefined : JSON.parse(value);
      },
      point: (x, y) => mouse([{ type: 'pointerMove', x, y }]),
      click: (x, y) => mouse([{ type: 'pointerMove', x, y }, { type: 'pointerDown', button: 0 }, { type: 'pointerUp', button: 0 }]),
      type: (text) => act({ type: 'key', id: 'keys', actions: strokes(text) }),
      async setFiles(css, files) {
        const element = await ask('element', { using: 'css selector', value: css });
        await ask(`element/${element[ELEMENT]}/value`, { text: files.join('\n') });
      },
      async picture() {
        // It takes its picture with the next frame, and of a page at rest none comes.
        await hands.run("() => { document.documentElement.animate([{ opacity: 1 }, { opacity: 0.999 }], { duration: 3000 }); }");
        return Buffer.from(await call('GET', `/session/${sessionId}/screenshot`, undefined, PICTURE_MS), 'base64');
      },
      async end() {
        await call('DELETE', `/session/${sessionId}`).catch(() => undefined);
        await driver.end();
        await screen.end();
      },
    };
    await hands.resize(size);
    return hands;
  },
};
