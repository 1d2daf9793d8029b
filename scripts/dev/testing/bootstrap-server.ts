import { setTimeout as sleep } from 'node:timers/promises';
import { parseAllDocuments } from 'yaml';
import type { Api } from '../../cluster/api.ts';
import type { ApiError } from '../../cluster/api-error.ts';
import type { Applied } from '../../cluster/apply.ts';
import { installArgoCD } from '../../cluster/install-argocd.ts';
import type { LiveData } from '../../cluster/live.ts';
import type { OwnershipQuestion } from '../../cluster/ownership.ts';
import { register } from '../../cluster/register.ts';
import { repositorySecret } from '../../cluster/repository-secret.ts';
import { requireOwnership } from '../../cluster/require-ownership.ts';
import { lookAtSecrets, planSecrets } from '../../cluster/secret-plan.ts';
import { prepareSecrets } from '../../cluster/secret-values.ts';
import { writeSecrets } from '../../cluster/secret-write.ts';
import { trustHost } from '../../cluster/trust.ts';
import type { KubernetesObject, SecretSpec } from '../../components/component.ts';
import { argocdManifest } from './api-server.ts';

let manifests: KubernetesObject[] = [];

/** One object of each kind that matters: few enough writes to kill a run after each. */
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

/** Reads Argo CD's manifests from its Go module. */
export async function readManifests(): Promise<void> {
  const text = await argocdManifest('install.yaml');
  manifests = parseAllDocuments(text).map((document) => document.toJS() as KubernetesObject);
}

export const host = 'git.example.com';
const url = `https://${host}/acme/platform.git`;
export const knownHosts = [`${host} ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAfuCHKVTjquxvt6CM6tdG4SLp1Btn`];
export const ca = '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n';

function inNamespace(objects: readonly KubernetesObject[], namespace: string): KubernetesObject[] {
  return objects.map((object) =>
    clusterScoped.includes(object.kind) ? object : { ...object, metadata: { ...object.metadata, namespace } },
  );
}

export function argocd(namespace: string, all = false): KubernetesObject[] {
  const objects = manifests.filter(({ kind, metadata }) => all || chosen.includes(`${kind} ${metadata.name}`));
  return [{ apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } }, ...inNamespace(objects, namespace)];
}

export function question(namespace: string): OwnershipQuestion {
  return {
    cluster: 'demo',
    argocd: { namespace, install: true },
    root: { name: 'platform', project: 'platform', repositoryUrl: url, path: 'clusters/demo/apps' },
    repositorySecret: 'breakwater-repository-demo',
    namespaces: [],
  };
}

function secrets(namespace: string): SecretSpec[] {
  const random = { kind: 'random', bytes: 32, encoding: 'base64url' } as const;
  return [
    { name: 'oauth2-proxy', namespace, purpose: 'login', keys: { 'client-secret': random, 'cookie-secret': random } },
  ];
}

export function objectsOf(namespace: string) {
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

/** The part of a bootstrap that acts on a cluster, from the look to the registration. */
export async function bootstrap(
  api: Api,
  namespace: string,
  { token = 'first', rotate = false, all = false }: Options = {},
) {
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

export function changes(applied: readonly Applied[], change: Applied['change']): string[] {
  return applied.filter((entry) => entry.change === change).map(({ object }) => object);
}

/** Deletes everything that the next run would see; namespaces stay, since no controller deletes them. */
export async function clean(api: Api, namespace: string, definitions = true): Promise<void> {
  const remove = (path: string) => api.request({ method: 'DELETE', path });
  await remove(`/apis/apps/v1/namespaces/${namespace}/deployments`);
  await remove(`/apis/apps/v1/namespaces/${namespace}/statefulsets`);
  for (const name of ['applications', 'appprojects', 'applicationsets']) {
    await remove(`/apis/argoproj.io/v1alpha1/namespaces/${namespace}/${name}`).catch(() => undefined);
    if (definitions) await removeDefinition(api, `${name}.argoproj.io`);
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

async function removeDefinition(api: Api, name: string): Promise<void> {
  const path = `/apis/apiextensions.k8s.io/v1/customresourcedefinitions/${name}`;
  for (let status = 200; status !== 404; ) {
    status = await api.request({ method: 'DELETE', path }).then(
      () => 200,
      (error: ApiError) => error.status,
    );
    await sleep(50);
  }
}

/** Everything that a run leaves behind, without the parts that always differ: ids, times, versions, random values, the namespace's name. */
export async function snapshot(api: Api, namespace: string): Promise<string> {
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
