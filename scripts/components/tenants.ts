import type { Cluster } from '../config/cluster.ts';
import { takenNamespaces } from '../config/schema/component-facts.ts';
import { apiPorts, identityServers, nameServers } from '../config/schema/kubernetes.ts';
import { longestTenantName, namespaceSeparator, takenPrefixes } from '../config/schema/tenant.ts';
import { publicAddress } from './address.ts';
import type { Component, KubernetesObject } from './component.ts';
import { early, gatewayName, gatewayNamespace, gatewayPrincipal, inCluster, tenantLabel } from './domain.ts';
import { groupHeaderPrefix } from './identity.ts';
import { defaultProfile, profileName } from './kubeflow/default-profile.ts';
import {
  knativeNamespace,
  kubeflowNamespace,
  kubeflowSystemNamespace,
  localGatewayNamespace,
  runs,
} from './kubeflow/part.ts';
import { appliedAsPlatform } from './platform-accounts.ts';
import { guardOfTenants } from './tenant-guard.ts';

/**
 * Name of the project in which the Applications that make tenants run. What is in a tenant's folder runs in `tenant-<name>-apps`, and
 * Applications of its admins' own in `tenant-<name>`.
 */
const tenantsProject = 'tenants';
/** The chart that renders each tenant. */
export const tenantChart = 'infrastructure/tenant';

/** Often enough that a moment's wrong answer costs seconds of access, seldom enough for a thousand tenants. */
const requeueAfterSeconds = 30;

/** Tenants: ApplicationSets that follow the branch by themselves, outside the waves. */
export const tenants: Component = {
  name: 'tenants',
  summary: 'a place for each folder of tenants/, outside the waves',
  folder: tenantChart,
  namespace: (cluster) => cluster.argocd.namespace,
  // A tenant's objects are of kinds that these bring along.
  dependsOn: [
    'kubeflow-namespace',
    'kubeflow-profiles',
    'kubeflow-dashboard',
    'kubeflow-notebooks',
    'kubeflow-volumes',
    'kubeflow-tensorboards',
    'kubeflow-pipelines',
    'kubeflow-katib',
    'kubeflow-trainer',
    'kubeflow-serving',
    'kubeflow-default-profile',
    'oauth2-proxy',
  ],
  wanted: () => true,
  sources: () => [],
  manifests: (cluster) => [
    project(cluster),
    ...guardOfTenants(cluster),
    partOf(cluster, 'access'),
    partOf(cluster, 'place'),
    ownApplications(cluster),
  ],
  clusterKinds: () => [
    'admissionregistration.k8s.io/ValidatingAdmissionPolicy',
    'admissionregistration.k8s.io/ValidatingAdmissionPolicyBinding',
  ],
  readyWithinSeconds: 120,
};

/** Namespaces that no tenant may have on this cluster. */
function reservedNamespaces(cluster: Cluster): string[] {
  const apps = cluster.runningApps.map((app) => app.namespace);
  const profile = defaultProfile.wanted(cluster) ? [profileName(cluster)] : [];
  return [...new Set([...takenNamespaces, cluster.argocd.namespace, ...apps, ...profile])].sort();
}

/**
 * Of the Applications that make tenants. Which namespaces there are is known by the folders of tenants/ alone, so any may be
 * written to but the platform's; the kinds are listed one by one. The chart gives a tenant no namespace but its own.
 */
function project(cluster: Cluster): KubernetesObject {
  const denied = reservedNamespaces(cluster).filter((namespace) => namespace !== cluster.argocd.namespace);
  const kinds = (group: string, ...names: string[]) => names.map((kind) => ({ group, kind }));
  return {
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'AppProject',
    metadata: {
      name: tenantsProject,
      namespace: cluster.argocd.namespace,
      // Gone, its Applications would lose the right to remove what they made.
      annotations: { ...early, 'argocd.argoproj.io/sync-options': 'Prune=false' },
    },
    spec: {
      description: 'What makes tenants',
      sourceRepos: [cluster.repositoryUrl],
      destinations: [
        { server: inCluster, namespace: '*' },
        ...[...denied, ...takenPrefixes.map((prefix) => `${prefix}*`)].map((namespace) => ({
          server: inCluster,
          namespace: `!${namespace}`,
        })),
      ],
      clusterResourceWhitelist: [...kinds('', 'Namespace'), ...kinds('kubeflow.org', 'Profile')],
      namespaceResourceWhitelist: [
        ...kinds('', 'LimitRange', 'ResourceQuota', 'ServiceAccount'),
        ...kinds('argoproj.io', 'AppProject'),
        ...kinds('networking.istio.io', 'DestinationRule', 'VirtualService'),
        ...kinds('networking.k8s.io', 'NetworkPolicy'),
        ...kinds('rbac.authorization.k8s.io', 'RoleBinding'),
        ...kinds('security.istio.io', 'AuthorizationPolicy'),
      ],
      destinationServiceAccounts: appliedAsPlatform(cluster),
    },
  };
}

interface Template {
  name: string;
  project: string;
  finalizers?: string[];
  source: Record<string, unknown>;
  destination: string;
  automated: Record<string, boolean>;
  syncOptions: string[];
}

/**
 * One of the two halves of each tenant. Folders are looked for, not files: a generator over files reads them, and one that is no
 * YAML would stop it for all tenants (argoproj/argo-cd#24874). What a tenant.yaml says reaches Helm as a values file only.
 *
 * `access` goes with the folder, and its objects with it. `place` is preserved, so its objects stay when it goes: a generator
 * that answers with fewer folders for a moment costs seconds of access, and no data.
 */
