// Firefox, by the protocol that it speaks itself: WebDriver BiDi over one socket, no program in between.

import { writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { folder, startProgram } from './program.mjs';

const { WebSocket } = createRequire(new URL('../../../web/package.json', import.meta.url))('ws');
const FIREFOX = process.env.FIREFOX ?? '/usr/bin/firefox-esr';
const ANSWER_MS = 60_000;

const preferences = (proxy) => ({
  'network.proxy.type': 1,
  'network.proxy.http': proxy.hostname,
  'network.proxy.http_port': Number(proxy.port),
  'network.proxy.allow_hijacking_localhost': true,
  'browser.shell.checkDefaultBrowser': false,
  'browser.aboutwelcome.enabled': false,
  'datareporting.policy.dataSubmissionEnabled': false,
  'app.normandy.enabled': false,
  'app.update.auto': false,
  'intl.accept_languages': 'en-GB',
  'ui.prefersReducedMotion': 1,
  'media.navigator.streams.fake': true,
  'media.navigator.permission.disabled': true,
  'media.autoplay.default': 0,
  // Without a screen it believes that there is no mouse: a fine pointer, which can hover.
  'ui.primaryPointerCapabilities': 6,
  'ui.allPointerCapabilities': 6,
});

export const firefox = {
  name: 'firefox',
  program: FIREFOX,
  package: 'firefox-esr',
  async open(wire, size) {
    const home = folder();
    const lines = Object.entries(preferences(new URL(wire.address))).map(([name, value]) => `user_pref(${JSON.stringify(name)}, ${JSON.stringify(value)});`);
    writeFileSync(join(home, 'user.js'), lines.join('\n'));
    const { said, end } = await startProgram(FIREFOX, ['--headless', '--no-remote', '--profile', home, '--remote-debugging-port', '0', 'about:blank'], /BiDi listening on (ws:\/\/\S+)/, { home, env: { HOME: home } });
    const { ask, close, hear } = await speak(`${said[1]}/session`);
    await ask('session.new', { capabilities: { alwaysMatch: { acceptInsecureCerts: false } } });
    const { contexts } = await ask('browsingContext.getTree', {});
    const { context } = contexts[0];
    const faults = [];
    hear('log.entryAdded', ({ type, level, text }) => {
      // That there is no line is told on the screen.
      if (type === 'javascript' && level === 'error' && !/establish a connection|was interrupted/.test(text)) faults.push(text);
    });
    await ask('session.subscribe', { events: ['log.entryAdded'] });
    const pointer = (actions) => ask('input.performActions', { context, actions: [{ type: 'pointer', id: 'mouse', parameters: { pointerType: 'mouse' }, actions }] });
    const hands = {
      faults,
      goto: (url) => ask('browsingContext.navigate', { context, url, wait: 'complete' }),
      reload: () => ask('browsingContext.reload', { context, wait: 'complete' }),
      resize: ({ width, height }) => ask('browsingContext.setViewport', { context, viewport: { width, height } }),
      async run(source, ...args) {
        const answer = await ask('script.callFunction', {
          functionDeclaration: `async (args) => JSON.stringify(await (${source})(...JSON.parse(args)))`,
          arguments: [{ type: 'string', value: JSON.stringify(args) }],
          awaitPromise: true,
          target: { context },
        });
        if (answer.type === 'exception') throw new Error(answer.exceptionDetails.text);
        return answer.result.value === undefined ? undefined : JSON.parse(answer.result.value);
      },
      point: (x, y) => pointer([{ type: 'pointerMove', x, y }]),
      click: (x, y) => pointer([{ type: 'pointerMove', x, y }, { type: 'pointerDown', button: 0 }, { type: 'pointerUp', button: 0 }]),
      type: (text) => ask('input.performActions', { context, actions: [{ type: 'key', id: 'keys', actions: strokes(text) }] }),
      async setFiles(css, files) {
        const { nodes } = await ask('browsingContext.locateNodes', { context, locator: { type: 'css', value: css } });
        await ask('input.setFiles', { context, element: { sharedId: nodes[0].sharedId }, files });
      },
      picture: async () => Buffer.from((await ask('browsingContext.captureScreenshot', { context })).data, 'base64'),
      async end() {
        close();
        await end();
      },
    };
    await hands.resize(size);
    return hands;
  },
};

export function strokes(text) {
  return [...text].flatMap((value) => [{ type: 'keyDown', value }, { type: 'keyUp', value }]);
}

async function speak(address) {
  const socket = new WebSocket(address, { maxPayload: 1 << 28 });
  await new Promise((open, fail) => socket.once('open', open).once('error', fail));
  const waiting = new Map();
  const hearers = new Map();
  let last = 0;
  socket.on('message', (data) => {
    const { id, type, result, message, error, method, params } = JSON.parse(data);
    if (type === 'event') return hearers.get(method)?.(params);
    const one = waiting.get(id);
    waiting.delete(id);
    if (type === 'success') one?.resolve(result);
    else one?.reject(new Error(`${one.method}: ${error}: ${message}`));
  });
  socket.on('close', () => waiting.forEach((one) => one.reject(new Error(`${one.method}: Firefox is gone`))));
  return {
    hear: (method, act) => hearers.set(method, act),
    close: () => socket.close(),
    ask(method, params) {
      const id = ++last;
      return new Promise((resolve, reject) => {
        const late = setTimeout(() => reject(new Error(`${method}: no answer within ${ANSWER_MS} ms`)), ANSWER_MS);
        const settle = (act) => (value) => {
          clearTimeout(late);
          act(value);
        };
        waiting.set(id, { method, resolve: settle(resolve), reject: settle(reject) });
        socket.send(JSON.stringify({ id, method, params }));
      });
    },
  };
}
