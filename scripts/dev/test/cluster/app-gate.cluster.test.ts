import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse, stringify } from 'yaml';
import type { LiveApplication } from '../../../cluster/applications.ts';
import { applyObjects } from '../../../cluster/apply.ts';
import type { KubernetesObject } from '../../../components/component.ts';
import { revisionAnnotation } from '../../../components/domain.ts';
import type { App, Cluster } from '../../../config/cluster.ts';
import { loadCluster } from '../../../config/load.ts';
import { renderTree } from '../../../tree/render.ts';
import { startTestServer, type TestServer } from '../../testing/api-server.ts';
import { anyDefinition } from '../../testing/guarded-server.ts';
import { checkout } from '../repository.ts';
import {
  argocdDefinitions,
  argocdSettings,
  commitAll,
  type RealArgocd,
  startRealArgocd,
  synced,
} from './real-argocd.ts';

// Argo CD's real controller and repository server, with the projects and Applications that the tree has for an app.
const istio = 'networking.istio.io';
const text = (object: KubernetesObject) => stringify(object);
const object = (apiVersion: string, kind: string, name: string, namespace: string, more = {}): KubernetesObject => ({
  apiVersion,
  kind,
  metadata: { name, namespace },
  ...more,
});
const page = object('v1', 'ConfigMap', 'page', 'hello', { data: { text: 'hello' } });

/** What the chart of an app may bring, and what Argo CD says of it. */
const brought: readonly [what: string, object: KubernetesObject, refusal?: RegExp][] = [
  ['a ConfigMap of its own', object('v1', 'ConfigMap', 'own', 'hello', { data: {} })],
  ['a Secret beside the gateway', object('v1', 'Secret', 'planted', 'ingress'), /namespace ingress is not permitted/],
  ['a Gateway beside the gateway', object(`${istio}/v1`, 'Gateway', 'planted', 'ingress'), /is not permitted/],
  ['a filter beside the gateway', object(`${istio}/v1alpha3`, 'EnvoyFilter', 'planted', 'ingress'), /is not permitted/],
  ['a Gateway of its own', object(`${istio}/v1`, 'Gateway', 'planted', 'hello'), /Gateway is not permitted/],
  ['a route of its own', object(`${istio}/v1`, 'VirtualService', 'planted', 'hello'), /is not permitted/],
];

/** What the gate of the app consists of; each was the app's own in earlier versions. */
const gate = [
  object(`${istio}/v1alpha3`, 'EnvoyFilter', 'app-hello', 'ingress'),
  object('security.istio.io/v1', 'AuthorizationPolicy', 'app-hello', 'hello'),
  object('networking.k8s.io/v1', 'NetworkPolicy', 'app-hello', 'hello'),
  object(`${istio}/v1`, 'VirtualService', 'app-hello', 'hello'),
];

let folder: string;
let server: TestServer;
let argocd: RealArgocd;
let repositoryUrl: string;
let tree: ReadonlyMap<string, string>;
const commits = { old: '', now: '' };

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'breakwater-app-gate-'));
  const root = join(folder, 'repository');
  repositoryUrl = `file://${root}`;
  const cluster = withHello({ ...loadCluster(checkout, 'demo'), repositoryUrl });
  tree = renderTree(cluster);
  const manifests = [...tree].filter(([path]) => /\/manifests\/hello(-gate)?\//.test(path));
  // One Application for both, as earlier versions had it.
  commits.old = await commit(
    root,
    manifests.map(([path, content]) => [path.replace('/hello-gate/', '/hello/'), content]),
  );
  rmSync(join(root, cluster.folder), { recursive: true });
  commits.now = await commit(root, [
    ...manifests,
    ...brought.map(([, one], index): [string, string] => [`brought/${index}/object.yaml`, text(one)]),
  ]);
  server = await startTestServer();
  await applyObjects(server.connection.api, [
    ...['argocd', 'ingress', 'hello'].map((name) => ({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } })),
    ...(await argocdDefinitions()),
    anyDefinition(istio, 'Gateway', 'gateways'),
    anyDefinition(istio, 'VirtualService', 'virtualservices'),
    anyDefinition(istio, 'EnvoyFilter', 'envoyfilters', { version: 'v1alpha3' }),
    anyDefinition('security.istio.io', 'AuthorizationPolicy', 'authorizationpolicies'),
    controllerMayDoAll,
  ]);
  await applyObjects(server.connection.api, [...argocdSettings(cluster), fromTree('00-project')]);
  argocd = await startRealArgocd(folder, server.server.kubeconfigPath);
});

afterAll(async () => {
  await argocd?.stop();
  await server?.stop();
  if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
});

const controllerMayDoAll: KubernetesObject = {
  apiVersion: 'rbac.authorization.k8s.io/v1',
  kind: 'ClusterRoleBinding',
  metadata: { name: 'controller' },
  roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'cluster-admin' },
  subjects: [{ kind: 'ServiceAccount', name: 'argocd-application-controller', namespace: 'argocd' }],
};

