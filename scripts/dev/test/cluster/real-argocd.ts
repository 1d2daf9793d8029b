import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parse } from 'yaml';
import { $ } from 'zx/core';
import type { Api } from '../../../cluster/api.ts';
import type { LiveApplication } from '../../../cluster/applications.ts';
import { applyObjects } from '../../../cluster/apply.ts';
import { requiredSettings } from '../../../components/argocd.ts';
import type { KubernetesObject } from '../../../components/component.ts';
import type { Cluster } from '../../../config/cluster.ts';
import { freePort } from '../../sandbox/api-server.ts';
import { buildPrograms } from '../../sandbox/build.ts';
import { moduleFolder } from '../../sandbox/modules.ts';
import { logTail, startProcess, stopProcesses } from '../../sandbox/processes.ts';
import { argocdManifest } from '../../testing/api-server.ts';

const namespace = 'argocd';

/** Argo CD's real controller and repository server, on loopback. */
export interface RealArgocd {
  /** The last that either wrote. */
  log(): string;
  stop(): Promise<void>;
}

/** @returns the definitions of Argo CD's own kinds */
export async function argocdDefinitions(): Promise<KubernetesObject[]> {
  const names = ['application', 'appproject', 'applicationset'];
  return Promise.all(names.map(async (name) => parse(await argocdManifest(`crds/${name}-crd.yaml`))));
}

/** @returns what Argo CD reads of its own namespace, with the settings of the tree */
export function argocdSettings(cluster: Cluster): KubernetesObject[] {
  const labels = { 'app.kubernetes.io/part-of': 'argocd' };
  const configMap = (name: string, data: Record<string, string>): KubernetesObject => ({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name, namespace, labels },
    data,
  });
  return [
    configMap('argocd-cm', { ...ownSettings(cluster), ...requiredSettings(cluster) }),
    configMap('argocd-rbac-cm', {}),
    configMap('argocd-cmd-params-cm', {}),
    {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 'argocd-secret', namespace, labels },
      stringData: { 'server.secretkey': 'key' },
    },
  ];
}

/** What the tree's own patch of argocd-cm sets. */
function ownSettings({ shared }: Cluster): Record<string, string> {
  const patches = shared.patches.get('infrastructure/argocd') ?? [];
  return Object.assign(
    {},
    ...patches.filter(({ target }) => target?.name === 'argocd-cm').map(({ patch }) => parse(patch).data),
  );
}

/** Starts Argo CD for an API server that holds its definitions and settings. */
export async function startRealArgocd(folder: string, kubeconfig: string): Promise<RealArgocd> {
  const { argocd: program } = await buildPrograms(['argocd'], { report: (line) => console.log(line) });
  const bin = await scriptsOfImage(folder);
  const [redis, repo, ...metrics] = await Promise.all(Array.from({ length: 4 }, freePort));
  const env = {
    PATH: `${bin}:${process.env.PATH}`,
    HOME: folder,
    KUBECONFIG: kubeconfig,
    ARGOCD_FAKE_IN_CLUSTER: 'true',
    ARGOCD_GPG_ENABLED: 'false',
  };
  const start = (name: string, command: string, args: readonly string[]) =>
    startProcess(folder, { name, command: [command, ...args], env, cwd: folder, endWithParent: true });
  await start('redis', 'redis-server', ['--port', String(redis), '--bind', '127.0.0.1', '--save', '']);
  await start('repo-server', argocdProgram(folder, program, 'argocd-repo-server'), [
    ...['--address', '127.0.0.1', '--port', String(repo), '--metrics-port', String(metrics[0])],
    ...['--redis', `127.0.0.1:${redis}`],
  ]);
  await start('controller', argocdProgram(folder, program, 'argocd-application-controller'), [
    ...['--kubeconfig', kubeconfig, '--namespace', namespace],
    ...['--repo-server', `127.0.0.1:${repo}`, '--redis', `127.0.0.1:${redis}`],
    ...['--metrics-port', String(metrics[1])],
  ]);
  return {
    log: () => ['repo-server', 'controller'].map((name) => logTail(folder, name, 40)).join('\n'),
    stop: () => stopProcesses(folder),
  };
}

/**
 * Argo CD is one program, which looks at its own name to know what to be.
 *
 * @param name as `argocd-server`
 * @returns a path at which it has that name
 */
export function argocdProgram(folder: string, program: string, name: string): string {
  const link = join(folder, name);
  symlinkSync(program, link);
  return link;
}

/** Scripts of Argo CD's image that its repository server calls. */
async function scriptsOfImage(folder: string): Promise<string> {
  const bin = join(folder, 'bin');
  mkdirSync(bin);
  for (const name of ['gpg-wrapper.sh', 'git-verify-wrapper.sh'])
    writeFileSync(join(bin, name), readFileSync(join(await moduleFolder('argo-cd'), 'hack', name)), { mode: 0o755 });
  return bin;
}

/** @returns the commit of everything in a folder, which becomes a repository */
export async function commitAll(root: string): Promise<string> {
  const git = $({ quiet: true, cwd: root });
  await git`git init -q -b main && git add -A && git -c user.name=test -c user.email=test@example.com commit -qm x`;
  return (await git`git rev-parse HEAD`).stdout.trim();
}

/**
 * Applies an Application, and waits for the end of its sync.
 *
 * @returns what Argo CD says of it, as JSON
 */
export async function synced(api: Api, application: KubernetesObject, argocd: RealArgocd): Promise<string> {
  await applyObjects(api, [application]);
  for (let tries = 0; tries < 120; tries += 1) {
    const live = await api.find<LiveApplication & { status?: { conditions?: { message?: string }[] } }>(application);
    const { operationState, conditions = [] } = live?.status ?? {};
    const done =
      operationState?.phase === 'Succeeded' || /failed|not permitted|no matching/.test(operationState?.message ?? '');
    const words = JSON.stringify([operationState ?? '', conditions]);
    if (done || words.includes('InvalidSpecError')) return words;
    await sleep(500);
  }
  throw new Error(`the Application ${application.metadata.name} was not synced; the log says:\n${argocd.log()}`);
}
