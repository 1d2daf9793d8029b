import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import type { KubernetesObject, SecretNeed } from '../components/component.ts';
import { moduleFolder } from '../rehearsal/sandbox/modules.ts';
import type { Api } from './api.ts';
import { type Applied, applyObjects } from './apply.ts';
import { installArgoCD } from './install-argocd.ts';
import type { LiveData } from './live.ts';
import { type OwnershipQuestion, requireOwnership } from './ownership.ts';
import { register } from './register.ts';
import { repositorySecret } from './repository-secret.ts';
import { lookAtSecrets, planSecrets } from './secret-plan.ts';
import { prepareSecrets } from './secret-values.ts';
import { writeSecrets } from './secret-write.ts';
import { startTestServer, type TestServer } from './test-server.ts';
import type { Transport } from './transport.ts';
import { trustHost } from './trust.ts';

let test: TestServer;
let manifests: KubernetesObject[];

/** One of each kind that matters, so that a run has few enough writes to be killed after each. */
const chosen = [
  'CustomResourceDefinition applications.argoproj.io',
  'CustomResourceDefinition appprojects.argoproj.io',
  'ServiceAccount argocd-server',
  'ClusterRole argocd-server',
  'ClusterRoleBinding argocd-server',
  'ConfigMap argocd-cm',
  'ConfigMap argocd-ssh-known-hosts-cm',
  'ConfigMap argocd-tls-certs-cm',
  'Secret argocd-secret',
  'Service argocd-server',
  'Deployment argocd-server',
  'StatefulSet argocd-application-controller',
];
const clusterScoped = ['CustomResourceDefinition', 'ClusterRole', 'ClusterRoleBinding', 'Namespace'];

beforeAll(async () => {
  test = await startTestServer();
  const text = await readFile(join(await moduleFolder('argo-cd'), 'manifests', 'install.yaml'), 'utf8');
  manifests = parseAllDocuments(text).map((document) => document.toJS() as KubernetesObject);
});

afterAll(() => test?.stop());

const host = 'git.example.com';
const url = `https://${host}/acme/platform.git`;
const knownHosts = [`${host} ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAfuCHKVTjquxvt6CM6tdG4SLp1Btn`];
const ca = '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n';

function inNamespace(objects: readonly KubernetesObject[], namespace: string): KubernetesObject[] {
  return objects.map((object) =>
    clusterScoped.includes(object.kind) ? object : { ...object, metadata: { ...object.metadata, namespace } },
  );
}

function argocd(namespace: string, all = false): KubernetesObject[] {
  const objects = manifests.filter(({ kind, metadata }) => all || chosen.includes(`${kind} ${metadata.name}`));
  return [{ apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } }, ...inNamespace(objects, namespace)];
}

function question(namespace: string): OwnershipQuestion {
  return {
    cluster: 'demo',
    argocd: { namespace, install: true },
    root: { name: 'platform', project: 'platform', repositoryUrl: url, path: 'clusters/demo/apps' },
    repositorySecret: 'breakwater-repository-demo',
    namespaces: [],
  };
}

function secrets(namespace: string): SecretNeed[] {
  const random = { kind: 'random', bytes: 32, encoding: 'base64url' } as const;
  return [
    { name: 'oauth2-proxy', namespace, purpose: 'login', keys: { 'client-secret': random, 'cookie-secret': random } },
  ];
}

function objectsOf(namespace: string) {
  const project: KubernetesObject = {
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'AppProject',
    metadata: { name: 'platform', namespace },
    spec: { sourceRepos: [url], destinations: [{ server: 'https://kubernetes.default.svc', namespace }] },
  };
  const root: KubernetesObject = {
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'Application',
    metadata: { name: 'platform', namespace },
    spec: {
      project: 'platform',
      source: { repoURL: url, path: 'clusters/demo/apps', targetRevision: 'main' },
      destination: { server: 'https://kubernetes.default.svc', namespace },
      syncPolicy: { automated: { prune: true, selfHeal: true }, retry: { limit: -1, refresh: true } },
    },
  };
  return { project, root };
}

interface Options {
  token?: string;
  rotate?: boolean;
  all?: boolean;
}

/** What a bootstrap does to a cluster, from the look at it to the registration. */
async function bootstrap(api: Api, namespace: string, { token = 'first', rotate = false, all = false }: Options = {}) {
  const verdict = await requireOwnership(api, question(namespace));
  const needs = secrets(namespace);
  const prepared = await prepareSecrets(planSecrets(needs, await lookAtSecrets(api, needs)), () => '');
  const { project, root } = objectsOf(namespace);
  const credentials = { kind: 'token', username: 'git', token } as const;
  const repository = repositorySecret({
    name: 'breakwater-repository-demo',
    namespace,
    cluster: 'demo',
    url,
    credentials,
  });
  const installed = await installArgoCD(api, { objects: argocd(namespace, all), verdict });
  const written = await writeSecrets(api, prepared, { cluster: 'demo', tell: () => undefined });
  const trusted = await trustHost(api, { namespace, host, knownHosts, ca });
  const registered = await register(api, { repository, rotate, projects: [project], root });
  return { verdict, applied: [...installed, ...written.applied, ...trusted, ...registered] };
}

