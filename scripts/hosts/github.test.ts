import { generateKeyPairSync, verify } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer as createHttpServer, type IncomingMessage } from 'node:http';
import { createServer, type Server } from 'node:https';
import { type AddressInfo, connect } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { makeSelfSigned } from '../test/self-signed.ts';
import { proxyFor } from './fetch.ts';
import { installationToken } from './github.ts';
import { pullRequest } from './pull-request.ts';

// A server on the loopback that answers as GitHub's API is documented to answer; it is not GitHub.
interface Answer {
  status: number;
  body?: unknown;
  headers?: Record<string, string>;
}
interface Asked {
  call: string;
  headers: IncomingMessage['headers'];
  body: string;
}
let folder: string;
let caFile: string;
let server: Server;
let origin: string;
let asked: Asked[];
let answers: Record<string, Answer[]>;
const enterprise = { 'x-github-enterprise-version': 'enterprise-server@3.14' };
const request = { base: 'main', head: 'breakwater/demo', title: 'Render demo', body: 'Text' };
const pull = (number: number, ref = request.head) => ({
  html_url: `https://ghes/acme/platform/pull/${number}`,
  head: { ref },
  base: { repo: { full_name: 'Acme/platform' } },
});
const listing = `GET /api/v3/repos/acme/platform/pulls?base=main&head=acme%3Abreakwater%2Fdemo&state=open`;
const opening = 'POST /api/v3/repos/acme/platform/pulls';
const meta = 'GET /api/v3/meta';

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'breakwater hosts '));
  caFile = path.join(folder, 'ca.pem');
  const { key, certificate } = makeSelfSigned();
  await writeFile(caFile, certificate);
  server = createServer({ key, cert: certificate }, async (message, response) => {
    let body = '';
    for await (const chunk of message) body += chunk;
    const call = `${message.method} ${message.url}`;
    asked.push({ call, headers: message.headers, body });
    const answer = answers[call]?.shift() ?? { status: 404, body: { message: 'Not Found' } };
    response.writeHead(answer.status, { 'content-type': 'application/json', ...answer.headers });
    response.end(JSON.stringify(answer.body ?? {}));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  origin = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(async () => {
  server.closeAllConnections();
  server.close();
  await rm(folder, { recursive: true });
});
beforeEach(() => {
  asked = [];
  answers = { [meta]: [{ status: 200, headers: enterprise }] };
});
afterEach(() => {
  delete process.env.HTTPS_PROXY;
});

const repository = () => ({ url: `${origin}/acme/platform.git`, credentials: { token: 's3cret' }, caFile });

describe('a pull request on GitHub Enterprise Server', () => {
  it('is opened when there is none, at the API of that host', async () => {
    answers[listing] = [{ status: 200, body: [] }];
    answers[opening] = [{ status: 201, body: pull(7) }];
    expect(await pullRequest(repository(), request)).toBe('https://ghes/acme/platform/pull/7');
    expect(asked.map(({ call }) => call)).toEqual([meta, listing, opening]);
    expect(JSON.parse(asked[2]?.body ?? '')).toEqual(request);
    expect(asked.map(({ headers }) => headers.authorization)).toEqual([undefined, 'token s3cret', 'token s3cret']);
  });

  it('is found when it is open already', async () => {
    answers[listing] = [{ status: 200, body: [pull(3, 'other'), pull(5)] }];
    expect(await pullRequest(repository(), request)).toBe('https://ghes/acme/platform/pull/5');
    expect(asked.map(({ call }) => call)).not.toContain(opening);
  });

  it('is found when another run opened it in between', async () => {
    answers[listing] = [
      { status: 200, body: [] },
      { status: 200, body: [pull(6)] },
    ];
    const errors = [{ message: 'A pull request already exists for acme:breakwater/demo.' }];
    answers[opening] = [{ status: 422, body: { message: 'Validation Failed', errors } }];
    expect(await pullRequest(repository(), request)).toBe('https://ghes/acme/platform/pull/6');
  });

  it('FL#2327 is not taken for done when the answer is about another repository', async () => {
    answers[listing] = [{ status: 200, body: [] }];
    answers[opening] = [{ status: 201, body: { ...pull(7), base: { repo: { full_name: 'acme-inc/platform' } } } }];
    await expect(pullRequest(repository(), request)).rejects.toThrow('GitHub answered for acme-inc/platform');
  });

  it.each([
    [401, {}, 'token is refused', 'expired'],
    [403, {}, 'does not have the right', 'Pull requests'],
    [403, { 'x-ratelimit-remaining': '0' }, 'too many requests', 'Wait'],
    [403, { 'x-github-sso': 'required; url=x' }, 'single sign-on', 'organisation'],
    [404, {}, 'may not see it', 'git.url'],
    [301, { location: 'https://ghes/repositories/1' }, 'has moved', 'git.url'],
    [422, {}, 'refuses it', 'git.branch'],
    [503, {}, 'answered 503', 'try again'],
  ])('KF#1857 says in plain words what %s %j means', async (status, headers, says, hint) => {
    answers[listing] = [{ status, headers, body: { message: 'No' } }];
    await expect(pullRequest(repository(), request)).rejects.toMatchObject({
      name: 'RunError',
      message: expect.stringContaining(says),
      hint: expect.stringContaining(hint),
    });
  });

  it('FL#3405 octokit/rest.js#417 goes through HTTPS_PROXY, together with the CA', async () => {
    const targets: string[] = [];
    const proxy = createHttpServer().on('connect', (message, socket) => {
      targets.push(`${message.url} ${message.headers['proxy-authorization']}`);
      const upstream = connect((server.address() as AddressInfo).port, '127.0.0.1', () => {
        socket.write('HTTP/1.1 200 OK\r\n\r\n');
        upstream.pipe(socket).pipe(upstream);
      });
      upstream.on('error', () => socket.destroy());
      socket.on('error', () => upstream.destroy());
    });
    await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
    process.env.HTTPS_PROXY = `http://me:p%40ss@127.0.0.1:${(proxy.address() as AddressInfo).port}`;
    answers[listing] = [{ status: 200, body: [pull(5)] }];
    expect(await pullRequest(repository(), request)).toBe('https://ghes/acme/platform/pull/5');
    const basic = `Basic ${Buffer.from('me:p@ss').toString('base64')}`;
    expect(targets).toEqual(Array(2).fill(`${new URL(origin).host} ${basic}`));
    proxy.close();
  });
});

describe('a pull request is left to the user', () => {
  it('FL#674 FL#3869 at a host that does not say that it is GitHub, and the token is not sent to it', async () => {
    answers = {};
    expect(await pullRequest(repository(), request)).toBeUndefined();
    expect(asked).toMatchObject([{ call: meta }]);
    expect(asked[0]?.headers.authorization).toBeUndefined();
  });

  it('with an SSH key, with no credentials, and for the embedded remote', async () => {
    const ssh = { url: 'git@github.com:acme/platform.git', credentials: { sshKey: 'x', knownHosts: 'y' } };
    expect(await pullRequest(ssh, request)).toBeUndefined();
    expect(await pullRequest({ url: `${origin}/acme/platform.git` }, request)).toBeUndefined();
    expect(await pullRequest({ url: 'file:///x/.breakwater/remote.git' }, request)).toBeUndefined();
    expect(asked).toEqual([]);
  });
});

describe("a GitHub App's installation", () => {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const pem = privateKey.export({ type: 'pkcs1', format: 'pem' }).toString();
  const call = 'POST /api/v3/app/installations/42/access_tokens';

  it('AP#54 gives a token for a signed claim', async () => {
    answers[call] = [{ status: 201, body: { token: 'ghs_x' } }];
    const access = { baseUrl: `${origin}/api/v3`, caFile };
    expect(await installationToken(access, { id: 7, installationId: 42, privateKey: pem })).toBe('ghs_x');
    const [head = '', claim = '', signature = ''] = (asked[0]?.headers.authorization ?? '')
      .replace('bearer ', '')
      .split('.');
    expect(verify('RSA-SHA256', Buffer.from(`${head}.${claim}`), publicKey, Buffer.from(signature, 'base64url'))).toBe(
      true,
    );
    expect(JSON.parse(Buffer.from(claim, 'base64url').toString())).toMatchObject({ iss: '7' });
  });

  it('names a key that is none', async () => {
    const access = { baseUrl: `${origin}/api/v3`, caFile };
    const token = installationToken(access, { id: 7, installationId: 42, privateKey: 'nonsense' });
    await expect(token).rejects.toMatchObject({ name: 'RunError', hint: expect.stringContaining('privateKey') });
  });

  it('says that the API was not reached', async () => {
    const token = installationToken(
      { baseUrl: 'https://127.0.0.1:1/api/v3' },
      { id: 7, installationId: 42, privateKey: pem },
    );
    await expect(token).rejects.toMatchObject({ name: 'RunError', message: expect.stringContaining('not reached') });
  });
});

describe('the proxy', () => {
  it.each([
    ['https://a.example.com/', { HTTPS_PROXY: 'http://p:1' }, 'http://p:1/'],
    ['https://a.example.com/', { https_proxy: 'p:1', HTTPS_PROXY: 'http://q:1' }, 'http://p:1/'],
    ['https://a.example.com/', { HTTP_PROXY: 'http://p:1' }, undefined],
    ['https://a.example.com/', { ALL_PROXY: 'http://p:1' }, 'http://p:1/'],
    ['https://a.example.com/', { HTTPS_PROXY: 'http://p:1', NO_PROXY: 'x,.example.com' }, undefined],
    ['https://a.example.com/', { HTTPS_PROXY: 'http://p:1', NO_PROXY: 'ample.com' }, 'http://p:1/'],
    ['https://a.example.com:8443/', { HTTPS_PROXY: 'http://p:1', NO_PROXY: 'a.example.com:443' }, 'http://p:1/'],
    ['https://a.example.com/', { HTTPS_PROXY: 'http://p:1', no_proxy: '*' }, undefined],
  ])('for %s with %j is %s', (url, environment, proxy) =>
    expect(proxyFor(new URL(url), environment)?.href).toBe(proxy),
  );
});
