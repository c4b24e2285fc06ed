// A person's way to the server, which can be cut, slowed down, or left open with nothing coming back. A plain forward proxy on
// loopback, where every name that ends in .test leads too: an address as a house without certificates has it.

import { existsSync, readFileSync } from 'node:fs';
import { createServer, request } from 'node:http';
import { connect } from 'node:net';
import { extname, join as path } from 'node:path';
import { pipeline } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';

/** A client that was just built, instead of the one in the binary. */
const WEB = process.env.DAYLIGHT_E2E_WEB;
const TYPES = { '.html': 'text/html; charset=utf-8', '.js': 'text/javascript', '.css': 'text/css', '.svg': 'image/svg+xml', '.png': 'image/png', '.webmanifest': 'application/manifest+json' };

const way = (host) => (host.endsWith('.test') ? '127.0.0.1' : host);

/** So much goes down a slow line at a time; others come in between. */
const PIECE_BYTES = 4096;

export async function openWire() {
  let state = 'open';
  let slowness = null;
  let free = 0;
  /** What comes down, when it would be here: all that this person asks for shares one line. */
  async function* down(chunks) {
    for await (const chunk of chunks) {
      for (let at = 0; slowness && at < chunk.length; at += PIECE_BYTES) {
        const piece = chunk.subarray(at, at + PIECE_BYTES);
        free = Math.max(free, performance.now()) + (1000 * piece.length) / slowness.bytesPerSecond;
        await delay(Math.max(0, free - performance.now()));
        yield piece;
      }
      if (!slowness) yield chunk;
    }
  }
  const live = new Set();
  const hold = (socket) => {
    live.add(socket);
    socket.on('error', () => socket.destroy());
    socket.once('close', () => live.delete(socket));
    return socket;
  };
  const server = createServer((near, answer) => {
    const { hostname, port, pathname, search } = new URL(near.url);
    const file = WEB && path(WEB, pathname === '/' ? 'index.html' : pathname);
    const built = file && existsSync(file) ? file : null;
    const far = request({ hostname: way(hostname), port, path: built ? '/' : pathname + search, method: near.method, headers: near.headers, agent: false }, (got) => {
      if (state !== 'open') return void answer.destroy();
      if (built) return give(built, got, answer, down);
      answer.writeHead(got.statusCode, got.headers);
      pipeline(down(got), answer, () => undefined);
    });
    far.on('error', () => answer.destroy());
    // The way there and back, once for each request; that a connection must be made first is not counted.
    delay(slowness?.roundTripMs ?? 0).then(() => near.pipe(far));
  });
  server.on('connection', (socket) => {
    if (state === 'cut') socket.destroy();
    else hold(socket);
  });
  /** Both ways, until either end closes; `begin` says what goes first. */
  const join = (host, port, near, begin) => {
    const far = hold(connect(Number(port), way(host), () => {
      begin(far);
      near.pipe(far);
    }));
    far.on('data', (bytes) => {
      if (state === 'open') near.write(bytes);
    });
    near.once('close', () => far.destroy());
    far.once('close', () => near.destroy());
  };
  server.on('connect', (asked, near, head) => {
    const [host, port] = asked.url.split(':');
    join(host, port, near, (far) => {
      near.write('HTTP/1.1 200 OK\r\n\r\n');
      far.write(head);
    });
  });
  // Some ask for a socket as for any page.
  server.on('upgrade', (asked, near, head) => {
    const { hostname, port, pathname, search } = new URL(asked.url);
    const lines = Array.from({ length: asked.rawHeaders.length / 2 }, (_, i) => `${asked.rawHeaders[2 * i]}: ${asked.rawHeaders[2 * i + 1]}\r\n`);
    join(hostname, port, near, (far) => {
      far.write(`${asked.method} ${pathname}${search} HTTP/1.1\r\n${lines.join('')}\r\n`);
      far.write(head);
    });
  });
  await new Promise((done) => server.listen(0, '127.0.0.1', done));
  return {
    address: `http://127.0.0.1:${server.address().port}`,
    /** Nothing goes, nothing comes; what was open breaks. */
    cut() {
      state = 'cut';
      for (const socket of live) socket.destroy();
    },
    /** A far and narrow line, for requests; what a socket says is not held up. Null: as quick as it is. */
    slow(how) {
      slowness = how;
    },
    /** What is sent arrives; no answer ever comes back. */
    deafen() {
      state = 'deaf';
    },
    mend() {
      state = 'open';
      for (const socket of live) socket.destroy();
    },
    close() {
      for (const socket of live) socket.destroy();
      server.close();
    },
  };
}

/** A file of that build, under the rules that the server sends with its own, and as small. */
function give(file, got, answer, down) {
  got.resume();
  const { 'content-length': _, etag: __, ...headers } = got.headers;
  answer.writeHead(200, { ...headers, 'content-type': TYPES[extname(file)] ?? 'application/octet-stream', 'content-encoding': 'gzip' });
  pipeline(down([gzipSync(readFileSync(file))]), answer, () => undefined);
}
