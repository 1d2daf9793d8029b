import { groupOf } from '../cluster/live.ts';
import type { OwnershipQuestion, Verdict } from '../cluster/ownership.ts';
import type { RepositoryCredentials } from '../cluster/repository-secret.ts';
import { repositorySecret } from '../cluster/repository-secret.ts';
import type { ExpectedRoot } from '../cluster/require-platform.ts';
import type { PreparedSecret } from '../cluster/secret-values.ts';
import { argocd, requiredSettings } from '../components/argocd.ts';
import type { Component, KubernetesObject, SecretNeed } from '../components/component.ts';
import { gatewayNamespace, gatewayRelease } from '../components/domain.ts';
import { enabledComponents } from '../components/index.ts';
import type { Cluster } from '../config/cluster.ts';
import type { Reporter } from '../report/reporter.ts';
import { namespaces, project, root } from '../tree/platform.ts';
import { placedComponents, renderDocuments } from '../tree/render.ts';
import { resolveReference } from '../workspace/secret-reference.ts';

/** Everything that a cluster is told, before anything of it is written. */
export interface RegistrationPlan {
  /** Argo CD's own objects; empty where it is not ours to install. */
  argocd: readonly KubernetesObject[];
  namespaces: readonly KubernetesObject[];
  repository: KubernetesObject;
  /** True: credentials that are there are replaced (`--rotate` with the Secret's name). */
  rotateRepository: boolean;
  project: KubernetesObject;
  root: KubernetesObject;
  secrets: readonly SecretNeed[];
  /** Only with a connection. */
  verdict?: Verdict;
  prepared?: readonly PreparedSecret[];
}

/** @returns the Secrets that the platform needs; also of components that wait for the host, so that one look is enough */
function neededSecrets(cluster: Cluster): SecretNeed[] {
  return enabledComponents(cluster).flatMap((component) => component.secrets?.(cluster) ?? []);
}

/** @returns the namespaces that exist before Argo CD: its own, and those that Secrets go into */
function neededNamespaces(cluster: Cluster): KubernetesObject[] {
  const secrets = new Set(neededSecrets(cluster).map(({ namespace }) => namespace));
  return namespaces(cluster, enabledComponents(cluster)).filter(
    ({ metadata: { name } }) => name === cluster.argocd.namespace || secrets.has(name),
  );
}

/** The same objects as in the tree: what is registered is what Git holds. */
export function registrationObjects(
  cluster: Cluster,
): Pick<RegistrationPlan, 'project' | 'root' | 'namespaces' | 'secrets'> {
  const placed: Component[] = placedComponents(cluster).map(({ component }) => component);
  return {
    project: project(cluster, placed),
    root: root(cluster),
    namespaces: neededNamespaces(cluster),
    secrets: neededSecrets(cluster),
  };
}

/** @returns the Secret by which Argo CD knows the repository, with its values when `credentials` are given */
export function repositoryObject(cluster: Cluster, credentials?: RepositoryCredentials): KubernetesObject {
  return repositorySecret({
    name: `breakwater-repository-${cluster.name}`,
    namespace: cluster.argocd.namespace,
    cluster: cluster.name,
    url: cluster.repositoryUrl,
    ...(credentials === undefined ? {} : { credentials }),
  });
}

/**
 * @returns the credentials of cluster.yaml, resolved; undefined for a public repository
 * @throws UsageError when a variable is not set or a file can't be read
 */
export function repositoryCredentials(
  rootFolder: string,
  cluster: Cluster,
  reporter: Reporter,
): RepositoryCredentials | undefined {
  const { credentials } = cluster.git;
  // A deploy key is made later, in the cluster.
  if (credentials === undefined || 'deployKey' in credentials) return undefined;
  const resolve = (reference: Parameters<typeof resolveReference>[1]): string => {
    const value = resolveReference(rootFolder, reference);
    reporter.hide([value]);
    return value;
  };
  if ('token' in credentials)
    return {
      kind: 'token',
      username: credentials.username,
      // Argo CD only reads.
      token: resolve(credentials.readToken ?? credentials.token).trim(),
    };
  if ('sshKey' in credentials) return { kind: 'ssh', privateKey: resolve(credentials.sshKey) };
  const { id, installationId, privateKey, baseUrl } = credentials.githubApp;
  return {
    kind: 'github-app',
    id,
    installationId,
    privateKey: resolve(privateKey),
    ...(baseUrl === undefined ? {} : { baseUrl }),
  };
}

/** @returns the root Application that tells a cluster from others */
export function expectedRoot(cluster: Cluster): ExpectedRoot {
  const { root, namespace } = cluster.argocd;
  const { name: folder, repositoryUrl } = cluster;
  return { cluster: folder, namespace, name: root.name, repositoryUrl, path: `${cluster.folder}/apps` };
}

/**
 * What the look at a cluster has to find out: whose Argo CD, root, project and namespaces are there.
 *
 * @param context name of the kubeconfig's context, for messages
 * @param movedFrom the repository's address before it moved, as the user says
 */
export function ownershipQuestion(cluster: Cluster, context?: string, movedFrom?: string): OwnershipQuestion {
  return {
    cluster: cluster.name,
    ...(context === undefined ? {} : { context }),
    argocd: {
      namespace: cluster.argocd.namespace,
      install: argocd.wanted(cluster),
      settings: requiredSettings(cluster),
      kinds: kindsOf(cluster),
    },
    root: {
      name: cluster.argocd.root.name,
      project: cluster.argocd.root.project,
      repositoryUrl: cluster.repositoryUrl,
      path: `${cluster.folder}/apps`,
      children: placedComponents(cluster).map(({ component }) => component.name),
      ...(movedFrom === undefined ? {} : { movedFrom }),
    },
    repositorySecret: `breakwater-repository-${cluster.name}`,
    namespaces: namespaces(cluster, enabledComponents(cluster))
      .map(({ metadata }) => metadata.name)
      .filter((name) => name !== cluster.argocd.namespace),
  };
}

/** Kinds that every chart has, whose objects are not in the tree. */
const chartKinds = ['ConfigMap', 'Deployment.apps', 'Secret', 'Service', 'ServiceAccount'];

/** @returns kinds whose objects Argo CD has to apply, as `EnvoyFilter.networking.istio.io` */
function kindsOf(cluster: Cluster): string[] {
  const objects = [...renderDocuments(cluster).documents.values()].flat() as { apiVersion?: string; kind?: string }[];
  const kinds = objects
    .filter(({ kind }) => kind !== undefined && kind !== 'Kustomization')
    .map(({ apiVersion = '', kind }) => [kind, groupOf(apiVersion)].filter((part) => part !== '').join('.'));
  const wide = placedComponents(cluster)
    .flatMap(({ component }) => component.clusterKinds?.(cluster) ?? [])
    .map((kind) => kind.split('/').reverse().join('.'));
  return [...new Set([...chartKinds, ...kinds, ...wide])].sort();
}

/** The Service whose address is the platform's, with host: auto. */
export const gatewayService = { name: gatewayRelease, namespace: gatewayNamespace } as const;

/** Goes on with inputs that changed during the run: what is registered follows from what was published last. */
export function useCluster(context: { cluster: Cluster; registration?: RegistrationPlan }, cluster: Cluster): void {
  context.cluster = cluster;
  if (context.registration !== undefined) {
    context.registration = { ...context.registration, ...registrationObjects(cluster) };
  }
}