function changes(applied: readonly Applied[], change: Applied['change']): string[] {
  return applied.filter((entry) => entry.change === change).map(({ object }) => object);
}

/** Takes everything away that would be seen in the next run: without controllers, namespaces themselves stay. */
async function clean(namespace: string): Promise<void> {
  const { api } = test.connection;
  const remove = (path: string) => api.request({ method: 'DELETE', path });
  await remove(`/apis/apps/v1/namespaces/${namespace}/deployments`);
  await remove(`/apis/apps/v1/namespaces/${namespace}/statefulsets`);
  for (const name of ['applications', 'appprojects', 'applicationsets']) {
    const path = `/apis/apiextensions.k8s.io/v1/customresourcedefinitions/${name}.argoproj.io`;
    await remove(path).catch(() => undefined);
    const gone = () =>
      api.request({ method: 'GET', path }).then(
        () => false,
        () => true,
      );
    while (!(await gone())) await new Promise((resolve) => setTimeout(resolve, 50));
  }
  const rbac = '/apis/rbac.authorization.k8s.io/v1';
  for (const kind of ['clusterroles', 'clusterrolebindings']) {
    await api.request({
      method: 'DELETE',
      path: `${rbac}/${kind}`,
      query: { labelSelector: 'app.kubernetes.io/part-of=argocd' },
    });
  }
}

/** All that a run leaves behind, without what differs by nature: ids, times, versions, random values, the namespace's name. */
async function snapshot(api: Api, namespace: string): Promise<string> {
  const { project, root } = objectsOf(namespace);
  const other = [
    { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'oauth2-proxy', namespace } },
    { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'breakwater-repository-demo', namespace } },
  ];
  const objects = await Promise.all(
    [...argocd(namespace), project, root, ...other].map((object) => api.find<LiveData>(object)),
  );
  const stated = objects.map((object) => {
    if (object === undefined) return 'missing';
    const { labels, annotations, name } = object.metadata;
    const { status: _status, metadata: _metadata, ...rest } = object as LiveData & { status?: unknown };
    if (name === 'oauth2-proxy')
      rest.data = Object.fromEntries(Object.keys(rest.data ?? {}).map((key) => [key, 'random']));
    const refresh = 'argocd.argoproj.io/refresh';
    return { name, labels, annotations: { ...annotations, [refresh]: 'any' }, ...rest };
  });
  return JSON.stringify(
    stated,
    (key, value) => (key === 'clusterIP' || key === 'clusterIPs' ? 'any' : value),
    1,
  ).replaceAll(namespace, 'NAMESPACE');
}

/** Lets a number of writes through; then the process is dead: nothing goes out any more. */
function dyingAfter(writes: number): (transport: Transport) => Transport {
  let left = writes;
  return (transport) => ({
    ...transport,
    async send(request) {
      if (left < 0) throw new Error('killed');
      const write = request.method !== 'GET';
      if (write && --left < 0) throw new Error('killed');
      return transport.send(request);
    },
  });
}

