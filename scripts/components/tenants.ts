import type { Cluster } from '../config/cluster.ts';
import { apiPorts, identityServers, nameServers } from '../config/schema/kubernetes.ts';
import { takenNamespaces } from '../config/schema/reserved.ts';
import { longestTenantName, namespaceSeparator, takenPrefixes } from '../config/schema/tenant.ts';
import type { Component, KubernetesObject } from './component.ts';
import { early, gatewayNamespace, gatewayPrincipal, inCluster, tenantLabel } from './domain.ts';
import { groupHeaderPrefix } from './identity.ts';
import { defaultProfile, profileName } from './kubeflow/default-profile.ts';
import { kubeflow } from './kubeflow/index.ts';
import {
  knativeNamespace,
  kubeflowNamespace,
  kubeflowSystemNamespace,
  localGatewayNamespace,
  runs,
} from './kubeflow/part.ts';
import { appliedAsPlatform } from './platform-accounts.ts';
import { guardOfTenants } from './tenant-guard.ts';
import { userCodeRoute } from './user-code.ts';

/**
 * Name of the project of the Applications that create tenants. A tenant's folder runs in `tenant-<name>-apps`, and
 * its admins' own Applications in `tenant-<name>`.
 */
const tenantsProject = 'tenants';
/** The chart that renders each tenant. */
export const tenantChart = 'infrastructure/tenant';

/** Short enough that a wrong answer from Git costs only seconds of access, long enough for a thousand tenants. */
const requeueAfterSeconds = 30;

/** Tenants: ApplicationSets that follow the branch independently, outside the waves. */
export const tenants: Component = {
  name: 'tenants',
  summary: 'namespaces and access for each folder of tenants/, outside the waves',
  folder: tenantChart,
  namespace: (cluster) => cluster.argocd.namespace,
  // A tenant's objects need their CRDs.
  dependsOn: [...Object.keys(kubeflow), 'oauth2-proxy'],
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
  const apps = [...cluster.runningApps, ...cluster.addOns].map((app) => app.namespace);
  const profile = defaultProfile.enabled?.(cluster) ? [profileName(cluster)] : [];
  return [...new Set([...takenNamespaces, cluster.argocd.namespace, ...apps, ...profile])].sort();
}

/**
 * Project of the Applications that create tenants. Namespaces depend on the folders of tenants/, so the project allows all
 * except the platform's, and lists the kinds one by one. The chart gives a tenant only its own namespaces.
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
      // Without the project, its Applications could not delete their objects.
      annotations: { ...early, 'argocd.argoproj.io/sync-options': 'Prune=false' },
    },
    spec: {
      description: 'Applications that create tenants',
      sourceRepos: [cluster.repositoryUrl],
      destinations: [
        { server: inCluster, namespace: '*' },
        ...[...denied, ...takenPrefixes.map((prefix) => `${prefix}*`)].map((namespace) => ({
          server: inCluster,
          namespace: `!${namespace}`,
        })),
      ],
      clusterResourceWhitelist: [
        ...kinds('', 'Namespace'),
        ...kinds('admissionregistration.k8s.io', 'MutatingAdmissionPolicy', 'MutatingAdmissionPolicyBinding'),
        ...kinds('kubeflow.org', 'Profile'),
      ],
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
 * One of the two halves of each tenant. The generator lists folders, not files: a file generator parses the files, and one with invalid
 * YAML would stop it for all tenants (argoproj/argo-cd#24874). Helm reads tenant.yaml as a values file only.
 *
 * `access` and its objects are deleted with the folder. `place` preserves its objects: if the generator briefly
 * returns fewer folders, that costs seconds of access, and no data.
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
        // A folder without the file is not a tenant, or a removed one.
        ignoreMissingValueFiles: true,
        // Argo CD applies this over the file, so that no tenant.yaml can change it.
        valuesObject: { part, platform: platformFacts(cluster) },
      },
    },
    destination: cluster.argocd.namespace,
    automated: { prune: true, selfHeal: true, allowEmpty: true },
    syncOptions: part === 'access' ? [] : ['FailOnSharedResource=true'],
  });
}

/** Applications for the tenants' own manifests, in their projects for this repository. */
function ownApplications(cluster: Cluster): KubernetesObject {
  const folder = '{{ index .path.segments 1 }}';
  return applicationSet(cluster, 'tenants-apps', '/apps', folder, {
    name: `tenant-${folder}-apps`,
    project: `tenant-${folder}-apps`,
    // Explicit, so that no file turns the folder into a chart or a kustomization, and Argo CD reads the same files as `validate`.
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
      // The platform's last wave must not wait for a tenant's mistake.
      annotations: { 'argocd.argoproj.io/ignore-healthcheck': 'true' },
    },
    spec: {
      goTemplate: true,
      goTemplateOptions: ['missingkey=error'],
      // Without either, Argo CD adds the finalizer to each Application, and would delete the tenant's data with it.
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
            // Access can be applied before the namespaces that it refers to.
            retry: { limit: -1, refresh: true, backoff: { duration: '5s', factor: 2, maxDuration: '1m' } },
          },
          revisionHistoryLimit: 1,
        },
      },
    },
  };
}

/**
 * Folders with valid tenant names. Any other would create an Application that the API server refuses, and such a refusal
 * blocks the removal of others.
 *
 * @param below a folder that the tenant's must contain, for example `/apps`
 */
function directories(below: string): { path: string; exclude?: true }[] {
  const wrong = ['*[^a-z0-9-]*', '-*', '*-', `*${namespaceSeparator}*`, `${'?'.repeat(longestTenantName)}?*`];
  return [
    { path: `tenants/*${below}` },
    ...wrong.map((name) => ({ path: `tenants/${name}${below}`, exclude: true as const })),
  ];
}

/** Facts about the cluster for the chart. */
export function platformFacts(cluster: Cluster): Record<string, unknown> {
  return {
    cluster: cluster.name,
    labels: cluster.labels,
    argocd: cluster.argocd.namespace,
    server: inCluster,
    repository: cluster.repositoryUrl,
    ...userCodeRoute(cluster),
    gatewayNamespace,
    gatewayPrincipal,
    groupHeader: groupHeaderPrefix,
    kubeflow: kubeflowNeighbours(cluster),
    nameServers: nameServers(cluster.kubernetes),
    apiPorts: apiPorts(cluster.kubernetes),
    identityServers: identityServers(cluster.kubernetes),
    // Without Istio's CNI plugin, the sidecar's init container needs more than any level allows.
    podSecurity: cluster.istio.cni.enabled,
    reserved: reservedNamespaces(cluster),
    reservedPattern: `^(${takenPrefixes.join('|')})`,
  };
}

/** Namespaces that call users' pods or are called by them, including the gateways of model servers. */
function kubeflowNeighbours(cluster: Cluster): Record<string, string[]> {
  const models = runs(cluster, 'serving') ? [knativeNamespace, localGatewayNamespace] : [];
  return {
    callers: [kubeflowNamespace, ...models],
    called: [kubeflowNamespace, kubeflowSystemNamespace, ...models],
  };
}
