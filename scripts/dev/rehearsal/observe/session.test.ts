import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ask } from './ask.ts';
import { logIn, startSession } from './session.ts';

let server: Server;
let base: string;

// A login as Dex's: a choice of connectors, a form, and a cookie at the end of the redirects.
beforeEach(async () => {
  server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://x');
    if (url.pathname === '/') {
      const in_ = request.headers.cookie?.includes('session=yes');
      if (in_) response.end(`in as ${request.headers.cookie}`);
      else response.writeHead(302, { location: '/dex/auth?a=1' }).end();
    } else if (url.pathname === '/dex/auth') {
      response.end(
        '<a href="/dex/auth/ldap?a=1&amp;state=s">LDAP</a> <a href="/dex/auth/local?a=1&amp;state=s">Mail</a>',
      );
    } else if (url.pathname.startsWith('/dex/auth/') && request.method === 'GET') {
      response.end(`<form method="post" action="${url.pathname}?a=1&amp;state=${url.searchParams.get('state')}">`);
    } else {
      let body = '';
      request.on('data', (part) => {
        body += part;
      });
      request.on('end', () => {
        const right = new URLSearchParams(body).get('password') === 'right' && url.searchParams.get('state') === 's';
        if (right)
          response.writeHead(303, { location: '/', 'set-cookie': ['session=yes; Path=/', 'gone=; Max-Age=0'] }).end();
        else response.writeHead(401).end('no');
      });
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterEach(() => new Promise((resolve) => server.close(resolve)));

describe('a session by plain HTTP', () => {
  it('is sent to the login, chooses the connector, fills the form in, and keeps the cookie', async () => {
    const session = startSession();
    expect(await logIn(session, `${base}/`, { email: 'a@example.com', password: 'right' }, 'ldap')).toMatchObject({
      status: 200,
      body: 'in as session=yes',
    });
  });

  it('ends at the refusal of a wrong password', async () => {
    const answer = await logIn(startSession(), `${base}/`, { email: 'a@example.com', password: 'wrong' });
    expect(answer.status).toBe(401);
  });

  it('asks another address for a name that no one can look up', async () => {
    const { port } = new URL(base);
    const answer = await ask(`http://no-such-host.invalid:${port}/dex/auth`, { address: '127.0.0.1' });
    expect(answer.status).toBe(200);
  });

  it('takes a connection that is refused for an answer', async () => {
    expect(await ask('http://127.0.0.1:1/')).toMatchObject({
      status: 0,
      error: expect.stringContaining('ECONNREFUSED'),
    });
  });
});