function partOf(cluster: Cluster, part: 'access' | 'place'): KubernetesObject {
  const folder = '{{ .path.basename }}';
  return applicationSet(cluster, `tenants-${part}`, '', folder, {
    name: `tenant-${folder}-${part}`,
    project: tenantsProject,
    ...(part === 'access' ? { finalizers: ['resources-finalizer.argocd.argoproj.io'] } : {}),
    source: {
      path: tenantChart,
      helm: {
        releaseName: folder,
        valueFiles: [`/tenants/${folder}/tenant.yaml`],
        // A folder without the file is not a tenant, or one that is removed.
        ignoreMissingValueFiles: true,
        // Laid over the file by Argo CD, so that no tenant.yaml can change it.
        valuesObject: { part, platform: platformFacts(cluster) },
      },
    },
    destination: cluster.argocd.namespace,
    automated: { prune: true, selfHeal: true, allowEmpty: true },
    syncOptions: part === 'access' ? [] : ['FailOnSharedResource=true'],
  });
}

/** Manifests of a tenant's own, in its project for this repository. */
function ownApplications(cluster: Cluster): KubernetesObject {
  const folder = '{{ index .path.segments 1 }}';
  return applicationSet(cluster, 'tenants-apps', '/apps', folder, {
    name: `tenant-${folder}-apps`,
    project: `tenant-${folder}-apps`,
    // Named, so that no file makes the folder a chart or a kustomization; and what is read is what `validate` reads.
    source: { path: '{{ .path.path }}', directory: { recurse: true, include: '{*.yaml,*.yml,*.json}' } },
    destination: folder,
    automated: { prune: true, selfHeal: true },
    syncOptions: ['FailOnSharedResource=true'],
  });
}

function applicationSet(
  cluster: Cluster,
  name: string,
  below: string,
  tenant: string,
  template: Template,
): KubernetesObject {
  const { repositoryUrl: repoURL, git } = cluster;
  return {
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'ApplicationSet',
    metadata: {
      name,
      namespace: cluster.argocd.namespace,
      // A tenant's mistake is no reason for the platform's last wave to wait.
      annotations: { 'argocd.argoproj.io/ignore-healthcheck': 'true' },
    },
    spec: {
      goTemplate: true,
      goTemplateOptions: ['missingkey=error'],
      // Without either, Argo CD gives each Application the finalizer by itself, and what a tenant keeps would go with it.
      ...(template.finalizers === undefined ? { syncPolicy: { preserveResourcesOnDeletion: true } } : {}),
      generators: [{ git: { repoURL, revision: git.branch, requeueAfterSeconds, directories: directories(below) } }],
      template: {
        metadata: {
          name: template.name,
          labels: { [tenantLabel]: tenant },
          ...(template.finalizers === undefined ? {} : { finalizers: template.finalizers }),
        },
        spec: {
          project: template.project,
          source: { repoURL, targetRevision: git.branch, ...template.source },
          destination: { server: inCluster, namespace: template.destination },
          syncPolicy: {
            automated: template.automated,
            ...(template.syncOptions.length === 0 ? {} : { syncOptions: template.syncOptions }),
            // Access may come before the namespaces that it is for.
            retry: { limit: -1, refresh: true, backoff: { duration: '5s', factor: 2, maxDuration: '1m' } },
          },
          revisionHistoryLimit: 1,
        },
      },
    },
  };
}

/**
 * Folders whose names can be a tenant's. Another one would make an Application that the API server refuses, and such a refusal
 * holds up the removal of others.
 *
 * @param below the folder within the tenant's that must be there, as `/apps`
 */
function directories(below: string): { path: string; exclude?: true }[] {
  const wrong = ['*[^a-z0-9-]*', '-*', '*-', `*${namespaceSeparator}*`, `${'?'.repeat(longestTenantName)}?*`];
  return [
    { path: `tenants/*${below}` },
    ...wrong.map((name) => ({ path: `tenants/${name}${below}`, exclude: true as const })),
  ];
}

/** What the chart knows of the cluster. */
export function platformFacts(cluster: Cluster): Record<string, unknown> {
  return {
    cluster: cluster.name,
    labels: cluster.labels,
    argocd: cluster.argocd.namespace,
    server: inCluster,
    repository: cluster.repositoryUrl,
    host: publicAddress(cluster).host,
    gateway: `${gatewayNamespace}/${gatewayName}`,
    gatewayNamespace,
    gatewayPrincipal,
    groupHeader: groupHeaderPrefix,
    kubeflow: kubeflowNeighbours(cluster),
    nameServers: nameServers(cluster.kubernetes),
    apiPorts: apiPorts(cluster.kubernetes),
    identityServers: identityServers(cluster.kubernetes),
    // Without Istio's CNI plugin, the sidecar's init container needs more than any level grants.
    podSecurity: cluster.istio.cni.enabled,
    reserved: reservedNamespaces(cluster),
    reservedPattern: `^(${takenPrefixes.join('|')})`,
  };
}

/** Model servers are called through gateways of their own namespaces. */
function kubeflowNeighbours(cluster: Cluster): Record<string, string[]> {
  const models = runs(cluster, 'serving') ? [knativeNamespace, localGatewayNamespace] : [];
  return {
    callers: [kubeflowNamespace, ...models],
    called: [kubeflowNamespace, kubeflowSystemNamespace, ...models],
  };
}