/** An app of plain manifests, on a path. */
function withHello(cluster: Cluster): Cluster {
  const grafana = cluster.shared.apps.get('grafana');
  if (grafana === undefined) throw new Error('apps/grafana is not there');
  const hello: App = {
    ...grafana.file,
    name: 'hello',
    folder: 'apps/hello',
    application: 'hello',
    gate: 'hello-gate',
    namespace: 'hello',
    source: { manifests: true },
    manifests: [page as App['manifests'][number]],
    place: { path: '/hello/', strip: false },
    values: {},
  };
  return { ...cluster, runningApps: [hello] };
}

function commit(root: string, files: readonly (readonly [path: string, content: string])[]): Promise<string> {
  for (const [path, content] of files) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), content);
  }
  return commitAll(root);
}

/** The object of a file in the tree's apps/, whatever its wave. */
function fromTree(name: string): KubernetesObject {
  const found = [...tree].find(([path]) => new RegExp(`/apps/(\\d+-)?${name}\\.yaml$`).test(path));
  if (found === undefined) throw new Error(`the tree has no ${name}`);
  return parse(found[1]);
}

/** An Application as the root pins it to a commit. */
function pinned(name: string, commit: string): KubernetesObject {
  const application = fromTree(name);
  const { spec, metadata } = application as KubernetesObject & { spec: { sources: object[] } };
  return {
    ...application,
    metadata: { ...metadata, annotations: { ...metadata.annotations, [revisionAnnotation]: commit } },
    spec: { ...spec, sources: spec.sources.map((source) => ({ ...source, targetRevision: commit })) },
  };
}

/** The app's project of earlier versions, with the namespace of the gateway in it. */
function formerProject(): KubernetesObject {
  const { spec, ...project } = fromTree('00-project-hello') as KubernetesObject & { spec: { destinations: object[] } };
  const { namespaceResourceBlacklist: _, ...limits } = spec as Record<string, unknown>;
  const destinations = [...spec.destinations, { server: 'https://kubernetes.default.svc', namespace: 'ingress' }];
  return { ...project, spec: { ...limits, destinations } };
}

async function ofGate(): Promise<{ uid: unknown; owner: string }[]> {
  const found = await Promise.all(gate.map((one) => server.connection.api.find(one)));
  return found.map((live) => ({
    uid: live?.metadata.uid,
    owner: String(live?.metadata.annotations?.['argocd.argoproj.io/tracking-id']).split(':')[0] ?? '',
  }));
}

/** Waits until an Application has compared and synced a commit, as a wave does. */
async function atCommit(name: string, commit: string): Promise<void> {
  for (let tries = 0; tries < 240; tries += 1) {
    const live = await server.connection.api.find<
      LiveApplication & { status?: { sync?: { status?: string; revisions?: string[] } } }
    >(fromTree(name));
    const { sync } = live?.status ?? {};
    if (sync?.status === 'Synced' && sync.revisions?.every((revision) => revision === commit)) return;
    await sleep(500);
  }
  throw new Error(`${name} is not at ${commit}; the log says:\n${argocd.log()}`);
}

describe('the gate of an app', () => {
  it('is handed over by the app of earlier versions, and none of its objects goes in between', async () => {
    const { api } = server.connection;
    await applyObjects(api, [formerProject()]);
    expect(await synced(api, pinned('hello', commits.old), argocd)).toContain('"phase":"Succeeded"');
    await atCommit('hello', commits.old);
    const before = await ofGate();
    expect(before.map(({ owner }) => owner)).toEqual(gate.map(() => 'hello'));

    // In the order of the root's waves: the projects, the gate, the app.
    await applyObjects(api, [fromTree('00-project-hello')]);
    expect(await synced(api, pinned('hello-gate', commits.now), argocd)).toContain('"phase":"Succeeded"');
    await atCommit('hello-gate', commits.now);
    const between = await ofGate();
    await applyObjects(api, [pinned('hello', commits.now)]);
    await atCommit('hello', commits.now);
    const after = await ofGate();

    expect(between).toEqual(before.map(({ uid }) => ({ uid, owner: 'hello-gate' })));
    expect(after).toEqual(between);
    expect(await api.find(page)).toBeDefined();
  });

  it.each(brought)('%s: only what stays within the app is applied', async (_, one, refusal) => {
    const { api } = server.connection;
    const index = brought.findIndex(([, other]) => other === one);
    const application = pinned('hello', commits.now);
    const words = await synced(
      api,
      {
        ...application,
        metadata: { name: `brought-${index}`, namespace: 'argocd' },
        spec: {
          ...(application.spec as object),
          sources: [{ repoURL: repositoryUrl, path: `brought/${index}`, targetRevision: commits.now }],
        },
      },
      argocd,
    );
    if (refusal === undefined) expect(words).toContain('"phase":"Succeeded"');
    else expect(words).toMatch(refusal);
    expect((await api.find(one)) !== undefined).toBe(refusal === undefined);
  });
});
