import type { OwnershipQuestion } from '../cluster/ownership.ts';
import type { RepositoryCredentials } from '../cluster/repository-secret.ts';
import { repositorySecret } from '../cluster/repository-secret.ts';
import type { ExpectedRoot } from '../cluster/require-platform.ts';
import { requiredSettings } from '../components/argocd.ts';
import { groupOf, type KubernetesObject, type SecretSpec } from '../components/component.ts';
import { gatewayNamespace, gatewayRelease } from '../components/domain.ts';
import type { Platform } from '../components/platform.ts';
import { pullSecrets } from '../components/pull-secret.ts';
import { writtenSecrets } from '../components/secret-sources.ts';
import type { Cluster } from '../config/cluster.ts';
import type { RenderedTree } from '../tree/render.ts';
import { loginSecrets } from '../tree/repository-logins.ts';
import { namespaceNames, namespaces, project, root } from '../tree/root-objects.ts';

/** What a cluster holds to find the tree. */
interface RegistrationObjects {
  /** Those that exist before Argo CD: its own, and those that Secrets go into. */
  namespaces: readonly KubernetesObject[];
  project: KubernetesObject;
  root: KubernetesObject;
  secrets: readonly SecretSpec[];
}

/** @returns the Secrets that the bootstrap writes; also of components that wait for the host, so that one look is enough */
function neededSecrets({ cluster, enabled }: Platform): SecretSpec[] {
  const needed = enabled.flatMap((component) => component.secrets?.(cluster) ?? []);
  // Argo CD needs its logins, and its pods their images, before it can read anything: no other source can bring them.
  return [
    ...writtenSecrets(cluster, needed),
    ...loginSecrets(cluster),
    ...pullSecrets(cluster, namespaceNames({ cluster, enabled })),
  ];
}

/** @returns the namespaces that exist before Argo CD: its own, and those that Secrets go into */
function neededNamespaces(platform: Platform): KubernetesObject[] {
  const { cluster, enabled } = platform;
  const secrets = new Set(neededSecrets(platform).map(({ namespace }) => namespace));
  return namespaces(cluster, enabled).filter(
    ({ metadata: { name } }) => name === cluster.argocd.namespace || secrets.has(name),
  );
}

/** The same objects as in the tree: what is registered is what Git holds. */
export function registrationObjects(platform: Platform): RegistrationObjects {
  const { cluster, placed } = platform;
  return {
    project: project(cluster, placed),
    root: root(cluster),
    namespaces: neededNamespaces(platform),
    secrets: neededSecrets(platform),
  };
}

/** @returns the name of the Secret by which Argo CD knows the repository */
export function repositorySecretName(cluster: Cluster): string {
  return `breakwater-repository-${cluster.name}`;
}

/** @returns the Secret by which Argo CD knows the repository, with its values when `credentials` are given */
export function repositoryObject(cluster: Cluster, credentials?: RepositoryCredentials): KubernetesObject {
  return repositorySecret({
    name: repositorySecretName(cluster),
    namespace: cluster.argocd.namespace,
    cluster: cluster.name,
    url: cluster.repositoryUrl,
    ...(credentials === undefined ? {} : { credentials }),
  });
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
 * @param documents the objects of the cluster's tree
 * @param context name of the kubeconfig's context, for messages
 * @param movedFrom the repository's address before it moved, as the user says
 */
export function ownershipQuestion(
  platform: Platform,
  documents: RenderedTree['documents'],
  context?: string,
  movedFrom?: string,
): OwnershipQuestion {
  const { cluster, enabled, placed } = platform;
  return {
    cluster: cluster.name,
    ...(context === undefined ? {} : { context }),
    argocd: {
      namespace: cluster.argocd.namespace,
      install: cluster.argocd.install,
      settings: requiredSettings(cluster),
      kinds: kindsOf(platform, documents),
    },
    root: {
      name: cluster.argocd.root.name,
      project: cluster.argocd.root.project,
      repositoryUrl: cluster.repositoryUrl,
      path: `${cluster.folder}/apps`,
      children: placed.map(({ component }) => component.name),
      ...(movedFrom === undefined ? {} : { movedFrom }),
    },
    repositorySecret: repositorySecretName(cluster),
    namespaces: namespaces(cluster, enabled)
      .map(({ metadata }) => metadata.name)
      .filter((name) => name !== cluster.argocd.namespace),
  };
}

/** Kinds that every chart has, whose objects are not in the tree. */
const chartKinds = ['ConfigMap', 'Deployment.apps', 'Secret', 'Service', 'ServiceAccount'];

/** @returns kinds whose objects Argo CD has to apply, as `EnvoyFilter.networking.istio.io` */
function kindsOf({ cluster, placed }: Platform, documents: RenderedTree['documents']): string[] {
  const objects = [...documents.values()].flat() as { apiVersion?: string; kind?: string }[];
  const kinds = objects
    .filter(({ kind }) => kind !== undefined && kind !== 'Kustomization')
    .map(({ apiVersion = '', kind }) => [kind, groupOf({ apiVersion })].filter((part) => part !== '').join('.'));
  const wide = placed
    .flatMap(({ component }) => component.clusterKinds?.(cluster) ?? [])
    .map((kind) => kind.split('/').reverse().join('.'));
  return [...new Set([...chartKinds, ...kinds, ...wide])].sort();
}

/** The Service whose address is the platform's, with host: auto. */
export const gatewayService = { name: gatewayRelease, namespace: gatewayNamespace } as const;
