import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { copyFile, cp, mkdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'yaml';
import { RunError } from '../../report/errors.ts';
import type { Sandbox } from '../sandbox/cluster.ts';
import { repositoryRoot, upstreamFile, upstreamFiles } from '../sandbox/of-repository.ts';
import { fakeRepositories } from './kubeflow/index.ts';
import { writeRepository } from './kubeflow/repository.ts';
import type { KubeflowOnSandbox } from './kubeflow/sources/own.ts';
import { mustRun } from './run-program.ts';
import { passwordVariables, type RehearsalSite } from './site.ts';
import { type ClusterFileSpec, clusterFile } from './site-files.ts';
import { type Account, placesOf, type SiteState } from './state.ts';

/** Name of the rehearsal's cluster, whose folder is clusters/rehearsal/. */
const clusterName = 'rehearsal';

/** Creates two users with random passwords. */
function makeUsers(): { owner: Account; other: Account } {
  const password = () => randomBytes(15).toString('base64url');
  return {
    owner: { email: 'ann@example.com', password: password(), groups: ['platform-admins'] },
    other: { email: 'bob@example.com', password: password(), groups: [] },
  };
}

/** Clones HEAD of this repository: uncommitted changes are not rehearsed. @returns the commit */
export async function cloneRepository(folder: string): Promise<string> {
  const { root, bare } = placesOf(folder);
  const git = (...words: string[]) => mustRun(['git', '-c', 'safe.directory=*', ...words]);
  for (const path of [root, bare]) await rm(path, { recursive: true, force: true });
  await git('clone', '--quiet', repositoryRoot, root);
  await git('-C', root, 'checkout', '--quiet', '-B', 'main');
  await git('init', '--quiet', '--bare', '--initial-branch=main', bare);
  await git('-C', root, 'remote', 'set-url', 'origin', bare);
  for (const [key, value] of [
    ['user.name', 'Rehearsal'],
    ['user.email', 'rehearsal@example.com'],
    ['commit.gpgSign', 'false'],
  ] as const)
    await git('-C', root, 'config', key, value);
  await git('-C', root, 'push', '--quiet', '--set-upstream', 'origin', 'main');
  await symlink(join(repositoryRoot, 'node_modules'), join(root, 'node_modules'));
  return (await git('-C', root, 'rev-parse', 'HEAD')).trim();
}

/**
 * Makes the clone push directly into the bare repository: its served address is read-only.
 *
 * https://git-scm.com/docs/git-config#Documentation/git-config.txt-urlltbasegtpushInsteadOf
 */
export async function pushPast(folder: string, url: string): Promise<void> {
  const { root, bare } = placesOf(folder);
  await mustRun(['git', '-C', root, 'config', `url.${bare}.pushInsteadOf`, url]);
}

/** @returns the number of files that differ from HEAD, and so are not rehearsed */
export async function uncommittedFiles(): Promise<number> {
  const status = await mustRun(['git', '-c', 'safe.directory=*', '-C', repositoryRoot, 'status', '--porcelain']);
  return status.split('\n').filter((line) => line !== '').length;
}

/**
 * Settings of cluster.yaml for a sandbox.
 *
 * @param replaced what is served in place of upstream's repositories
 */
export function sandboxSettings(
  root: string,
  { chartsUrl, gitUrl, network }: Sandbox,
  replaced: readonly { upstream: string; name: string }[] = fakeRepositories,
): Pick<ClusterFileSpec, 'gitUrl' | 'addresses' | 'mirrors' | 'versions'> {
  const pinned = (folder: string) => String(upstreamFile(root, folder).version);
  const charts = upstreamFiles(root).filter(({ chart }) => chart !== undefined);
  return {
    gitUrl: `${gitUrl}/platform`,
    addresses: network.loadBalancers.range,
    versions: { argocd: pinned('infrastructure/argocd'), kubeflow: pinned('apps/kubeflow') },
    mirrors: {
      charts: Object.fromEntries(charts.map(({ repository }) => [repository, chartsUrl])),
      git: Object.fromEntries([
        ['https://github.com/argoproj/argo-cd', `${gitUrl}/argo-cd`],
        ...replaced.map(({ upstream, name }) => [upstream, `${gitUrl}/${name}`]),
      ]),
    },
  };
}

/**
 * Creates the repositories that replace Kubeflow's.
 *
 * @param kubeflow the parts that run Kubeflow's own programs
 * @returns name → bare repository
 */
export async function writeFakes(
  folder: string,
  { repositories, manifests, more }: Pick<KubeflowOnSandbox, 'repositories' | 'manifests' | 'more'>,
): Promise<Record<string, string>> {
  const { fakes } = placesOf(folder);
  await rm(fakes, { recursive: true, force: true });
  const made = Object.fromEntries(more.map(({ name, bare }) => [name, bare]));
  for (const repository of repositories) {
    const bare = join(fakes, `${repository.name}.git`);
    await writeRepository(repository, bare, repository.name === 'kubeflow' ? manifests : undefined);
    made[repository.name] = bare;
  }
  return made;
}

/** Writes clusters/rehearsal/ into the clone and commits it, like a user with a new cluster. */
export async function writeCluster(
  folder: string,
  spec: Omit<ClusterFileSpec, 'settings'>,
  settingsFolder: string | undefined,
): Promise<void> {
  const { root } = placesOf(folder);
  const at = join(root, 'clusters', spec.cluster);
  await mkdir(join(at, 'overrides'), { recursive: true });
  const own = settingsFolder === undefined ? {} : await readSettings(settingsFolder);
  await writeFile(join(at, 'cluster.yaml'), clusterFile({ ...spec, settings: own }));
  // The only differences between a sandbox's platform and a user's: see the files.
  const rig = join(root, 'scripts', 'dev');
  if (spec.addresses !== undefined)
    await copyFile(join(rig, 'sandbox', 'istiod-values.yaml'), join(at, 'overrides', 'istiod.yaml'));
  if (spec.kubeflow.includes('trainer') && own.kubeflow === undefined) {
    await mkdir(join(at, 'overrides', 'kubeflow-trainer'));
    const override = join(rig, 'rehearsal', 'kubeflow', 'sources', 'trainer-override.yaml');
    await copyFile(override, join(at, 'overrides', 'kubeflow-trainer', 'kustomization.yaml'));
  }
  const overrides = settingsFolder === undefined ? '' : join(settingsFolder, 'overrides');
  if (overrides !== '' && existsSync(overrides)) await cp(overrides, join(at, 'overrides'), { recursive: true });
  await mustRun(['git', '-C', root, 'add', '--all']);
  await mustRun(['git', '-C', root, 'commit', '--quiet', '--message', `Add cluster ${spec.cluster}`]);
  await mustRun(['git', '-C', root, 'push', '--quiet']);
}

async function readSettings(folder: string): Promise<Record<string, unknown>> {
  const file = join(folder, 'cluster.yaml');
  if (!existsSync(file)) return {};
  const settings: unknown = parse(await readFile(file, 'utf8'));
  if (typeof settings !== 'object' || settings === null || Array.isArray(settings))
    throw new RunError(`${file} holds no settings`, {
      hint: "It is laid over the rehearsal's cluster.yaml: KEY: VALUE.",
    });
  const { name: _, ...rest } = settings as Record<string, unknown>;
  return rest;
}

/** State of a rehearsal on a running cluster. */
export function stateOf(kubeconfig: string, context: string, sandbox: boolean): SiteState {
  return { cluster: clusterName, kubeconfig, context, sandbox, users: makeUsers() };
}

/**
 * Bootstraps the platform with the program's own command, and waits until every wave is Healthy.
 *
 * @throws RunError with the end of its output
 */
export async function bootstrap(
  site: RehearsalSite,
  { report, signal }: { report: (line: string) => void; signal?: AbortSignal },
): Promise<void> {
  const words = ['bootstrap', '--cluster', site.cluster, '--context', site.context, '--wait'];
  const { code, stdout, stderr } = await site.program(words, { onLine: report, ...(signal ? { signal } : {}) });
  if (code === 0) return;
  throw new RunError(`the bootstrap ended with exit code ${code}`, {
    details: (stderr.trim() || stdout.trim()).split('\n').slice(-20),
    hint: `Its users' passwords are in ${passwordVariables.owner} and ${passwordVariables.other} while it runs.`,
  });
}
