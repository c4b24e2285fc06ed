// A company's OpenID Connect provider: a real one (npm's oidc-provider) in a process of its own, where whoever types a name is let in.
//
//   node provider.mjs REDIRECT
//
// It prints its address when it listens. Called by another name than Daylight is, so that a browser takes it for another site.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createRequire } from 'node:module';
import { fileURLToPath, pathToFileURL } from 'node:url';

export const CLIENT = { id: 'daylight', secret: 'what only the two of us know' };
const HERE = fileURLToPath(import.meta.url);
const START_MS = 20_000;

/** Starts it for a Daylight at `origin`: its issuer, and how it is stopped. */
export async function startProvider(origin) {
  const child = spawn(process.execPath, [HERE, `${origin}/api/v1/signin/oidc/back`], { stdio: ['ignore', 'pipe', 'ignore'] });
  const gone = () => child.kill('SIGKILL');
  process.once('exit', gone);
  const issuer = await new Promise((resolve, reject) => {
    const late = setTimeout(() => reject(new Error('the provider does not start')), START_MS);
    child.once('exit', (code) => reject(new Error(`the provider ended with ${code}`)));
    child.stdout.once('data', (bytes) => {
      clearTimeout(late);
      resolve(String(bytes).trim());
    });
  });
  return {
    issuer,
    async stop() {
      process.off('exit', gone);
      if (child.exitCode !== null || child.signalCode !== null) return;
      const ended = once(child, 'exit');
      gone();
      await ended;
    },
  };
}

async function serve(redirect) {
  const { createServer } = await import('node:http');
  const { default: Provider } = await import(createRequire(new URL('../../web/package.json', import.meta.url)).resolve('oidc-provider'));
  const server = createServer();
  server.listen(0, 'localhost');
  await once(server, 'listening');
  const issuer = `http://localhost:${server.address().port}`;
  const provider = new Provider(issuer, {
    clients: [{ client_id: CLIENT.id, client_secret: CLIENT.secret, redirect_uris: [redirect] }],
    claims: { openid: ['sub'], profile: ['name', 'preferred_username'], email: ['email', 'email_verified'] },
    findAccount: (_, login) => ({ accountId: login, claims: () => ({ sub: `sub-of-${login}`, preferred_username: login, name: 'Named Elsewhere', email: `${login}@acme.example`, email_verified: true }) }),
    pkce: { required: () => true },
  });
  const answer = provider.callback();
  // A browser behind a proxy asks for the whole address, which this library does not know.
  server.on('request', (request, response) => {
    request.url = request.url.replace(/^https?:\/\/[^/]+/, '');
    void answer(request, response);
  });
  console.log(issuer);
}

if (pathToFileURL(process.argv[1] ?? '').href === import.meta.url) await serve(process.argv[2]);
