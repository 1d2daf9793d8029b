import { generateKeyPairSync } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type AnsweringServer, startAnsweringServer } from '../dev/testing/answering-server.ts';
import { chooseHost } from './choose.ts';
import { installationToken } from './github.ts';
import type { Host } from './host.ts';

// Shapes by GitHub's published description (github.com/github/rest-api-description): basic-error, validation-error,
// full-repository, deploy-key, hook, and the headers of its documentation. What Gitea has in common is tried on a real one.
let server: AnsweringServer;
let waited: string[];
beforeAll(async () => {
  server = await startAnsweringServer();
});
afterAll(() => server.stop());
beforeEach(() => {
  server.asked = [];
  server.answers = {};
  waited = [];
});

const documentation_url = 'https://docs.github.com/rest';
const repos = 'GET /api/v3/repos/acme/platform';
const org = 'GET /api/v3/orgs/acme';
const create = 'POST /api/v3/orgs/acme/repos';
const keys = 'GET /api/v3/repos/acme/platform/keys?page=1&per_page=100';
const full = { full_name: 'acme/platform', private: true, visibility: 'private', archived: false };

async function host(access: { tokenOf?: 'user' | 'installation'; caFile?: string } = {}): Promise<Host> {
  const known = { kind: 'github' as const, web: server.origin, repository: 'acme/platform', token: 's3cret' };
  return chooseHost({ ...known, tokenOf: 'user', caFile: server.caFile, report, ...access });
}

const report = (line: string) => waited.push(line.trim());

const denied = (message: string, headers: Record<string, string> = {}, status = 403) => ({
  status,
  headers,
  body: { message, documentation_url, status: String(status) },
});

