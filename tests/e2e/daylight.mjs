// The real program on a free port with data of its own. Knows its command line and its settings, and nothing of browsers.

import { execFile, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const PROGRAM = process.env.DAYLIGHT_BIN ?? fileURLToPath(new URL('../../target/release/daylight', import.meta.url));
const START_MS = 20_000;

/** Hashing is cheap and nobody is slowed: the journeys are about what people see, not about those limits. No push service beyond this machine is called. */
const settings = (data, origin, more = '') => `data = '${data}'
[server]
listen = '127.0.0.1:${new URL(origin).port}'
public_url = '${origin}'
[identity]
argon2_memory_kib = 8
argon2_passes = 1
[push]
private_networks = true
[limits]
commands_per_minute = 100000000
commands_burst = 1000000
${more}`;

/** Starts a fresh installation, which people find under this name of the machine; `setup` is the link it printed. */
export async function startDaylight(host = '127.0.0.1') {
  if (!existsSync(PROGRAM)) throw new Error(`${PROGRAM} is not there: cargo build --release -p daylight`);
  const dir = mkdtempSync(join(tmpdir(), 'daylight-e2e-'));
  const data = join(dir, 'data');
  const origin = `http://${host}:${await freePort()}`;
  const config = join(dir, 'daylight.toml');
  writeFileSync(config, settings(data, origin));
  let child;
  let errors = '';
  // Whoever stops the journeys leaves no server behind.
  process.once('exit', () => child?.kill('SIGKILL'));
  /** Resolves with the link that it prints: to set it up, or to open it. */
  let around = {};
  const start = (link) => {
    child = spawn(PROGRAM, ['serve', '--config', config], { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, ...around } });
    let told = '';
    child.stderr.on('data', (bytes) => (errors = (errors + bytes).slice(-20_000)));
    return new Promise((resolve, reject) => {
      const late = setTimeout(() => reject(new Error(`no link within ${START_MS} ms\n${errors}`)), START_MS);
      child.once('exit', (code) => reject(new Error(`daylight ended with ${code}\n${errors}`)));
      child.stdout.on('data', (bytes) => {
        told += bytes;
        const found = link.exec(told)?.[0];
        if (!found) return;
        clearTimeout(late);
        resolve(found);
      });
    });
  };
  const end = async (signal = 'SIGTERM') => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.kill(signal);
    await ended;
  };
  const setup = await start(/https?:\/\/\S+\/#\/setup\/\S+/);
  return {
    origin,
    setup,
    dir,
    data,
    errors: () => errors,
    /** Stops and starts it on the same data, with `more` lines of its last section, `limits`, or sections of their own, and with more in its environment. */
    async again(more = '', environment = {}) {
      await end();
      around = environment;
      writeFileSync(config, settings(data, origin, more));
      await start(/open at https?:\/\/\S+/);
    },
    /** The power goes: nothing in it has a last word. */
    kill: () => end('SIGKILL'),
    rise: () => start(/open at https?:\/\/\S+/),
    async stop() {
      await end();
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

/** Runs a program to its end: what it said and with which code. */
export function run(program, args, options = {}) {
  return new Promise((resolve) => {
    execFile(program, args, { timeout: 30_000, maxBuffer: 1 << 24, ...options }, (error, stdout, stderr) => {
      resolve({ code: error ? (error.code ?? 1) : 0, said: `${stdout}${stderr}` });
    });
  });
}

export function freePort() {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const { port } = probe.address();
      probe.close(() => resolve(port));
    });
  });
}
