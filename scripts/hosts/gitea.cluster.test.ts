import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Gitea, startGitea } from '../dev/sandbox/gitea.ts';
import { openRepository } from '../git/repository.ts';
import { chooseHost } from './choose.ts';
import type { Host } from './host.ts';
import { makeSshKey } from './ssh-key.ts';

// A real Gitea on the loopback, with its own data. GitHub's code runs against it, too: all but the names is the same code.
let folder: string;
let gitea: Gitea;
let token: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'breakwater-gitea-'));
  gitea = await startGitea({ folder: join(folder, 'gitea'), report: (line) => console.log(line) });
  await gitea.makeUser('root-admin', true);
  await gitea.makeUser('ann');
  await gitea.makeUser('bob');
  const scopes = ['write:repository', 'write:issue', 'write:user', 'write:organization'];
  token = await gitea.makeToken('ann', scopes);
  await gitea.call(token, 'POST', '/orgs', { username: 'acme' });
});
afterAll(async () => {
  await gitea?.stop();
  rmSync(folder, { recursive: true, force: true });
});

function host(repository: string, with_ = token): Promise<Host> {
  const access = {
    web: gitea.url,
    repository,
    tokenOf: 'user' as const,
    caFile: gitea.caFile,
    report: () => undefined,
  };
  return chooseHost({ ...access, token: with_ });
}

/** A clone with one commit on main, and its remote over HTTPS. */
async function clone(repository: string, with_ = token) {
  const root = mkdtempSync(join(folder, 'clone-'));
  const git = (...words: string[]) => execFileSync('git', ['-C', root, ...words], { encoding: 'utf8' }).trim();
  git('init', '--quiet', '--initial-branch=main');
  git('config', 'user.name', 'Ann');
  git('config', 'user.email', 'ann@example.com');
  writeFileSync(join(root, 'one.txt'), repository);
  git('add', '--all');
  git('commit', '--quiet', '--message', 'One');
  const remote = {
    url: `${gitea.url}/${repository}.git`,
    credentials: { token: with_, username: 'git' },
    caFile: gitea.caFile,
  };
  return { root, git, remote, opened: await openRepository(root) };
}

async function made(repository: string): Promise<Host> {
  const there = await host(repository);
  await there.createRepository('private');
  return there;
}

describe('a repository', () => {
  it.each(['ann/own', 'acme/shared'])('that is absent is made, private and empty: %s', async (name) => {
    const there = await host(name);
    expect(there.name).toBe('Gitea');
    expect(await there.repository()).toBeUndefined();
    await there.createRepository('private');
    expect(await there.repository()).toEqual({ archived: false, visibility: 'private', mayAdminister: true });
    expect(await there.missingRights()).toEqual({});
    const { opened, remote } = await clone(name);
    expect((await opened.probe(remote)).branches.size).toBe(0);
    expect(await opened.publish({ remote, branch: 'main' })).toMatchObject({ pushed: true });
  });

  it('is made public when that is asked for', async () => {
    const there = await host('acme/open');
    await there.createRepository('public');
    expect(await there.repository()).toMatchObject({ visibility: 'public' });
  });

  it('is not shown to others, who learn that it exists when they try to create it', async () => {
    await made('acme/hidden');
    const bobs = await gitea.makeToken('bob', ['write:repository', 'write:user', 'write:organization']);
    const there = await host('acme/hidden', bobs);
    expect(await there.repository()).toBeUndefined();
    await expect(there.createRepository('private')).rejects.toMatchObject({ name: 'RunError' });
  });

  it('FL#2327 is not created in the name of another user, nor for an owner that does not exist', async () => {
    for (const owner of ['bob', 'nobody']) {
      const there = await host(`${owner}/platform`);
      await expect(there.createRepository('private')).rejects.toThrow(`${owner} is not an organization`);
    }
  });

  it('whose name is taken says so', async () => {
    const there = await made('acme/taken');
    await expect(there.createRepository('private')).rejects.toThrow('a repository with that name exists');
  });

  it('that is absent is recognized by git, so that the host can be asked', async () => {
    const { opened, remote } = await clone('acme/absent');
    await expect(opened.probe(remote)).rejects.toThrow('there is no such repository');
  });
});

describe('a deploy key', () => {
  it('reads over SSH, does not write, and goes', async () => {
    const there = await made('acme/keyed');
    const { opened, remote, git } = await clone('acme/keyed');
    await opened.publish({ remote, branch: 'main' });
    const pair = makeSshKey('Argo CD of cluster demo');
    await there.changeDeployKeys({ add: { title: 'Argo CD of cluster demo', publicKey: pair.publicKey } });
    const keys = await there.deployKeys();
    expect(keys).toMatchObject([{ title: 'Argo CD of cluster demo', publicKey: pair.publicKey, readOnly: true }]);
    const ssh = {
      url: gitea.sshUrl('acme/keyed'),
      credentials: { sshKey: pair.privateKey, knownHosts: gitea.knownHosts },
    };
    expect((await opened.probe(ssh)).branches.get('main')).toBe(git('rev-parse', 'HEAD'));
    git('commit', '--quiet', '--allow-empty', '--message', 'Two');
    await expect(opened.publish({ remote: ssh, branch: 'main' })).rejects.toMatchObject({ name: 'RunError' });
    await there.changeDeployKeys({ remove: keys.map(({ id }) => id) });
    expect(await there.deployKeys()).toEqual([]);
    await expect(opened.probe(ssh)).rejects.toMatchObject({ name: 'RunError' });
  });

  it('is found among more than a page of others', async () => {
    const there = await made('acme/many');
    for (let number = 0; number < 55; number += 1)
      await there.changeDeployKeys({ add: { title: `key ${number}`, publicKey: makeSshKey('').publicKey } });
    expect(await there.deployKeys()).toHaveLength(55);
  });
});

