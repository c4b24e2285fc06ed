// A person's way to the server, which can be cut, or left open with nothing coming back. A plain forward proxy on loopback.

import { createServer, request } from 'node:http';
import { connect } from 'node:net';

export async function openWire() {
  let state = 'open';
  const live = new Set();
  const hold = (socket) => {
    live.add(socket);
    socket.on('error', () => socket.destroy());
    socket.once('close', () => live.delete(socket));
    return socket;
  };
  const server = createServer((near, answer) => {
    const { hostname, port, pathname, search } = new URL(near.url);
    const far = request({ hostname, port, path: pathname + search, method: near.method, headers: near.headers, agent: false }, (got) => {
      if (state !== 'open') return void answer.destroy();
      answer.writeHead(got.statusCode, got.headers);
      got.pipe(answer);
    });
    far.on('error', () => answer.destroy());
    near.pipe(far);
  });
  server.on('connection', (socket) => {
    if (state === 'cut') socket.destroy();
    else hold(socket);
  });
  server.on('connect', (near, near_, head) => {
    const [host, port] = near.url.split(':');
    const far = hold(connect(Number(port), host, () => {
      near_.write('HTTP/1.1 200 OK\r\n\r\n');
      far.write(head);
      near_.pipe(far);
    }));
    far.on('data', (bytes) => {
      if (state === 'open') near_.write(bytes);
    });
    near_.once('close', () => far.destroy());
    far.once('close', () => near_.destroy());
  });
  await new Promise((done) => server.listen(0, '127.0.0.1', done));
  return {
    address: `http://127.0.0.1:${server.address().port}`,
    /** Nothing goes, nothing comes; what was open breaks. */
    cut() {
      state = 'cut';
      for (const socket of live) socket.destroy();
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
