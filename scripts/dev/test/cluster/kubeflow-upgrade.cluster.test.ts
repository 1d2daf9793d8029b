import type { ChildProcess } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import type { LiveApplication } from '../../../cluster/applications.ts';
import { applyObjects } from '../../../cluster/apply.ts';
import type { LiveObject } from '../../../cluster/live.ts';
import type { KubernetesObject } from '../../../components/component.ts';
import { releases } from '../../../components/kubeflow/releases.ts';
import { loadCluster } from '../../../config/load.ts';
import type { KubeflowVersion } from '../../../config/schema/component-settings.ts';
import type { Source } from '../../../tree/rules/parsed-tree.ts';
import { buildPrograms } from '../../sandbox/build.ts';
import { runningPid } from '../../sandbox/processes.ts';
import { startTestServer, type TestServer } from '../../testing/api-server.ts';
import { gitIn } from '../../testing/git-in.ts';
import { type TestRepository, testRepository } from '../repository.ts';
import { openCopies, type UpstreamCopies } from '../upstream-copies.ts';
import { startKubernetesControllers } from './controllers.ts';
import { istioKinds } from './kubeflow-platform.ts';
import { argocdDefinitions, argocdSettings, type RealArgocd, startRealArgocd } from './real-argocd.ts';
import { startWorkloads, type Workloads } from './workloads.ts';

// Argo CD's real controller brings Kubeflow from one release to the next, on a real API server without nodes: the root, its waves and
// its children as rendered, the objects as upstream's kustomizations are built with the tree's patches. No program of Kubeflow runs, so
// what they keep (rows, objects in the store) is not seen here; the claims that hold it are.
const upstream = process.env.BREAKWATER_UPSTREAM;
const skipped = upstream === undefined ? ': SKIPPED, set BREAKWATER_UPSTREAM to a folder with clones of upstream' : '';
const url = 'https://git.example.com/acme/platform.git';
// Not all parts, for the sake of time; serving's files are too large for most copies of the release.
const clusterFile = (version: KubeflowVersion) => `name: prod
host: platform.example.com
git: {url: "${url}"}
auth: {users: [{email: ann@example.com}]}
kubeflow:
  version: "${version}"
  components: [central-dashboard, profiles, notebooks, pipelines, trainer]
`;
// Of controllers and programs that are not here.
const leftOut = ['Certificate', 'Issuer', 'MutatingWebhookConfiguration', 'ValidatingWebhookConfiguration'];

/** With other work on the machine, one merge takes five minutes. */
const long = { timeout: 1_800_000 };

let folder: string;
let server: TestServer;
let argocd: RealArgocd;
let argocdFolder: string;
let workloads: Workloads;
let controllers: ChildProcess;
let repository: TestRepository;
let copies: UpstreamCopies;
/** What Argo CD reads: the rendered tree, with upstream's objects in place of upstream's addresses. */
let deployed: string;
/** Everything that a release brings, and the commit that brings it. */
const brought = new Map<KubeflowVersion, { commit: string; objects: KubernetesObject[] }>();

/** What people have made. */
const kept: KubernetesObject[] = ['team-a', 'team-b'].flatMap((namespace) => [
  { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } },
  {
    apiVersion: 'kubeflow.org/v1',
    kind: 'Profile',
    metadata: { name: namespace },
    spec: { owner: { kind: 'User', name: `${namespace}@example.com` } },
  },
  {
    apiVersion: 'kubeflow.org/v1',
    kind: 'Notebook',
    metadata: { name: 'lab', namespace },
    spec: { template: { spec: { containers: [{ name: 'lab', image: 'jupyter' }] } } },
  },
  {
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: { name: 'lab', namespace },
    spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
  },
  {
    apiVersion: 'kubeflow.org/v1alpha1',
    kind: 'PodDefault',
    metadata: { name: 'proxy', namespace },
    spec: { selector: { matchLabels: { proxy: 'true' } } },
  },
  {
    apiVersion: 'trainer.kubeflow.org/v1alpha1',
    kind: 'TrainJob',
    metadata: { name: 'train', namespace },
    spec: { runtimeRef: { name: 'torch-distributed' } },
  },
]);

