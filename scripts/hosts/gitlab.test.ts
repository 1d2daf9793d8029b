import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type AnsweringServer, startAnsweringServer } from '../dev/testing/answering-server.ts';
import { chooseHost } from './choose.ts';
import type { Host } from './host.ts';

// Shapes by GitLab's API documentation (docs.gitlab.com/api); there is no GitLab to try it on.
let server: AnsweringServer;
beforeAll(async () => {
  server = await startAnsweringServer();
});
afterAll(() => server.stop());
beforeEach(() => {
  server.asked = [];
  server.answers = {};
});

const path = '/api/v4/projects/group%2Fsub%2Fplatform';
const project = { path_with_namespace: 'group/sub/platform', archived: false, visibility: 'private' };
const requests = `GET ${path}/merge_requests?state=opened&source_branch=breakwater%2Fdemo&target_branch=main`;
const merge = {
  iid: 1,
  web_url: 'https://gl/group/sub/platform/-/merge_requests/1',
  source_branch: 'x',
  target_branch: 'main',
};
const request = { base: 'main', head: 'breakwater/demo', title: 'Render demo', body: 'Text' };

const told: string[] = [];
const report = (line: string) => told.push(line.trim());

function host(kind?: 'gitlab'): Promise<Host> {
  const access = {
    web: server.origin,
    repository: 'group/sub/platform',
    token: 's3cret',
    tokenOf: 'user' as const,
    report,
  };
  return chooseHost({ ...access, caFile: server.caFile, ...(kind === undefined ? {} : { kind }) });
}

