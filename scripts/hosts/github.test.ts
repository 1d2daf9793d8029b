import { generateKeyPairSync, verify } from 'node:crypto';
import { createServer as createHttpServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type AnsweringServer, startAnsweringServer } from '../dev/testing/answering-server.ts';
import { chooseHost } from './choose.ts';
import { installationToken } from './github.ts';
import type { HostAccess, HostKind, PullRequest } from './host.ts';

let server: AnsweringServer;
const enterprise = { 'x-github-enterprise-version': 'enterprise-server@3.14' };
const request = { base: 'main', head: 'breakwater/demo', title: 'Render demo', body: 'Text' };
const pull = (number: number, ref = request.head) => ({
  html_url: `https://ghes/acme/platform/pull/${number}`,
  head: { ref },
  base: { ref: 'main', repo: { full_name: 'Acme/platform' } },
});
const listing = `GET /api/v3/repos/acme/platform/pulls?base=main&head=acme%3Abreakwater%2Fdemo&state=open&per_page=100&page=1`;
const opening = 'POST /api/v3/repos/acme/platform/pulls';
const meta = 'GET /api/v3/meta';

beforeAll(async () => {
  server = await startAnsweringServer();
});
afterAll(() => server.stop());
beforeEach(() => {
  server.asked = [];
  server.answers = { [meta]: [{ status: 200, headers: enterprise }] };
});
afterEach(() => {
  delete process.env.HTTPS_PROXY;
});

type Question = Omit<HostAccess, 'token'> & { token?: string | undefined; kind?: HostKind };

const report = () => undefined;
const repository = (): Question => ({
  web: server.origin,
  repository: 'acme/platform',
  token: 's3cret',
  tokenOf: 'user',
  caFile: server.caFile,
  report,
});

async function pullRequest({ token, ...question }: Question, wanted: PullRequest): Promise<string | undefined> {
  const host = await chooseHost({ ...question, ...(token === undefined ? {} : { token }) });
  return host.hasApi ? (await host.openPullRequest(wanted)).url : undefined;
}

describe('a pull request on GitHub Enterprise Server', () => {
  it('is opened when there is none, at the API of that host', async () => {
    server.answers[listing] = [{ status: 200, body: [] }];
    server.answers[opening] = [{ status: 201, body: pull(7) }];
    expect(await pullRequest(repository(), request)).toBe('https://ghes/acme/platform/pull/7');
    expect(server.asked.map(({ call }) => call)).toEqual([meta, listing, opening]);
    expect(JSON.parse(server.asked[2]?.body ?? '')).toEqual(request);
    expect(server.asked.map(({ headers }) => headers.authorization)).toEqual([
      undefined,
      'token s3cret',
      'token s3cret',
    ]);
  });

  it('is found when it is open already', async () => {
    server.answers[listing] = [{ status: 200, body: [pull(3, 'other'), pull(5)] }];
    expect(await pullRequest(repository(), request)).toBe('https://ghes/acme/platform/pull/5');
    expect(server.asked.map(({ call }) => call)).not.toContain(opening);
  });

  it('has its text replaced where the caller says so, and is left alone where not', async () => {
    const updating = 'PATCH /api/v3/repos/acme/platform/pulls/5';
    server.answers[updating] = [{ status: 200, body: pull(5) }];
    const wanted = { ...request, mayReplace: (body: string) => body.startsWith('ours') };
    for (const body of ['theirs', null, 'ours, old']) {
      server.answers[meta] = [{ status: 200, headers: enterprise }];
      server.answers[listing] = [{ status: 200, body: [{ ...pull(5), number: 5, body }] }];
      expect(await pullRequest(repository(), wanted)).toBe('https://ghes/acme/platform/pull/5');
    }
    const updates = server.asked.filter(({ call }) => call === updating);
    expect(updates.map(({ body }) => JSON.parse(body ?? ''))).toEqual([{ title: request.title, body: request.body }]);
  });

  it('is found when another run opened it in between', async () => {
    server.answers[listing] = [
      { status: 200, body: [] },
      { status: 200, body: [pull(6)] },
    ];
    const errors = [{ message: 'A pull request already exists for acme:breakwater/demo.' }];
    server.answers[opening] = [{ status: 422, body: { message: 'Validation Failed', errors } }];
    expect(await pullRequest(repository(), request)).toBe('https://ghes/acme/platform/pull/6');
  });

  it('FL#2327 is not taken for done when the answer is about another repository', async () => {
    server.answers[listing] = [{ status: 200, body: [] }];
    server.answers[opening] = [
      { status: 201, body: { ...pull(7), base: { ref: 'main', repo: { full_name: 'acme-inc/platform' } } } },
    ];
    await expect(pullRequest(repository(), request)).rejects.toThrow('the host returned acme-inc/platform');
  });

  it.each([
    [401, {}, 'refused the token', 'expired'],
    [403, {}, 'lacks the permission', 'Pull requests'],
    [403, { 'x-github-sso': 'required; url=x' }, 'single sign-on', 'organization'],
    [404, {}, 'cannot see it', 'git.url'],
    [301, { location: 'https://ghes/repositories/1' }, 'has moved', 'git.url'],
    [422, {}, 'the host refused it', 'git.branch'],
    [503, {}, 'answered 503', 'try again'],
  ])('KF#1857 says in plain words what %s %j means', async (status, headers, says, hint) => {
    server.answers[listing] = [{ status, headers, body: { message: 'No' } }];
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
      const upstream = connect(server.port, '127.0.0.1', () => {
        socket.write('HTTP/1.1 200 OK\r\n\r\n');
        upstream.pipe(socket).pipe(upstream);
      });
      upstream.on('error', () => socket.destroy());
      socket.on('error', () => upstream.destroy());
    });
    await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
    process.env.HTTPS_PROXY = `http://me:p%40ss@127.0.0.1:${(proxy.address() as AddressInfo).port}`;
    server.answers[listing] = [{ status: 200, body: [pull(5)] }];
    const web = `https://git.test:${server.port}`;
    expect(await pullRequest({ ...repository(), web }, request)).toBe('https://ghes/acme/platform/pull/5');
    const basic = `Basic ${Buffer.from('me:p@ss').toString('base64')}`;
    expect(targets).toEqual(Array(2).fill(`git.test:${server.port} ${basic}`));
    proxy.close();
  });
});