describe('a webhook', () => {
  it('is made once, found again, and set again', async () => {
    const there = await made('acme/hooked');
    const url = 'https://platform.example.com/hooks/argocd';
    expect(await there.webhook(url)).toBeUndefined();
    const id = await there.webhook(url, { secret: 's3cret', verifyTls: true });
    expect(await there.webhook(url)).toBe(id);
    expect(await there.webhook(url, { secret: 'other', verifyTls: false })).toBe(id);
    expect(await gitea.call(token, 'GET', '/repos/acme/hooked/hooks')).toMatchObject([
      { type: 'gitea', active: true, events: ['push'], config: { url, content_type: 'json' } },
    ]);
  });
});

describe('a pull request', () => {
  it('is opened once for a branch that was pushed a moment ago, and found afterwards', async () => {
    const there = await made('acme/reviewed');
    const { opened, remote, git } = await clone('acme/reviewed');
    await opened.publish({ remote, branch: 'main' });
    git('commit', '--quiet', '--allow-empty', '--message', 'Two');
    const review = 'breakwater/demo';
    await opened.publishForReview({ remote, base: 'main', review });
    const request = { base: 'main', head: review, title: 'Render demo', body: '**Changes**' };
    const first = await there.openPullRequest(request);
    expect(first).toEqual({ url: `${gitea.url}/acme/reviewed/pulls/1`, created: true });
    expect(await there.openPullRequest(request)).toEqual({ ...first, created: false });
    expect(await gitea.call(token, 'GET', '/repos/acme/reviewed/pulls/1')).toMatchObject({
      title: 'Render demo',
      body: '**Changes**',
    });
    const newer = { ...request, body: '**Newer**', mayReplace: (body: string) => body === '**Changes**' };
    expect(await there.openPullRequest(newer)).toEqual({ ...first, created: false });
    expect(await gitea.call(token, 'GET', '/repos/acme/reviewed/pulls/1')).toMatchObject({ body: '**Newer**' });
    expect(await there.openPullRequest({ ...newer, body: '**Newest**' })).toEqual({ ...first, created: false });
    expect(await gitea.call(token, 'GET', '/repos/acme/reviewed/pulls/1')).toMatchObject({ body: '**Newer**' });
  });

  it('is what a protected branch is answered with', async () => {
    await made('acme/protected');
    const { opened, remote, git } = await clone('acme/protected');
    await opened.publish({ remote, branch: 'main' });
    await gitea.call(token, 'POST', '/repos/acme/protected/branch_protections', {
      rule_name: 'main',
      enable_push: false,
    });
    git('commit', '--quiet', '--allow-empty', '--message', 'Two');
    await expect(opened.publish({ remote, branch: 'main' })).rejects.toMatchObject({
      hint: expect.stringContaining('git.publish: pull-request'),
    });
  });
});

describe('what goes wrong is said in plain words', () => {
  it('an invalid token', async () => {
    await expect((await host('acme/shared', 'f'.repeat(40))).repository()).rejects.toThrow(
      'the host refused the token (401)',
    );
  });

  it('KF#1857 a scope that is missing, by its name', async () => {
    const reading = await gitea.makeToken('ann', ['read:repository', 'read:user', 'read:organization']);
    const there = await host('acme/shared', reading);
    expect(await there.repository()).toBeDefined();
    const add = { title: 'x', publicKey: makeSshKey('').publicKey };
    await expect(there.changeDeployKeys({ add })).rejects.toThrow('the token lacks the scope write:repository');
    const absent = await host('acme/not-yet', reading);
    await expect(absent.createRepository('private')).rejects.toThrow('the token lacks the scope write:');
  });

  it('no right to administer', async () => {
    const there = await made('acme/read-by-bob');
    await gitea.call(token, 'PUT', '/repos/acme/read-by-bob/collaborators/bob', { permission: 'read' });
    const bobs = await host('acme/read-by-bob', await gitea.makeToken('bob', ['write:repository']));
    expect(await bobs.repository()).toMatchObject({ mayAdminister: false });
    expect(Object.keys(await bobs.missingRights())).toEqual(expect.arrayContaining(['keys', 'hooks']));
    await expect(bobs.deployKeys()).rejects.toThrow('lacks the permission');
    expect(await there.deployKeys()).toEqual([]);
  });

  it('no right to make a repository for the organisation', async () => {
    const bobs = await gitea.makeToken('bob', ['write:repository', 'write:organization', 'read:user']);
    await expect((await host('acme/bobs', bobs)).createRepository('private')).rejects.toThrow('create the repository');
  });

  it('an archived repository: to git, and to the API', async () => {
    const there = await made('acme/archived');
    const { opened, remote } = await clone('acme/archived');
    await opened.publish({ remote, branch: 'main' });
    await gitea.call(token, 'PATCH', '/repos/acme/archived', { archived: true });
    expect(await there.repository()).toMatchObject({ archived: true });
    const { git, opened: again } = await clone('acme/archived');
    git('commit', '--quiet', '--allow-empty', '--message', 'More');
    await expect(again.requirePushable({ remote, branch: 'other' })).rejects.toThrow('archived');
    const request = { base: 'main', head: 'other', title: 'x', body: '' };
    await expect(there.openPullRequest(request)).rejects.toThrow('archived');
  });

  it('a certificate of an unknown CA', async () => {
    const access = {
      web: gitea.url,
      repository: 'acme/shared',
      token,
      tokenOf: 'user' as const,
      report: () => undefined,
    };
    await expect((await chooseHost({ ...access, kind: 'gitea' })).repository()).rejects.toMatchObject({
      message: expect.stringContaining('CA that is not trusted'),
      hint: expect.stringContaining('git.caFile'),
    });
  });
});