describe('a bootstrap on a real API server', () => {
  it('installs the whole of Argo CD, and a second run changes nothing', async () => {
    const { api } = test.connection;
    const first = await bootstrap(api, 'argocd', { all: true });
    expect(first.verdict.argocd).toBe('absent');
    expect(changes(first.applied, 'created').length).toBeGreaterThan(60);
    // The known hosts and the CA go into ConfigMaps that Argo CD's manifests have made.
    expect(changes(first.applied, 'changed')).toEqual([
      'ConfigMap argocd/argocd-ssh-known-hosts-cm',
      'ConfigMap argocd/argocd-tls-certs-cm',
    ]);
    const second = await bootstrap(api, 'argocd', { all: true });
    expect(second.verdict).toEqual({ argocd: 'ours', takeOverDefinitions: false, findings: [] });
    expect(changes(second.applied, 'unchanged')).toHaveLength(second.applied.length);
    const known = await api.find<LiveData>({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'argocd-ssh-known-hosts-cm', namespace: 'argocd' },
    });
    expect(known?.data?.ssh_known_hosts).toContain('github.com ssh-ed25519');
    expect(known?.data?.ssh_known_hosts).toContain(knownHosts[0]);
  });

  it('keeps repository credentials until they are to be rotated, and then changes only them', async () => {
    const { api } = test.connection;
    const password = async () => {
      const secret = await api.find<LiveData>({
        apiVersion: 'v1',
        kind: 'Secret',
        metadata: { name: 'breakwater-repository-demo', namespace: 'argocd' },
      });
      return Buffer.from(secret?.data?.password ?? '', 'base64').toString();
    };
    const kept = await bootstrap(api, 'argocd', { token: 'second' });
    expect(changes(kept.applied, 'unchanged')).toHaveLength(kept.applied.length);
    expect(await password()).toBe('first');
    const rotated = await bootstrap(api, 'argocd', { token: 'second', rotate: true });
    expect(changes(rotated.applied, 'changed')).toEqual(['Secret argocd/breakwater-repository-demo']);
    expect(await password()).toBe('second');
  });

  it('leaves Argo CD alone when it manages itself, and the sync that runs', async () => {
    const { api } = test.connection;
    const { root } = objectsOf('argocd');
    const child = { ...root, metadata: { name: 'argocd', namespace: 'argocd' } };
    await api.apply(child, { manager: 'argocd-controller' });
    const server = {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'argocd-server', namespace: 'argocd' },
    };
    const annotations = { 'argocd.argoproj.io/tracking-id': 'argocd:apps/Deployment:argocd/argocd-server' };
    await api.merge(server, { metadata: { annotations } });
    const operationState = { phase: 'Running', startedAt: '2026-11-24T00:00:00Z', operation: {} };
    await api.merge(root, { status: { operationState } });
    // Its refresh annotation was set by a former run; a running sync is not asked for anything.
    await api.merge(root, { metadata: { annotations: null } });
    const before = await api.find(root);
    // The copy of the root that stands for the child reads the same path, which a real one does not.
    await api.merge(child, { spec: { source: { path: 'clusters/demo/manifests/argocd' } } });
    const { verdict, applied } = await bootstrap(api, 'argocd');
    expect(verdict.argocd).toBe('self-managed');
    expect(changes(applied, 'unchanged')).toHaveLength(applied.length);
    expect(await api.find(root)).toEqual(before);
    await clean('argocd');
  });

  it('ends in the same objects, whichever write was its last when it was killed', async () => {
    const first = await test.through((transport) => transport);
    await bootstrap(first, 'uninterrupted');
    const expected = await snapshot(first, 'uninterrupted');
    expect(expected).not.toContain('missing');
    await clean('uninterrupted');

    let finished = false;
    for (let writes = 0; !finished; writes++) {
      const namespace = `killed-${writes}`;
      try {
        const dying = await test.through(dyingAfter(writes));
        finished = await bootstrap(dying, namespace).then(
          () => true,
          (error: Error) => {
            expect(error.message).toBe('killed');
            return false;
          },
        );
        const again = await test.through((transport) => transport);
        const secret = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'oauth2-proxy', namespace } };
        const made = await again.find<LiveData>(secret);
        await bootstrap(again, namespace);
        expect(await snapshot(again, namespace), `killed after ${writes} writes`).toBe(expected);
        if (made !== undefined) expect((await again.find<LiveData>(secret))?.data).toEqual(made.data);
      } finally {
        await clean(namespace);
      }
    }
  });
});

describe('a cluster that belongs to somebody else', () => {
  it('is refused before the first write: an Argo CD of Helm, another root, and everything is said', async () => {
    const { api } = test.connection;
    const namespace = 'helm';
    const release = { 'meta.helm.sh/release-name': 'argo', 'meta.helm.sh/release-namespace': namespace };
    const theirs = argocd(namespace).map((object) => ({
      ...object,
      metadata: { ...object.metadata, annotations: release },
    }));
    await applyObjects(api, theirs, { manager: 'helm' });
    const { root } = objectsOf(namespace);
    const foreign = {
      ...root,
      spec: { ...(root.spec as object), source: { repoURL: url, path: 'clusters/prod/apps' } },
    };
    await applyObjects(api, [foreign]);
    let writes = 0;
    const counting = await test.through((transport) => ({
      ...transport,
      send(request) {
        if (request.method !== 'GET') writes++;
        return transport.send(request);
      },
    }));
    await expect(bootstrap(counting, namespace)).rejects.toMatchObject({
      name: 'RunError',
      details: [
        expect.stringContaining('belongs to Helm (release helm/argo)'),
        expect.stringContaining('the namespace helm belongs to Helm'),
        expect.stringContaining('the Application helm/platform deploys clusters/prod/apps'),
      ],
    });
    expect(writes).toBe(0);
    await clean(namespace);
  });

  it('keeps the CA that somebody set for the Git host, and says who', async () => {
    const { api } = test.connection;
    await applyObjects(api, [{ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'trust' } }]);
    const map = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'argocd-tls-certs-cm', namespace: 'trust' } };
    await api.apply({ ...map, data: { [host]: 'theirs', 'other.example.com': 'theirs' } } as LiveData, {
      manager: 'argocd-server',
    });
    await expect(trustHost(api, { namespace: 'trust', host, ca })).rejects.toThrow(/belongs to "argocd-server"/);
    await trustHost(api, { namespace: 'trust', host: 'new.example.com', ca });
    expect((await api.find<LiveData>(map))?.data).toEqual({
      [host]: 'theirs',
      'other.example.com': 'theirs',
      'new.example.com': ca,
    });
    const gone = trustHost(api, { namespace: 'trust', host, knownHosts });
    await expect(gone).rejects.toThrow("Argo CD's ConfigMap trust/argocd-ssh-known-hosts-cm is not there");
  });
});
