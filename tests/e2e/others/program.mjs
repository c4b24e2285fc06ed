// A program of the machine's: started with its own folder, waited for, ended with all that it holds.

import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const START_MS = 30_000;
const END_MS = 5_000;
const running = new Set();
process.once('exit', () => running.forEach((child) => stop(child, 'SIGKILL')));

export function folder() {
  return mkdtempSync(join(tmpdir(), 'daylight-browser-'));
}

/** `ready` is looked for in what it says, and its find comes back as `said`; or it is asked until it says yes. `home` goes when it ends. */
export function startProgram(program, args, ready, { env = {}, home, fds = [], hear = () => {} } = {}) {
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe', ...fds], env: { ...process.env, ...env }, detached: true });
  running.add(child);
  let told = '';
  const ended = new Promise((done) => child.once('close', done));
  const end = async () => {
    stop(child, 'SIGTERM');
    const late = setTimeout(() => stop(child, 'SIGKILL'), END_MS);
    await ended;
    clearTimeout(late);
    running.delete(child);
    if (home) rmSync(home, { recursive: true, force: true, maxRetries: 5 });
  };
  return new Promise((resolve, reject) => {
    const late = setTimeout(() => reject(new Error(`${program} did not start within ${START_MS} ms\n${told}`)), START_MS);
    child.once('error', reject);
    child.once('exit', (code) => reject(new Error(`${program} ended with ${code}\n${told}`)));
    const found = (said) => {
      clearTimeout(late);
      resolve({ said, end });
    };
    const ask = async () => ((await ready().catch(() => false)) ? found() : child.exitCode === null && setTimeout(ask, 100));
    if (typeof ready === 'function') void ask();
    for (const stream of child.stdio.slice(1).filter(Boolean)) {
      stream.on('data', (bytes) => {
        told = (told + bytes).slice(-20_000);
        hear(String(bytes));
        const said = ready instanceof RegExp && ready.exec(told);
        if (said) found(said);
      });
    }
  });
}

/** With whatever it started itself. */
function stop(child, signal) {
  try {
    process.kill(-child.pid, signal);
  } catch {
    // It is gone already.
  }
}