describe('a pull request is left to the user', () => {
  it('FL#674 FL#3869 at a host that does not say that it is GitHub, and the token is not sent to it', async () => {
    server.answers = {};
    expect(await pullRequest(repository(), request)).toBeUndefined();
    expect(server.asked.map(({ call }) => call)).toEqual([meta, 'GET /api/v4/version', 'GET /api/v1/version']);
    expect(server.asked.filter(({ headers }) => headers.authorization ?? headers['private-token'])).toEqual([]);
  });

  it('without a token, and where plain Git is configured', async () => {
    expect(await pullRequest({ ...repository(), token: undefined }, request)).toBeUndefined();
    expect(await pullRequest({ ...repository(), kind: 'git' }, request)).toBeUndefined();
    expect(server.asked).toEqual([]);
  });
});

describe("a GitHub App's installation", () => {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const pem = privateKey.export({ type: 'pkcs1', format: 'pem' }).toString();
  const call = 'POST /api/v3/app/installations/42/access_tokens';

  it('AP#54 gives a token for a signed claim', async () => {
    server.answers[call] = [{ status: 201, body: { token: 'ghs_x' } }];
    const access = { baseUrl: `${server.origin}/api/v3`, caFile: server.caFile, report };
    expect(await installationToken(access, { id: 7, installationId: 42, privateKey: pem })).toBe('ghs_x');
    const [head = '', claim = '', signature = ''] = (server.asked[0]?.headers.authorization ?? '')
      .replace('bearer ', '')
      .split('.');
    expect(verify('RSA-SHA256', Buffer.from(`${head}.${claim}`), publicKey, Buffer.from(signature, 'base64url'))).toBe(
      true,
    );
    expect(JSON.parse(Buffer.from(claim, 'base64url').toString())).toMatchObject({ iss: '7' });
  });

  it('names an invalid key', async () => {
    const access = { baseUrl: `${server.origin}/api/v3`, caFile: server.caFile, report };
    const token = installationToken(access, { id: 7, installationId: 42, privateKey: 'nonsense' });
    await expect(token).rejects.toMatchObject({ name: 'RunError', hint: expect.stringContaining('privateKey') });
  });

  it('says that the API was not reached', async () => {
    const token = installationToken(
      { baseUrl: 'https://127.0.0.1:1/api/v3', report },
      { id: 7, installationId: 42, privateKey: pem },
    );
    await expect(token).rejects.toMatchObject({
      name: 'RunError',
      message: expect.stringContaining('cannot reach the API'),
    });
  });
});
