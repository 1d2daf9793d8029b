import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseAllDocuments } from 'yaml';
import { $ } from 'zx/core';
import type { Api } from '../../../cluster/api.ts';
import { applyObjects } from '../../../cluster/apply.ts';
import type { KubernetesObject } from '../../../components/component.ts';
import { buildKustomization } from '../../../tools/kustomize.ts';
import { allObjects, children, isMap } from '../../../tree/rules/parsed-tree.ts';
import { buildKubeflowProgram } from '../../rehearsal/kubeflow/sources/build.ts';
import { findSources, type KubeflowSources, manifestSource } from '../../rehearsal/kubeflow/sources/find.ts';
import type { KubeflowProgramName } from '../../rehearsal/kubeflow/sources/programs.ts';
import { ask } from '../../rehearsal/observe/ask.ts';
import { freePort } from '../../sandbox/api-server.ts';
import { moduleFolder } from '../../sandbox/modules.ts';
import { startTestServer, type TestServer } from '../../testing/api-server.ts';
import { startKubernetesControllers } from './controllers.ts';
import { openScenario, type Scenario } from './scenarios.ts';

/** Kubeflow's own programs and manifests, with the tree's patches, on an API server without nodes. */
export interface KubeflowPlatform {
  scenario: Scenario;
  server: TestServer;
  /** As a cluster administrator. */
  api: Api;
  /** What the release's manifests are with the tree's patches. */
  objects: readonly KubernetesObject[];
  /** The files of a program's image. */
  files(program: KubeflowProgramName): Promise<string>;
  /** Starts a program with the rights of a ServiceAccount in kubeflow, and waits until an address answers. */
  start(command: Command): Promise<void>;
  stop(): Promise<void>;
}

/** How a program is started. */
interface Command {
  words: readonly [string, ...string[]];
  account: string;
  /** Answers when it is ready, whatever it says. */
  ready: string;
  env?: Readonly<Record<string, string>>;
  cwd?: string;
}

const applications = [
  ...['kubeflow-namespace', 'kubeflow-profiles', 'kubeflow-dashboard', 'kubeflow-notebooks'],
  'kubeflow-volumes',
];
// Built, to be looked at.
const others = ['kubeflow-tensorboards', 'kubeflow-trainer-crds', 'kubeflow-trainer'];
// Of controllers and programs that are not here.
const leftOut = ['Certificate', 'Issuer', 'MutatingWebhookConfiguration', 'ValidatingWebhookConfiguration'];