describe('GitLab', () => {
  it('FL#674 FL#3869 is known by its own header before the token is sent, and a subgroup is encoded once', async () => {
    server.answers['GET /api/v3/meta'] = [{ status: 404, headers: { 'x-gitlab-meta': '{"version":"1"}' } }];
    server.answers[`GET ${path}`] = [
      { status: 200, body: { ...project, permissions: { project_access: null, group_access: { access_level: 30 } } } },
    ];
    const there = await host();
    expect(server.asked.map(({ headers }) => headers['private-token'])).toEqual([undefined]);
    expect(there.name).toBe('GitLab');
    expect(await there.repository()).toEqual({ archived: false, visibility: 'private', mayAdminister: false });
    expect(server.asked[1]?.headers['private-token']).toBe('s3cret');
  });

  it('has a project made in its group', async () => {
    server.answers['GET /api/v4/namespaces/group%2Fsub'] = [
      { status: 200, body: { id: 5, full_path: 'group/sub', kind: 'group' } },
    ];
    server.answers['POST /api/v4/projects'] = [{ status: 201, body: project }];
    await (await host('gitlab')).createRepository('internal');
    expect(JSON.parse(server.asked[1]?.body ?? '')).toMatchObject({
      path: 'platform',
      namespace_id: 5,
      visibility: 'internal',
    });
  });

  it('says that the group is absent, or the name taken', async () => {
    await expect((await host('gitlab')).createRepository('private')).rejects.toThrow(
      'the token sees no group or account group/sub',
    );
    server.answers['GET /api/v4/namespaces/group%2Fsub'] = [{ status: 200, body: { id: 5, full_path: 'group/sub' } }];
    server.answers['POST /api/v4/projects'] = [
      { status: 400, body: { message: { path: ['has already been taken'] } } },
    ];
    await expect((await host('gitlab')).createRepository('private')).rejects.toThrow('a project with that name exists');
  });

  it('lists, adds and removes deploy keys', async () => {
    const key = { id: 9, title: 't', key: 'ssh-ed25519 AAAA comment', can_push: false };
    server.answers[`GET ${path}/deploy_keys?per_page=100&page=1`] = [{ status: 200, body: [key] }];
    server.answers[`POST ${path}/deploy_keys`] = [{ status: 201, body: key }];
    server.answers[`DELETE ${path}/deploy_keys/9`] = [{ status: 204 }];
    const there = await host('gitlab');
    expect(await there.deployKeys()).toEqual([{ id: '9', title: 't', publicKey: 'ssh-ed25519 AAAA', readOnly: true }]);
    await there.changeDeployKeys({ add: { title: 'n', publicKey: 'ssh-ed25519 B' }, remove: ['9'] });
    expect(JSON.parse(server.asked[1]?.body ?? '')).toEqual({ title: 'n', key: 'ssh-ed25519 B', can_push: false });
  });

  it('opens a merge request, or finds the one that is open', async () => {
    server.answers[requests] = [
      { status: 200, body: [] },
      { status: 200, body: [merge] },
    ];
    server.answers[`POST ${path}/merge_requests`] = [{ status: 201, body: merge }];
    const there = await host('gitlab');
    expect(await there.openPullRequest(request)).toEqual({ url: merge.web_url, created: true });
    expect(await there.openPullRequest(request)).toEqual({ url: merge.web_url, created: false });
  });

  it('replaces the text of one that is open where the caller says so, and leaves others alone', async () => {
    server.answers[requests] = ['theirs', null, 'ours, old'].map((description) => ({
      status: 200,
      body: [{ ...merge, description }],
    }));
    const updating = `PUT ${path}/merge_requests/1`;
    server.answers[updating] = [{ status: 200, body: merge }];
    const there = await host('gitlab');
    const wanted = { ...request, mayReplace: (body: string) => body.startsWith('ours') };
    for (let round = 0; round < 3; round += 1)
      expect(await there.openPullRequest(wanted)).toEqual({ url: merge.web_url, created: false });
    const updates = server.asked.filter(({ call }) => call === updating);
    expect(updates.map(({ body }) => JSON.parse(body ?? ''))).toEqual([
      { title: request.title, description: request.body },
    ]);
  });

  it('finds the one that another run opened in between', async () => {
    server.answers[requests] = [
      { status: 200, body: [] },
      { status: 200, body: [merge] },
    ];
    const message = ['Another open merge request already exists for this source branch: !1'];
    server.answers[`POST ${path}/merge_requests`] = [{ status: 409, body: { message } }];
    expect(await (await host('gitlab')).openPullRequest(request)).toEqual({ url: merge.web_url, created: false });
  });

  it('sets a webhook with its secret', async () => {
    server.answers[`GET ${path}/hooks?per_page=100&page=1`] = [{ status: 200, body: [] }];
    server.answers[`POST ${path}/hooks`] = [{ status: 201, body: { id: 2, url: 'https://p/x' } }];
    const there = await host('gitlab');
    expect(await there.webhook('https://p/x', { secret: 's', verifyTls: true })).toBe('2');
    const body = { url: 'https://p/x', token: 's', push_events: true, enable_ssl_verification: true };
    expect(JSON.parse(server.asked[1]?.body ?? '')).toEqual(body);
  });

  it.each([
    [40, ['api'], []],
    [30, ['api'], ['keys', 'hooks']],
    [50, ['read_api'], ['pulls', 'keys', 'hooks']],
    [20, undefined, ['pulls', 'keys', 'hooks']],
    [40, undefined, []],
  ])('names the rights that a token of level %i with scopes %j lacks: %j', async (access_level, scopes, lacks) => {
    const permissions = { project_access: { access_level }, group_access: null };
    server.answers[`GET ${path}`] = [{ status: 200, body: { ...project, permissions } }];
    if (scopes !== undefined)
      server.answers['GET /api/v4/personal_access_tokens/self'] = [{ status: 200, body: { id: 1, scopes } }];
    const missing = await (await host('gitlab')).missingRights();
    expect(Object.keys(missing)).toEqual(lacks);
    for (const needs of Object.values(missing)) expect(needs).toContain('The token needs the scope api');
  });

  it('asks to wait, and the run waits as long as told, says so, and continues', async () => {
    server.answers[`GET ${path}`] = [
      { status: 429, headers: { 'retry-after': '1' } },
      { status: 200, body: { ...project, permissions: {} } },
    ];
    expect(await (await host('gitlab')).repository()).toMatchObject({ archived: false });
    expect(told).toEqual([expect.stringContaining('asks to wait (rate limit): 1 s left')]);
  });

  it.each([
    [401, { message: '401 Unauthorized' }, 'the host refused the token'],
    [
      403,
      { error: 'insufficient_scope', error_description: 'The request requires higher privileges.', scope: 'api' },
      'lacks the scope api',
    ],
    [403, { message: '403 Forbidden' }, 'lacks the permission'],
    [502, {}, 'answered 502'],
  ])('says in plain words what %s %j means', async (status, body, says) => {
    server.answers[`GET ${path}`] = [{ status, body }];
    await expect((await host('gitlab')).repository()).rejects.toThrow(says);
  });
});