beforeAll(async () => {
  if (upstream === undefined) return;
  folder = mkdtempSync(join(tmpdir(), 'breakwater-upgrade-'));
  deployed = join(folder, 'deployed');
  mkdirSync(join(folder, 'tools'));
  const { kustomize } = await buildPrograms(['kustomize'], { report: (line) => console.log(line) });
  symlinkSync(kustomize, join(folder, 'tools', 'kustomize'));
  repository = testRepository({ prod: clusterFile('26.03') });
  copies = openCopies(upstream);
  gitIn(folder)('init', '--quiet', '--initial-branch=main', deployed);
  for (const version of ['26.03', '26.03.1'] as const) brought.set(version, await commitRelease(version));
  server = await startTestServer();
  const { api } = server.connection;
  const started = join(deployed, 'clusters/prod');
  await applyObjects(api, documentsOf(join(started, 'apps/00-namespaces.yaml')));
  await applyObjects(api, [
    ...(await argocdDefinitions()),
    ...(await istioKinds()),
    ...argocdSettings(loadCluster(repository.root, 'prod')),
    {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'ClusterRoleBinding',
      metadata: { name: 'argocd' },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'cluster-admin' },
      subjects: [{ kind: 'ServiceAccount', name: 'argocd-application-controller', namespace: 'argocd' }],
    },
  ]);
  controllers = await startKubernetesControllers(server, folder, [
    'garbage-collector-controller',
    'clusterrole-aggregation-controller',
  ]);
  workloads = startWorkloads(api);
  await startArgocd();
  await merge('26.03');
  await applyObjects(api, kept);
});

afterAll(async () => {
  await argocd?.stop();
  await workloads?.stop();
  controllers?.kill('SIGKILL');
  await server?.stop();
  copies?.remove();
  repository?.remove();
  if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
});

function documentsOf(file: string): KubernetesObject[] {
  return parseAllDocuments(readFileSync(file, 'utf8')).map((document) => document.toJS() as KubernetesObject);
}

/** Renders the tree with a release, and commits it as Argo CD reads it here. */
async function commitRelease(version: KubeflowVersion) {
  repository.write('clusters/prod/cluster.yaml', clusterFile(version));
  const rendered = repository.breakwater('render', '--cluster', 'prod', '--prune');
  expect(rendered.code, rendered.stderr).toBe(0);
  const from = join(repository.root, 'clusters/prod');
  const to = join(deployed, 'clusters/prod');
  rmSync(to, { recursive: true, force: true });
  const write = (file: string, text: string) => {
    mkdirSync(join(to, file, '..'), { recursive: true });
    writeFileSync(join(to, file), text.replaceAll(url, `file://${deployed}`));
  };
  const isHere = (file: string) => /^(00-(?!argocd)|\d+-kubeflow-|\d+-ready)/.test(file);
  const objects: KubernetesObject[] = [];
  for (const file of readdirSync(join(from, 'apps')).filter(isHere)) {
    const documents = documentsOf(join(from, 'apps', file));
    for (const document of documents.filter(({ kind }) => kind === 'Application'))
      objects.push(...(await withOwnSource(document, join(from, 'manifests'), write)));
    write(`apps/${file}`, yamlOf(documents));
  }
  const lists = documentsOf(join(from, 'apps/kustomization.yaml'));
  for (const list of lists) list.resources = (list.resources as string[]).filter(isHere);
  write('apps/kustomization.yaml', yamlOf(lists));
  write('bootstrap.yaml', readFileSync(join(from, 'bootstrap.yaml'), 'utf8'));
  const git = gitIn(deployed, { author: 'test' });
  git('add', '--all');
  git('commit', '--quiet', '--message', `Kubeflow ${version}`);
  return { commit: git('rev-parse', 'HEAD'), objects };
}

/** JSON is YAML. */
function yamlOf(objects: readonly KubernetesObject[]): string {
  return objects.map((object) => `${JSON.stringify(object)}\n`).join('---\n');
}