describe('a repository on GitHub', () => {
  it('is described: archived, visible to whom, administered by the token', async () => {
    const permissions = { admin: false, push: true, pull: true };
    server.answers[repos] = [{ status: 200, body: { ...full, archived: true, visibility: 'internal', permissions } }];
    expect(await (await host()).repository()).toEqual({ archived: true, visibility: 'internal', mayAdminister: false });
  });

  it.each([
    ['a classic token with the scope repo', 'repo, workflow', { admin: true, push: true }, []],
    ['a classic token with public_repo', 'public_repo', { admin: true, push: true }, ['pulls', 'keys', 'hooks']],
    ['a classic token for hooks only', 'admin:repo_hook', { admin: true, push: true }, ['pulls', 'keys']],
    ['a token without a scope', '', { admin: true, push: true }, ['pulls', 'keys', 'hooks']],
    ['a fine-grained token, whose permissions GitHub does not tell', undefined, { admin: true, push: true }, []],
    ['a token of a user who may push', undefined, { admin: false, push: true }, ['keys', 'hooks']],
    ['a token of a reader', 'repo', { admin: false, push: false }, ['pulls', 'keys', 'hooks']],
  ])('names the rights that %s lacks', async (_, scopes, permissions, lacks) => {
    const headers = scopes === undefined ? {} : { 'x-oauth-scopes': scopes };
    server.answers[repos] = [{ status: 200, headers, body: { ...full, permissions } }];
    const missing = await (await host()).missingRights();
    expect(Object.keys(missing)).toEqual(lacks);
    for (const needs of Object.values(missing)) expect(needs).toMatch(/needs? the permissions? "/);
  });

  it('does not judge an App by the role of a user', async () => {
    server.answers[repos] = [{ status: 200, body: { ...full, permissions: { admin: false, push: false } } }];
    expect(await (await host({ tokenOf: 'installation' })).missingRights()).toEqual({});
  });

  it('is made for the organisation, private and empty, and waited for until it answers', async () => {
    server.answers[org] = [{ status: 200, body: { login: 'acme' } }];
    server.answers[create] = [{ status: 201, body: full }];
    server.answers[repos] = [denied('Not Found', {}, 404), { status: 200, body: full }];
    await (await host()).createRepository('private');
    const sent = server.asked.filter(({ call }) => call === create);
    expect(sent).toHaveLength(1);
    expect(JSON.parse(sent[0]?.body ?? '')).toMatchObject({ name: 'platform', private: true, auto_init: false });
  });

  it('is made for the own account', async () => {
    server.answers['GET /api/v3/user'] = [{ status: 200, body: { login: 'Acme' } }];
    server.answers['POST /api/v3/user/repos'] = [{ status: 201, body: full }];
    server.answers[repos] = [{ status: 200, body: full }];
    await (await host()).createRepository('private');
    expect(server.asked.map(({ call }) => call)).toContain('POST /api/v3/user/repos');
  });

  it('FL#2327 is not made when the account is another one', async () => {
    server.answers['GET /api/v3/user'] = [{ status: 200, body: { login: 'somebody' } }];
    await expect((await host()).createRepository('private')).rejects.toThrow('that the token (of somebody) can see');
    expect(server.asked.map(({ call }) => call).filter((call) => call.startsWith('POST'))).toEqual([]);
  });

  it('AP#54 is not made by an App for an account that is not an organization', async () => {
    const app = await host({ tokenOf: 'installation' });
    await expect(app.createRepository('private')).rejects.toThrow('in organizations');
  });

  it('FL#4640 AP#675 that exists and is not shown to the token is distinguished from an absent one', async () => {
    const errors = [
      { resource: 'Repository', code: 'custom', field: 'name', message: 'name already exists on this account' },
    ];
    server.answers[org] = [{ status: 200, body: { login: 'acme' } }];
    server.answers[create] = [
      { status: 422, body: { message: 'Repository creation failed.', errors, documentation_url } },
    ];
    await expect((await host()).createRepository('private')).rejects.toThrow('the token cannot see it');
  });

  it('has its deploy keys listed, made read-only, and removed', async () => {
    const blob = 'ssh-ed25519 AAAAC3Nz';
    const key = {
      id: 7,
      key: `${blob} comment`,
      title: 't',
      verified: true,
      read_only: false,
      url: '',
      created_at: '',
    };
    server.answers[keys] = [{ status: 200, body: [key] }];
    server.answers['POST /api/v3/repos/acme/platform/keys'] = [{ status: 201, body: key }];
    server.answers['DELETE /api/v3/repos/acme/platform/keys/7'] = [{ status: 204 }];
    const there = await host();
    expect(await there.deployKeys()).toEqual([{ id: '7', title: 't', publicKey: blob, readOnly: false }]);
    await there.changeDeployKeys({ add: { title: 'new', publicKey: blob }, remove: ['7'] });
    expect(JSON.parse(server.asked[1]?.body ?? '')).toEqual({ title: 'new', key: blob, read_only: true });
  });

  it('gets a webhook, once', async () => {
    const hooks = 'GET /api/v3/repos/acme/platform/hooks?page=1&per_page=100';
    const url = 'https://platform.example.com/hooks/argocd';
    const hook = { id: 3, type: 'Repository', active: true, events: ['push'], config: { url, content_type: 'json' } };
    server.answers[hooks] = [
      { status: 200, body: [] },
      { status: 200, body: [hook] },
    ];
    server.answers['POST /api/v3/repos/acme/platform/hooks'] = [{ status: 201, body: hook }];
    server.answers['PATCH /api/v3/repos/acme/platform/hooks/3'] = [{ status: 200, body: hook }];
    const there = await host();
    expect(await there.webhook(url, { secret: 'x', verifyTls: true })).toBe('3');
    expect(await there.webhook(url, { secret: 'y', verifyTls: true })).toBe('3');
    const bodies = server.asked.filter(({ body }) => body !== '').map(({ body }) => JSON.parse(body));
    expect(bodies).toMatchObject([
      { name: 'web', config: { url, secret: 'x', insecure_ssl: '0' } },
      { config: { url, secret: 'y' } },
    ]);
  });
});

describe('what GitHub refuses is said in plain words', () => {
  it.each([
    ['a wrong token', denied('Bad credentials', {}, 401), 'refused the token', 'expired'],
    [
      'a missing scope of a classic token, by its name',
      denied('Not allowed', { 'x-oauth-scopes': 'gist, read:org', 'x-accepted-oauth-scopes': 'repo' }),
      'lacks the scope repo (403); it has gist, read:org',
      'Administration',
    ],
    [
      'a missing permission of a fine-grained token, by its name',
      denied('Resource not accessible by personal access token', {
        'x-accepted-github-permissions': 'administration=read',
      }),
      'lacks a permission (403): administration: read',
      'Administration',
    ],
    ['no right', denied('Must have admin rights to Repository.'), 'lacks the permission', 'administers'],
    [
      'single sign-on, with the page where it is authorised',
      denied('Resource protected by organization SAML enforcement.', {
        'x-github-sso': 'required; url=https://github.com/orgs/acme/sso?authorization_request=AZ',
      }),
      'not authorized for single sign-on',
      'https://github.com/orgs/acme/sso?authorization_request=AZ',
    ],
    ['an archived repository', denied('Repository was archived so is read-only.'), 'is archived', 'archive'],
  ])('%s', async (_case, answer, says, hint) => {
    server.answers[keys] = [answer];
    await expect((await host()).deployKeys()).rejects.toMatchObject({
      name: 'RunError',
      message: expect.stringContaining(says),
      hint: expect.stringContaining(hint),
    });
  });

  it('no right to make repositories', async () => {
    server.answers[org] = [{ status: 200, body: { login: 'acme' } }];
    server.answers[create] = [denied('You need admin access to the organization before adding a repository to it.')];
    await expect((await host()).createRepository('private')).rejects.toMatchObject({
      message: expect.stringContaining('cannot create the repository for acme/platform on 127.0.0.1'),
      hint: expect.stringContaining('the organization must permit its members to create them'),
    });
  });

  it('a certificate of an unknown CA, without sending the token', async () => {
    const { caFile: _, ...access } = { caFile: '', tokenOf: 'user' as const };
    const known = { kind: 'github' as const, web: server.origin, repository: 'acme/platform', token: 's3cret' };
    await expect((await chooseHost({ ...known, ...access, report })).repository()).rejects.toMatchObject({
      message: expect.stringContaining('CA that is not trusted'),
      hint: expect.stringContaining('git.caFile'),
    });
    expect(server.asked).toEqual([]);
  });

  it('a network that is down, and a host name that does not resolve', async () => {
    const known = { kind: 'github' as const, repository: 'acme/platform', token: 's3cret', tokenOf: 'user' as const };
    const closed = await chooseHost({ ...known, web: 'https://127.0.0.1:1', report });
    await expect(closed.repository()).rejects.toThrow('cannot reach the API');
    const unknown = await chooseHost({ ...known, web: 'https://no-such-host.invalid', report });
    await expect(unknown.repository()).rejects.toThrow("the host's name is unknown");
  });

  it('a CA file that can not be read', async () => {
    await expect((await host({ caFile: '/nowhere/ca.pem' })).repository()).rejects.toThrow('/nowhere/ca.pem');
  });
});

describe('when GitHub asks to wait', () => {
  const reset = () => String(Math.floor(Date.now() / 1000) + 1);
  it.each([
    ['a secondary limit', () => denied('You have exceeded a secondary rate limit.', { 'retry-after': '1' })],
    ['a limit that GitHub did not word', () => denied('slow down', { 'retry-after': '1' }, 429)],
    ['the primary limit', () => denied('', { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': reset() })],
  ])('the run waits as long as told, says so, and continues: %s', async (_case, limited) => {
    // Made when it is asked for: on a slow machine the time of the reset would be over by then.
    server.answers[keys] = [limited, { status: 200, body: [] }];
    const started = Date.now();
    expect(await (await host()).deployKeys()).toEqual([]);
    expect(Date.now() - started).toBeGreaterThan(900);
    expect(server.asked.map(({ call }) => call)).toEqual([keys, keys]);
    expect(waited).toEqual([expect.stringMatching(/^127\.0\.0\.1:\d+ asks to wait \(rate limit\): [12] s left$/)]);
  });

  it('also before it gives a token of a GitHub App', async () => {
    const call = 'POST /api/v3/app/installations/42/access_tokens';
    const token = { status: 201, body: { token: 'ghs_x' } };
    server.answers[call] = [denied('You have exceeded a secondary rate limit.', { 'retry-after': '1' }), token];
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const app = {
      id: 7,
      installationId: 42,
      privateKey: privateKey.export({ type: 'pkcs1', format: 'pem' }).toString(),
    };
    const access = { baseUrl: `${server.origin}/api/v3`, caFile: server.caFile, report };
    expect(await installationToken(access, app)).toBe('ghs_x');
    expect(waited).toHaveLength(1);
  });

  it('longer than an hour, it gives up and says that a later run continues', async () => {
    server.answers[keys] = [denied('API rate limit exceeded', { 'retry-after': '7200' }, 429)];
    await expect((await host()).deployKeys()).rejects.toThrow('too many requests (rate limit)');
    expect(waited).toEqual([]);
  });
});
