import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { LiveApplication } from '../../../cluster/applications.ts';
import type { LiveData } from '../../../cluster/live.ts';
import { playArgoCD } from './argocd.ts';
import { type GitServer, startGitServer } from './git-server.ts';
import { bootstrap, clusterName, openSite, type TestSite } from './site.ts';

let site: TestSite;
let moved: GitServer;
let folder: string;

const secretName = `breakwater-repository-${clusterName}`;
const secret = { apiVersion: 'v1', kind: 'Secret', metadata: { name: secretName, namespace: 'argocd' } };
const root = {
  apiVersion: 'argoproj.io/v1alpha1',
  kind: 'Application',
  metadata: { name: 'platform', namespace: 'argocd' },
};
const decode = (text: string | undefined) => Buffer.from(text ?? '', 'base64').toString();

beforeAll(async () => {
  site = await openSite();
  const first = await site.run(...bootstrap(site));
  expect(first.code, first.stderr).toBe(0);
  await playArgoCD(site, site.checkout.git('rev-parse', 'HEAD'));
  folder = mkdtempSync(join(tmpdir(), 'breakwater-moved-'));
  moved = await startGitServer(folder);
});
afterAll(async () => {
  await moved?.stop();
  if (folder !== undefined) rmSync(folder, { recursive: true });
  await site?.stop();
});

it('credentials that differ from those in the cluster are reported, with what replaces them', async () => {
  const { api } = site.cluster.connection;
  const password = Buffer.from('an-older-token').toString('base64');
  await api.merge<LiveData>(secret, { data: { password } });
  const told = await site.run(...bootstrap(site));
  expect(told.code, told.stderr).toBe(0);
  expect(told.stderr).toContain(`has other credentials than git.credentials`);
  expect(told.stderr).not.toContain('an-older-token');
  expect((await api.find<LiveData>(secret))?.data?.password).toBe(password);
  const rotated = await site.run(...bootstrap(site, '--rotate', secretName));
  expect(rotated.stderr).not.toContain('other credentials');
  expect(decode((await api.find<LiveData>(secret))?.data?.password)).toBe(site.remote.token);
});

it('a repository that moved is refused with one finding, and moves along when that is said', async () => {
  const { api } = site.cluster.connection;
  const file = `clusters/${clusterName}/cluster.yaml`;
  const text = site.checkout.git('show', `HEAD:${file}`);
  const section = { url: moved.url, credentials: { token: { file: '../token' } }, caFile: moved.caFile };
  site.checkout.write('../token', moved.token);
  site.checkout.write(file, `${text.replace(/^git: .*$/m, `git: ${JSON.stringify(section)}`)}\n`);
  const refused = await site.run(...bootstrap(site));
  expect(refused.code).toBe(1);
  expect(refused.stderr).toContain(`this cluster deploys from ${site.remote.url}, but git.url is ${moved.url}`);
  const [option = '', old = ''] = /--moved-from \S+/.exec(refused.stderr)?.[0].split(' ') ?? [];
  const run = await site.run(...bootstrap(site, option, old));
  expect(run.code, run.stderr).toBe(0);
  expect(decode((await api.find<LiveData>(secret))?.data?.url)).toBe(moved.url);
  expect(JSON.stringify((await api.find<LiveApplication>(root))?.spec)).toContain(moved.url);
  const again = await site.run(...bootstrap(site));
  expect(again.code, again.stderr).toBe(0);
});