/** Puts what an Application's sources are built to into its own source, the only one that stays. @returns these objects */
async function withOwnSource(
  application: KubernetesObject,
  manifests: string,
  write: (file: string, text: string) => void,
): Promise<KubernetesObject[]> {
  const { name } = application.metadata;
  const spec = application.spec as { sources: Source[] };
  const objects: KubernetesObject[] = [];
  for (const source of spec.sources.filter(({ ref }) => ref === undefined)) {
    const built = await copies.build(source);
    if ('missing' in built) throw new Error(built.missing);
    objects.push(...built.objects.filter(({ kind }) => !leftOut.includes(kind)));
  }
  const own = spec.sources.find(({ ref }) => ref !== undefined);
  if (own?.path !== undefined)
    for (const file of readdirSync(join(manifests, name))) objects.push(...documentsOf(join(manifests, name, file)));
  write(`manifests/${name}/all.yaml`, yamlOf(objects));
  spec.sources = [{ ...own, path: `clusters/prod/manifests/${name}`, directory: { include: '*.yaml' } } as Source];
  return objects;
}

async function startArgocd(): Promise<void> {
  argocdFolder = mkdtempSync(join(folder, 'argocd-'));
  const path = process.env.PATH;
  process.env.PATH = `${join(folder, 'tools')}:${path}`;
  argocd = await startRealArgocd(argocdFolder, server.server.kubeconfigPath);
  process.env.PATH = path;
}

/** The node that ran Argo CD is gone: none of its processes ends what it had begun. */
async function killArgocd(): Promise<void> {
  const pid = await runningPid(argocdFolder, 'controller');
  if (pid !== undefined) process.kill(pid, 'SIGKILL');
  await argocd.stop();
}

async function application(name: string): Promise<LiveApplication | undefined> {
  return await server.connection.api.find<LiveApplication>({
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'Application',
    metadata: { name, namespace: 'argocd' },
  });
}

async function until(what: string, holds: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 900_000;
  while (!(await holds())) {
    if (Date.now() > deadline) throw new Error(`${what}: not in time\n${await stateOf()}\n${argocd.log()}`);
    await bindClaims();
    await sleep(300);
  }
}

async function stateOf(): Promise<string> {
  const { items } = await server.connection.api.list<LiveApplication>('argoproj.io/v1alpha1', 'Application');
  return items
    .map(({ metadata, status }) =>
      JSON.stringify([
        metadata.name,
        status?.sync?.status,
        status?.health,
        status?.conditions,
        status?.operationState?.message,
      ]),
    )
    .join('\n');
}

/** As a provisioner does: Argo CD waits for it. */
async function bindClaims(): Promise<void> {
  const { api } = server.connection;
  const { items } = await api.list<LiveObject & { status?: { phase?: string } }>('v1', 'PersistentVolumeClaim');
  for (const { metadata, status } of items.filter(({ status }) => status?.phase !== 'Bound'))
    await api.request({
      method: 'PATCH',
      path: `/api/v1/namespaces/${metadata.namespace}/persistentvolumeclaims/${metadata.name}/status`,
      contentType: 'application/merge-patch+json',
      body: { status: { ...status, phase: 'Bound' } },
    });
}

/**
 * What a merge does: a commit on the branch, of which a webhook tells Argo CD. Nothing else is done until the root is Healthy at it.
 *
 * @param disturb is called when the root has reached a wave
 */
async function merge(version: KubeflowVersion, disturb?: (wave: number) => Promise<void>): Promise<void> {
  const { api } = server.connection;
  const git = gitIn(deployed, { author: 'test' });
  const commit = git('commit-tree', `${brought.get(version)?.commit}^{tree}`, '-p', 'HEAD', '-m', version);
  git('reset', '--quiet', '--hard', commit);
  const root = documentsOf(join(deployed, 'clusters/prod/bootstrap.yaml'));
  const start = documentsOf(join(deployed, 'clusters/prod/apps/00-project.yaml'));
  await applyObjects(api, [...start, ...root], { force: true });
  for (const object of root)
    await api.merge(object, { metadata: { annotations: { 'argocd.argoproj.io/refresh': 'normal' } } });
  for (const [wave, name] of disturb === undefined ? [] : firstOfWaves) {
    await until(`wave ${wave}`, async () => (await application(name))?.spec?.sources?.[0]?.targetRevision === commit);
    await disturb?.(wave);
  }
  await until(`Kubeflow ${version}`, async () => {
    const { sync, health, operationState } = (await application('platform'))?.status ?? {};
    return (
      sync?.revision === commit &&
      sync.status === 'Synced' &&
      health?.status === 'Healthy' &&
      operationState?.phase === 'Succeeded'
    );
  });
}

