import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { Cluster } from '../config/cluster.ts';
import { loadCluster } from '../config/load.ts';
import { resolveGitAccess } from './git-access.ts';

const root = join(import.meta.dirname, '..', '..');
const hostKey = 'git.example.com ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJx';
const variables = { PUSH: 'may-push', READ: 'may-read', KEY: 'a-key', HOST_KEYS: hostKey, API: 'may-administer' };

beforeEach(() => {
  for (const [name, value] of Object.entries(variables)) process.env[`TEST_${name}`] = value;
});

afterEach(() => {
  for (const name of Object.keys(variables)) delete process.env[`TEST_${name}`];
});

const from = (name: keyof typeof variables) => ({ env: `TEST_${name}` });
const demo = loadCluster(root, 'demo');

function access(git: Partial<Cluster['git']>) {
  const masked: string[] = [];
  const url = 'https://git.example.com/acme/platform.git';
  const cluster = { ...demo, git: { ...demo.git, url, ...git } };
  return {
    masked,
    ...resolveGitAccess(root, cluster, { hide: (secrets) => masked.push(...secrets), status: () => undefined }),
  };
}

it('gives Argo CD the token that may only read, and the one that may push only where there is no other', () => {
  const token = { token: from('PUSH'), username: 'git' };
  expect(access({ credentials: token }).argocd()).toEqual({ kind: 'token', username: 'git', token: 'may-push' });
  expect(access({ credentials: { ...token, readToken: from('READ') } }).argocd()).toMatchObject({ token: 'may-read' });
});

it('pushes with the token of the API where Argo CD reads with a deploy key, which is not made yet', async () => {
  const url = 'git@git.example.com:acme/platform.git';
  const api = { ...demo.git.host, kind: 'gitea' as const, token: from('API') };
  const { deployKey, push, argocd, trust, host } = access({
    url,
    host: api,
    credentials: { deployKey: { knownHosts: from('HOST_KEYS') } },
  });
  expect(deployKey).toBe(true);
  expect(await push()).toEqual({
    url: 'https://git.example.com/acme/platform.git',
    credentials: { token: 'may-administer', username: 'git' },
  });
  expect(argocd()).toBeUndefined();
  expect(trust()).toMatchObject({ host: 'git.example.com', knownHosts: [hostKey] });
  expect(await host()).toMatchObject({ name: 'Gitea', hasApi: true });
});

it('gives the key to git and to Argo CD, and the host keys to both', async () => {
  const credentials = { sshKey: from('KEY'), knownHosts: from('HOST_KEYS') };
  const { push, argocd, trust } = access({ url: 'git@git.example.com:acme/platform.git', credentials });
  expect((await push()).credentials).toMatchObject({ sshKey: 'a-key', knownHosts: hostKey });
  expect(argocd()).toEqual({ kind: 'ssh', privateKey: 'a-key' });
  expect(trust()).toMatchObject({ knownHosts: [hostKey] });
});

it('masks a secret before anybody has it, and resolves none that is not asked for', async () => {
  const { masked, push, argocd } = access({
    credentials: { token: from('PUSH'), username: 'git', readToken: from('READ') },
  });
  expect(masked).toEqual([]);
  await push();
  expect(masked).toEqual(['may-push']);
  argocd();
  expect(masked).toEqual(['may-push', 'may-read']);
});
