import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { findBox } from '../../sandbox/box.ts';
import { sandboxDown, sandboxUp } from '../../sandbox/cluster.ts';
import { type Gitea, startGitea } from '../../sandbox/gitea.ts';
import { chartsOf, imageVersionsOf, repositoriesOf } from '../../sandbox/of-repository.ts';
import { cloneRepository, sandboxSettings, stateOf, writeCluster } from '../make-site.ts';
import { mustRun } from '../run-program.ts';
import { gatewayService, openSite, type RehearsalSite, rootName } from '../site.ts';
import { placesOf } from '../state.ts';
import { type Expect, expecting } from './assert.ts';
import type { Check } from './check.ts';
import { clusterYaml } from './commits.ts';
import { hearOfPush, tryWebhook, type WebhookScene } from './gitea-webhook.ts';

const repository = 'acme/platform';
const annotation = 'example.com/rehearsal';
const tenant = 'newcomers';

/** A second, empty cluster, and a Gitea without a repository. */
interface Scene {
  site: RehearsalSite;
  gitea: Gitea;
  /** Token of a user with exactly the needed rights. */
  token: string;
  expect: Expect;
}

/** The complete workflow on a real Git host: repository, deploy key, bootstrap, pull request, merge, rotation. */
export const check: Check = {
  name: 'gitea',
  title: 'From nothing to a repository on Gitea, read over SSH with a deploy key, changed by pull requests',
  quick: false,
  needs: (site) => (site.sandbox === undefined ? 'it starts a second sandbox' : undefined),
  run: (site) => bootstrapOntoGitea(join(site.folder, 'gitea'), site),
};

/**
 * @param folder for all of it; removed at the end
 * @param from site whose record gets the results
 */
async function bootstrapOntoGitea(folder: string, from: Pick<RehearsalSite, 'record' | 'signal'>): Promise<void> {
  const { record } = from;
  const { sandbox } = placesOf(folder);
  await rm(folder, { recursive: true, force: true });
  try {
    const scene = await record.phase('start a second cluster and a Gitea', () => setUp(folder, from));
    await record.phase('bootstrap from nothing', () => fromNothing(scene));
    await record.phase('the webhook', () => tryWebhook(webhookOf(scene)));
    await record.phase('change through a pull request', () => byPullRequest(scene));
    await record.phase('rotate the deploy key', () => rotate(scene));
  } finally {
    // Gitea runs in the sandbox, and stops with it.
    await sandboxDown(sandbox);
    await rm(folder, { recursive: true, force: true });
  }
}

async function setUp(folder: string, { record, signal }: Pick<RehearsalSite, 'record' | 'signal'>): Promise<Scene> {
  const { root, sandbox: at } = placesOf(folder);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await cloneRepository(folder);
  const sandbox = await sandboxUp({
    folder: at,
    images: imageVersionsOf(root),
    charts: await chartsOf(root),
    repositories: await repositoriesOf(root),
  });
  const box = findBox(at);
  if (box === undefined) throw new Error('the sandbox has ended');
  const gitea = await startGitea({ folder: join(folder, 'gitea'), address: sandbox.network.node, box });
  await gitea.makeUser('root-admin', true);
  await gitea.makeUser('ann');
  const token = await gitea.makeToken('ann', ['write:repository', 'write:issue', 'write:organization', 'read:user']);
  await gitea.call(token, 'POST', '/orgs', { username: 'acme' });
  const state = stateOf(join(at, 'admin.kubeconfig'), 'breakwater-sandbox', true);
  const settings = join(folder, 'settings');
  await mkdir(settings);
  await writeFile(join(folder, 'known_hosts'), gitea.knownHosts);
  const git = {
    url: gitea.sshUrl(repository),
    credentials: { deployKey: { knownHosts: { file: join(folder, 'known_hosts') } } },
    host: { url: gitea.url, token: { env: 'GITEA_TOKEN' } },
    caFile: gitea.caFile,
    webhook: true,
  };
  await writeFile(join(settings, 'cluster.yaml'), JSON.stringify({ git }));
  await writeCluster(folder, { ...state, ...sandboxSettings(root, sandbox), kubeflow: [] }, settings);
  const opened = await openSite(folder, state, { record, signal });
  const site: RehearsalSite = {
    ...opened,
    program: (words, options) => opened.program(words, { ...options, env: { ...options?.env, GITEA_TOKEN: token } }),
  };
  return { site, gitea, token, expect: expecting(site, 'gitea') };
}