/** An Application of each wave that the upgrade passes. */
const firstOfWaves = [
  [6, 'kubeflow-namespace'],
  [7, 'kubeflow-trainer-crds'],
  [8, 'kubeflow-trainer'],
] as const;

const idOf = ({ kind, metadata }: KubernetesObject) => `${kind} ${metadata.namespace ?? ''}/${metadata.name}`;
const objectsOf = (version: KubeflowVersion) => brought.get(version)?.objects ?? [];

/** @returns the uid of each object in the cluster that is of a kind which Kubeflow, or a person, has made */
async function identities(): Promise<Map<string, string>> {
  const { api } = server.connection;
  const all = [...objectsOf('26.03'), ...objectsOf('26.03.1'), ...kept];
  const kinds = new Set(all.map(({ apiVersion, kind }) => `${apiVersion} ${kind}`));
  const found = new Map<string, string>();
  for (const [apiVersion = '', kind = ''] of [...kinds].map((one) => one.split(' ')))
    for (const item of (await api.list<LiveObject>(apiVersion, kind)).items)
      found.set(idOf({ ...item, kind }), String(item.metadata.uid));
  return found;
}

describe.skipIf(upstream === undefined)(`the raise from 26.03 to 26.03.1${skipped}`, () => {
  let before: Map<string, string>;
  let stays: readonly string[];
  let after: Map<string, string>;
  const neverDeleted = /^(CustomResourceDefinition|Profile|PersistentVolumeClaim|Namespace) /;
  const uidsOf = (ids: readonly string[], found: ReadonlyMap<string, string>) =>
    ids.map((id) => [id, found.get(id) ?? 'gone']);

  it('leaves every object that stays as the same one, and nothing of the old names', long, async () => {
    before = await identities();
    const ids = new Set(objectsOf('26.03.1').map(idOf));
    stays = [...before.keys()].filter(
      (id) => ids.has(id) || neverDeleted.test(id) || kept.some((object) => idOf(object) === id),
    );
    expect(stays.length).toBeGreaterThan(250);
    await merge('26.03.1');
    after = await identities();
    expect(uidsOf(stays, after)).toEqual(uidsOf(stays, before));
    const steps = releases['26.03.1'].steps.filter(({ folder: at }) => !at.startsWith('kubeflow-serving'));
    for (const { kind, namespace = '', name } of steps) {
      expect(after.has(`${kind} ${namespace}/${name[0]}`), name[0]).toBe(false);
      expect(after.has(`${kind} ${namespace}/${name[1]}`), name[1]).toBe(true);
    }
    const gone = objectsOf('26.03')
      .map(idOf)
      .filter((id) => !ids.has(id) && !neverDeleted.test(id));
    expect(gone.filter((id) => after.has(id))).toEqual([]);
  });

  it('brings the fields of the new CRDs', async () => {
    const runtime = objectsOf('26.03.1').find(({ metadata }) => metadata.name === 'torchtune-llama3.2-1b');
    const found = runtime && (await server.connection.api.find<LiveObject>(runtime));
    expect(JSON.stringify(found?.spec)).toContain('volumeClaimPolicies');
  });

  it('is taken back by a revert, with everything that people made', long, async () => {
    await merge('26.03');
    const back = await identities();
    expect(uidsOf(stays, back)).toEqual(uidsOf(stays, before));
    expect([...before.keys()].filter((id) => !back.has(id))).toEqual([]);
    // New CRDs stay.
    expect([...back.keys()].filter((id) => !before.has(id) && !neverDeleted.test(id))).toEqual([]);
  });

  it('ends the same when Argo CD is killed in each wave, at different moments', long, async () => {
    const moments: Readonly<Record<number, number>> = { 6: 100, 7: 1000, 8: 2500 };
    await merge('26.03.1', async (wave) => {
      await sleep(moments[wave] ?? 0);
      await killArgocd();
      await startArgocd();
    });
    const end = await identities();
    expect([...end.keys()].toSorted()).toEqual([...after.keys()].toSorted());
    expect(uidsOf(stays, end)).toEqual(uidsOf(stays, before));
  });
});
