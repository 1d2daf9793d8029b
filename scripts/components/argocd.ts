import type { Cluster, KustomizePatch } from '../config/cluster.ts';
import { nameServers } from '../config/schema/kubernetes.ts';
import { argocdPatches } from './apps/argocd.ts';
import type { Component, KustomizeSource } from './component.ts';
import { gatewayNamespace } from './domain.ts';
import { clientId } from './login-proxy.ts';
import { proxyVariables } from './proxy.ts';
import { kustomizeUpstream, pinned } from './upstream.ts';
import { yamlText } from './yaml-text.ts';

/** Images in Argo CD's manifests, for mirrors. */
const images = ['quay.io/argoproj/argocd', 'public.ecr.aws/docker/library/redis'];

/**
 * Argo CD itself. The bootstrap installs it once, from the same source with the same patches as this Application; then it
 * manages itself. Plain manifests rather than the chart: the chart runs a hook on every sync and lags behind in versions.
 */
export const argocd: Component = {
  name: 'argocd',
  summary: 'applies everything from Git, including itself',
  folder: 'infrastructure/argocd',
  namespace: (cluster) => cluster.argocd.namespace,
  dependsOn: [],
  sources: (cluster) => [source(cluster)],
  namespaces: (cluster) => [
    { name: cluster.argocd.namespace, labels: { 'pod-security.kubernetes.io/enforce': 'baseline' } },
  ],
  clusterKinds: () => [
    'apiextensions.k8s.io/CustomResourceDefinition',
    'rbac.authorization.k8s.io/ClusterRole',
    'rbac.authorization.k8s.io/ClusterRoleBinding',
  ],
  // The ApplicationSet CRD is too large for client-side apply: argoproj/argo-cd#24950.
  serverSideApply: true,
  // The bootstrap adds the Git host's keys to those in the manifests.
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
      ...(cluster.ownPatches.get('argocd') ?? []),
      settingsPatch(cluster),
      ...subjectsPatch(cluster),
      serverImpersonates(),
      serverIsCalledByGateway(),
      repositoryServerAsks(cluster),
      ...throughProxy(cluster),
      ...argocdPatches(cluster, clientId),
    ],
  };
}

/**
 * The settings that waves and security depend on. They are generated, and not in the hand-owned patches.
 *
 * @returns keys of argocd-cm
 */
export function requiredSettings(cluster: Cluster): Record<string, string> {
  return {
    // The health script reads the clock and parses times.
    'resource.customizations.useOpenLibs.argoproj.io_Application': 'true',
    // Argo CD has no health check for Applications since 1.8; without one, waves of Applications do not wait.
    'resource.customizations.health.argoproj.io_Application': cluster.shared.applicationHealth,
    // Jsonnet is code: it can import other files of the repository and use unbounded resources of the repository server.
    'jsonnet.enable': 'false',
    // Argo CD applies each project's objects as the project's account: a tenant's with the tenant's rights.
    'application.sync.impersonation.enabled': 'true',
    // Kubernetes fills in aggregated ClusterRoles.
    'resource.compareoptions': 'ignoreAggregatedRoles: true\n',
  };
}

/**
 * kustomize changes an account's namespace, but not a subject with an explicit namespace, as in upstream's
 * ClusterRoleBindings: Argo CD would have no rights, and an account in someone else's namespace `argocd` would have them all.
 */
function subjectsPatch(cluster: Cluster): KustomizePatch[] {
  const { namespace } = cluster.argocd;
  if (namespace === 'argocd') return [];
  return [
    {
      target: { group: 'rbac.authorization.k8s.io', kind: 'ClusterRoleBinding' },
      patch: yamlText([
        // Each binding has one subject; a different first subject fails the build.
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

/** Argo CD's server also acts as a project's account, for logs and live objects. All these accounts are in its namespace. */
function serverImpersonates(): KustomizePatch {
  const rule = { apiGroups: [''], resources: ['serviceaccounts'], verbs: ['impersonate'] };
  return {
    target: { group: 'rbac.authorization.k8s.io', kind: 'Role', name: 'argocd-server' },
    patch: yamlText([{ op: 'add', path: '/rules/-', value: rule }]),
  };
}

/** Upstream's policy admits every pod, so that only the local admin's password would protect the server. */
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

/**
 * What the repository server renders comes from tenants, too, and may name any address: not the cloud's metadata service,
 * which hands out the node's rights. Name servers can be in the same range.
 */
function repositoryServerAsks({ kubernetes }: Cluster): KustomizePatch {
  const nameServerRules = nameServers(kubernetes).flatMap((server) =>
    'cidr' in server
      ? [
          {
            to: [{ ipBlock: { cidr: server.cidr } }],
            ports: ['UDP', 'TCP'].map((protocol) => ({ protocol, port: server.port })),
          },
        ]
      : [],
  );
  const anywhereElse = [
    { namespaceSelector: {} },
    { ipBlock: { cidr: '0.0.0.0/0', except: ['169.254.0.0/16'] } },
    { ipBlock: { cidr: '::/0', except: ['fd00:ec2::254/128', 'fe80::/10'] } },
  ];
  return {
    target: { group: 'networking.k8s.io', kind: 'NetworkPolicy', name: 'argocd-repo-server-network-policy' },
    patch: yamlText([
      { op: 'add', path: '/spec/policyTypes', value: ['Ingress', 'Egress'] },
      { op: 'add', path: '/spec/egress', value: [{ to: anywhereElse }, ...nameServerRules] },
    ]),
  };
}

/** The programs that ask the internet: for Git and charts, and to send messages. The others call the API server and these. */
function throughProxy(cluster: Cluster): KustomizePatch[] {
  const variables = proxyVariables(cluster);
  if (variables === undefined) return [];
  const env = Object.entries(variables).map(([name, value]) => ({ name, value }));
  return ['argocd-repo-server', 'argocd-notifications-controller'].map((name) => ({
    target: { kind: 'Deployment', name },
    patch: yamlText({
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name },
      spec: { template: { spec: { containers: [{ name, env }] } } },
    }),
  }));
}