/** @param sourcesFolder clones of Kubeflow's repositories, as for `npm run rehearse -- --kubeflow-sources` */
export async function startKubeflow(sourcesFolder: string): Promise<KubeflowPlatform> {
  const sources = await findSources(sourcesFolder);
  const folder = await mkdtemp(join(tmpdir(), 'breakwater-kubeflow-'));
  const scenario = await openScenario('demo');
  const server = await startTestServer();
  const { api } = server.connection;
  const running: ChildProcess[] = [];
  const stop = async () => {
    for (const child of running) child.kill('SIGKILL');
    await server.stop();
    scenario.remove();
    await rm(folder, { recursive: true, force: true });
  };
  const start = async (command: Command) => {
    running.push(await startProgram(command, await kubeconfigOf(server, folder, command.account)));
  };
  try {
    const manifests = await checkOut(sources, join(folder, 'manifests'));
    const objects = await built(scenario, manifests, applications);
    const namespaces = allObjects(scenario.tree).filter(({ object }) => object.kind === 'Namespace');
    await applyObjects(api, [
      ...(await istioKinds()),
      ...namespaces.map(({ object }) => object),
      ...objects.filter(({ kind }) => !leftOut.includes(kind)),
    ]);
    // It fills the roles that others are aggregated into.
    running.push(await startKubernetesControllers(server, folder, ['clusterrole-aggregation-controller']));
    return {
      scenario,
      server,
      api,
      objects: [...objects, ...(await built(scenario, manifests, others))],
      files: (program) => buildKubeflowProgram(program, sources, (line) => console.log(line)),
      start,
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** The data of a ConfigMap of the manifests, whose name may end in a hash. */
function dataOf({ objects }: KubeflowPlatform, name: string): Record<string, string> {
  const found = objects.find(({ kind, metadata }) => kind === 'ConfigMap' && metadata.name.startsWith(name));
  return found?.data as Record<string, string>;
}

/** Starts the profile controller, the access API at port 8081, which it does not let choose, and the notebook controller. */
export async function startControllers(platform: KubeflowPlatform): Promise<void> {
  const { files, start, scenario } = platform;
  const identity = ['-userid-header', 'kubeflow-userid', '-userid-prefix', ''];
  const labels = join(scenario.root, 'namespace-labels.yaml');
  await writeFile(labels, dataOf(platform, 'namespace-labels-data')['namespace-labels.yaml'] ?? '');
  const [health, notebooks] = [await freePort(), await freePort()];
  const account = 'profiles-controller-service-account';
  await start({
    words: [
      join(await files('profile-controller'), 'manager'),
      ...[...identity, '-namespace-labels-path', labels, '-metrics-bind-address', '0'],
      ...['-health-probe-bind-address', `127.0.0.1:${health}`],
    ],
    account,
    ready: `http://127.0.0.1:${health}/healthz`,
    env: dataOf(platform, 'profiles-config'),
  });
  await start({
    words: [join(await files('kfam'), 'access-management'), '-cluster-admin', '', ...identity],
    account,
    ready: 'http://127.0.0.1:8081/metrics',
  });
  await start({
    words: [
      join(await files('notebook-controller'), 'manager'),
      ...['-metrics-addr', '0', '-probe-addr', `127.0.0.1:${notebooks}`],
    ],
    account: 'notebook-controller-service-account',
    ready: `http://127.0.0.1:${notebooks}/healthz`,
    env: dataOf(platform, 'notebook-controller-config'),
  });
}

/** @returns the folder with the release's files */
async function checkOut({ folder, manifests }: KubeflowSources, checkout: string): Promise<string> {
  if (manifests === undefined) throw new Error(`no repository in ${folder} has the pinned release`);
  const git = ['git', '-c', 'safe.directory=*', '-C', manifests];
  await $({ quiet: true })`mkdir ${checkout}`;
  await $({ quiet: true })`${git} archive --output=${checkout}.tar ${manifestSource().commit}`;
  await $({ quiet: true })`tar -x -f ${checkout}.tar -C ${checkout}`;
  return checkout;
}

/** What Argo CD builds of the release's manifests for these Applications. */
async function built({ tree }: Scenario, checkout: string, names: readonly string[]): Promise<KubernetesObject[]> {
  const objects: KubernetesObject[] = [];
  for (const { sources } of children(tree).filter(({ name }) => names.includes(name)))
    for (const { path, kustomize } of sources)
      if (path !== undefined && /^(applications|common)\//.test(path))
        objects.push(...(await buildKustomization(checkout, path, isMap(kustomize) ? kustomize : {})));
  return objects;
}

/** @returns the definitions of Istio's kinds */
export async function istioKinds(): Promise<KubernetesObject[]> {
  const file = join(await moduleFolder('istio'), 'manifests/charts/base/files/crd-all.gen.yaml');
  return parseAllDocuments(await readFile(file, 'utf8')).map((document) => document.toJS() as KubernetesObject);
}

/** @returns the path of a kubeconfig with a token of the account, as a pod has it */
async function kubeconfigOf({ server, connection }: TestServer, folder: string, account: string): Promise<string> {
  const { status } = await connection.api.request<{ status: { token: string } }>({
    method: 'POST',
    path: `/api/v1/namespaces/kubeflow/serviceaccounts/${account}/token`,
    body: { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: { expirationSeconds: 3600 } },
  });
  const config = JSON.parse(await readFile(server.kubeconfigPath, 'utf8'));
  config.users[0].user = { token: status.token };
  const file = join(folder, `${account}.kubeconfig`);
  await writeFile(file, JSON.stringify(config), { mode: 0o600 });
  return file;
}

async function startProgram({ words, ready, env, cwd }: Command, kubeconfig: string): Promise<ChildProcess> {
  const [program, ...rest] = words;
  const child = spawn(program, rest, {
    env: { PATH: process.env.PATH, HOME: tmpdir(), KUBECONFIG: kubeconfig, ...env },
    ...(cwd === undefined ? {} : { cwd }),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let log = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => {
      log += text;
    });
  const deadline = Date.now() + 120_000;
  while ((await ask(ready)).status === 0) {
    if (child.exitCode !== null || Date.now() > deadline) {
      child.kill('SIGKILL');
      throw new Error(`${program} does not answer at ${ready}: ${log.slice(-3000)}`);
    }
    await sleep(200);
  }
  return child;
}