/** Arguments of a bootstrap of the site's cluster. */
function bootstrapOf(site: RehearsalSite, ...more: string[]): string[] {
  return ['bootstrap', '--cluster', site.cluster, '--context', site.context, '--json', ...more];
}

interface Key {
  id: number;
  title: string;
  read_only: boolean;
}

async function keysOf({ gitea, token }: Scene): Promise<Key[]> {
  return (await gitea.call(token, 'GET', `/repos/${repository}/keys`)) as Key[];
}

function webhookOf({ site, gitea, token, expect }: Scene): WebhookScene {
  const webhooks = async () =>
    (await gitea.call(token, 'GET', `/repos/${repository}/hooks`)) as Awaited<ReturnType<WebhookScene['webhooks']>>;
  return { site, expect, webhooks };
}

async function fromNothing(scene: Scene): Promise<void> {
  const { site, gitea, token, expect } = scene;
  const dry = await site.program(bootstrapOf(site, '--dry-run'));
  const planned = outcomesOf(dry.stdout).filter(({ outcome }) => outcome === 'would-do');
  expect(
    'a dry run says that the repository and the deploy key would be made',
    'bootstrap --dry-run: its first step and the key',
    ['repository', 'deploy-key'],
    planned.map(({ step }) => step).filter((step) => step === 'repository' || step === 'deploy-key'),
  );
  const absent = await gitea.call(token, 'GET', `/repos/${repository}`).then(
    () => 'there',
    () => 'absent',
  );
  expect('and makes nothing', 'the repository after it', 'absent', absent);
  const first = await site.program(bootstrapOf(site, '--wait'));
  expect(
    'one command does all of it',
    'bootstrap --wait: exit code',
    0,
    first.code === 0 ? 0 : first.stderr.slice(-2000),
  );
  const made = (await gitea.call(token, 'GET', `/repos/${repository}`)) as { private: boolean };
  expect('the repository is made, and private', 'its field "private"', true, made.private);
  const keys = await keysOf(scene);
  expect(
    'it has one deploy key, which may only read',
    'its keys at Gitea',
    [{ title: `Argo CD of cluster ${site.cluster}`, read_only: true }],
    keys.map(({ title, read_only }) => ({ title: title.replace(/ \(.*/, ''), read_only })),
  );
  const root = (await site.applications()).find(({ metadata }) => metadata.name === rootName);
  expect('Argo CD reads it over SSH', "the root's repository", gitea.sshUrl(repository), root?.spec?.source?.repoURL);
  const again = await site.program(bootstrapOf(site));
  const done = outcomesOf(again.stdout).filter(({ outcome }) => outcome === 'done');
  expect('a second run finds all as it is', 'bootstrap again: the steps that did something', [], done);
  expect(
    'and leaves it',
    'ids of the keys',
    keys.map(({ id }) => id),
    (await keysOf(scene)).map(({ id }) => id),
  );
}

async function byPullRequest(scene: Scene): Promise<void> {
  const { site, gitea, token, expect } = scene;
  await pull(scene);
  const changes = { 'git.publish': 'pull-request', 'loadBalancer.annotations': { [annotation]: 'merged' } };
  for (const [path, text] of Object.entries(await clusterYaml(site, changes)))
    await writeFile(join(site.root, path), text);
  await site.program(['tenant', 'add', tenant, '--owner', site.users.owner.email]);
  const git = (...words: string[]) => mustRun(['git', '-C', site.root, ...words]);
  await git('add', '--all');
  await git('commit', '--quiet', '--message', 'Annotate the load balancer, and add a tenant');
  const asked = await site.program(bootstrapOf(site));
  const repeated = await site.program(bootstrapOf(site));
  const open = (await gitea.call(token, 'GET', `/repos/${repository}/pulls?state=open`)) as { number: number }[];
  expect(
    'a change becomes one pull request, also when the run is repeated',
    'bootstrap twice with publish: pull-request: exit codes, open pull requests',
    [0, 0, 1],
    [asked.code, repeated.code, open.length],
  );
  expect('and nothing is applied before its merge', 'the annotation', 'nothing', await seen(site));
  await gitea.call(token, 'POST', `/repos/${repository}/pulls/${open[0]?.number}/merge`, { Do: 'merge' });
  const merged = await pull(scene);
  await hearOfPush(webhookOf(scene), { commit: merged, tenant });
  await site.untilHealthy(merged, 900);
  expect(
    'Argo CD applies what was merged',
    'the annotation when all is Healthy at the merge',
    'merged',
    await seen(site),
  );
}

async function rotate(scene: Scene): Promise<void> {
  const { site, expect } = scene;
  const before = await keysOf(scene);
  const { code, stderr } = await site.program(bootstrapOf(site, '--rotate', `breakwater-repository-${site.cluster}`));
  const after = await keysOf(scene);
  expect(
    'a new deploy key is made on request',
    'bootstrap --rotate: exit code',
    0,
    code === 0 ? 0 : stderr.slice(-2000),
  );
  expect(
    'and replaces the old one',
    'number of keys, and whether the old one is among them',
    [1, false],
    [after.length, after.some(({ id }) => before.some((old) => old.id === id))],
  );
  await site.kubectl(['-n', 'argocd', 'rollout', 'restart', 'deployment', 'argocd-repo-server']);
  await site.kubectl(['-n', 'argocd', 'rollout', 'status', 'deployment', 'argocd-repo-server', '--timeout=300s']);
  await site.kubectl([
    ...['-n', 'argocd', 'annotate', 'application', rootName],
    ...['argocd.argoproj.io/refresh=hard', '--overwrite'],
  ]);
  const state = await site.until(
    'the root is compared again',
    async () => {
      const root = (await site.applications()).find(({ metadata }) => metadata.name === rootName);
      const waits = root?.metadata.annotations?.['argocd.argoproj.io/refresh'] !== undefined;
      return waits ? undefined : root?.status?.sync?.status;
    },
    300,
  );
  expect('Argo CD reads with it', 'the root after a new repository server has read all again', 'Synced', state);
}

/** Pulls from the host into the clone. @returns the commit */
async function pull({ site, gitea, token }: Scene): Promise<string> {
  const git = (...words: string[]) => mustRun(['git', '-C', site.root, ...words], { env: gitEnvironment });
  const gitEnvironment = {
    ...process.env,
    GIT_SSL_CAINFO: gitea.caFile,
    GIT_CONFIG_COUNT: '1',
    GIT_CONFIG_KEY_0: `http.${gitea.url}.extraHeader`,
    GIT_CONFIG_VALUE_0: `Authorization: Basic ${Buffer.from(`git:${token}`).toString('base64')}`,
  };
  await git('pull', '--quiet', '--ff-only', `${gitea.url}/${repository}.git`, 'main');
  return (await git('rev-parse', 'HEAD')).trim();
}

async function seen(site: RehearsalSite): Promise<string> {
  const words = ['-n', 'ingress', 'get', 'service', gatewayService, '-o', 'json'];
  return JSON.parse(await site.kubectl(words)).metadata.annotations?.[annotation] ?? 'nothing';
}

function outcomesOf(stdout: string): { step: string; outcome: string }[] {
  return stdout === '' ? [] : (JSON.parse(stdout).steps ?? []);
}
