import type { Cluster, KustomizePatch } from '../config/cluster.ts';
import { argocdPatches } from './apps/argocd.ts';
import type { Component, KustomizeSource } from './component.ts';
import { gatewayNamespace } from './domain.ts';
import { clientId } from './oauth2-proxy.ts';
import { kustomizeUpstream, pinned } from './upstream.ts';
import { yamlText } from './yaml-text.ts';

/** Images of Argo CD's manifests, for mirrors. */
const images = ['quay.io/argoproj/argocd', 'public.ecr.aws/docker/library/redis'];

/**
 * Argo CD itself. The bootstrap installs it once, from the same source with the same patches as this Application; then it
 * manages itself. Plain manifests rather than the chart: the chart runs a hook on every sync and lags behind in versions.
 */
export const argocd: Component = {
  name: 'argocd',
  summary: 'applies all of this from Git, itself included',
  folder: 'infrastructure/argocd',
  namespace: (cluster) => cluster.argocd.namespace,
  dependsOn: [],
  wanted: (cluster) => cluster.argocd.install,
  sources: (cluster) => [source(cluster)],
  namespaces: (cluster) => [
    { name: cluster.argocd.namespace, labels: { 'pod-security.kubernetes.io/enforce': 'baseline' } },
  ],
  clusterKinds: () => [
    'apiextensions.k8s.io/CustomResourceDefinition',
    'rbac.authorization.k8s.io/ClusterRole',
    'rbac.authorization.k8s.io/ClusterRoleBinding',
  ],
  // The CRD of ApplicationSets is larger than client-side apply takes: argoproj/argo-cd#24950.
  serverSideApply: true,
  // The bootstrap adds the Git host's keys to those that the manifests state.
  ignoredDifferences: () => [
    { group: '', kind: 'ConfigMap', name: 'argocd-ssh-known-hosts-cm', jsonPointers: ['/data/ssh_known_hosts'] },
  ],
  readyWithinSeconds: 600,
};

function source(cluster: Cluster): KustomizeSource {
  const {
    repository,
    path = 'manifests/cluster-install',
    version,
    commit,
  } = kustomizeUpstream(cluster, 'infrastructure/argocd');
  return {
    kind: 'kustomize',
    repository,
    path,
    ...pinned(cluster.argocd.version, { version, commit }),
    namespace: cluster.argocd.namespace,
    images,
    patches: [
      ...(cluster.shared.patches.get('infrastructure/argocd') ?? []),
      settingsPatch(cluster),
      ...subjectsPatch(cluster),
      serverImpersonates(),
      serverIsCalledByGateway(),
      ...argocdPatches(cluster, clientId),
    ],
  };
}

/**
 * The settings that waves and safety depend on, which is why they are not in the hand-owned patches.
 *
 * @returns keys of argocd-cm
 */
export function requiredSettings(cluster: Cluster): Record<string, string> {
  return {
    // The health script reads the clock and takes times apart.
    'resource.customizations.useOpenLibs.argoproj.io_Application': 'true',
    // Argo CD has had no health check for Applications since 1.8; without one, waves between Applications do nothing.
    'resource.customizations.health.argoproj.io_Application': cluster.shared.applicationHealth,
    // Jsonnet is a program: it imports other files of the repository, and nothing bounds what it takes of the repository server.
    'jsonnet.enable': 'false',
    // Argo CD applies the objects of each project as the account that the project names: a tenant's with the tenant's rights.
    'application.sync.impersonation.enabled': 'true',
    // Aggregated ClusterRoles are filled in by Kubernetes.
    'resource.compareoptions': 'ignoreAggregatedRoles: true\n',
  };
}

/**
 * kustomize moves an account to another namespace, but leaves a binding's subject that names one itself alone, as those of upstream's
 * ClusterRoleBindings do: Argo CD would have no rights, and an account in a stranger's namespace `argocd` would have them all.
 */
function subjectsPatch(cluster: Cluster): KustomizePatch[] {
  const { namespace } = cluster.argocd;
  if (namespace === 'argocd') return [];
  return [
    {
      target: { group: 'rbac.authorization.k8s.io', kind: 'ClusterRoleBinding' },
      patch: yamlText([
        // Each of them has one subject; another first one fails the build.
        { op: 'test', path: '/subjects/0/namespace', value: 'argocd' },
        { op: 'replace', path: '/subjects/0/namespace', value: namespace },
      ]),
    },
  ];
}

function settingsPatch(cluster: Cluster): KustomizePatch {
  const patch = {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'argocd-cm' },
    data: requiredSettings(cluster),
  };
  return {
    target: { kind: 'ConfigMap', name: 'argocd-cm' },
    patch: yamlText(patch),
  };
}

/** Argo CD's pages act as a project's account, too, for logs and live objects. All these accounts are in its own namespace. */
function serverImpersonates(): KustomizePatch {
  const rule = { apiGroups: [''], resources: ['serviceaccounts'], verbs: ['impersonate'] };
  return {
    target: { group: 'rbac.authorization.k8s.io', kind: 'Role', name: 'argocd-server' },
    patch: yamlText([{ op: 'add', path: '/rules/-', value: rule }]),
  };
}

/** Upstream's admits everybody, and its local admin's password is then all that stands before it. */
function serverIsCalledByGateway(): KustomizePatch {
  const from = [
    { podSelector: {} },
    { namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': gatewayNamespace } } },
  ];
  return {
    target: { group: 'networking.k8s.io', kind: 'NetworkPolicy', name: 'argocd-server-network-policy' },
    patch: yamlText([{ op: 'replace', path: '/spec/ingress', value: [{ from }] }]),
  };
}
