import type { Component, KubernetesObject } from '../components/component.ts';
import { administratorAnnotation, inCluster, revisionAnnotation } from '../components/domain.ts';
import { mirrorGit } from '../components/mirrors.ts';
import type { PlacedComponent, Platform } from '../components/platform.ts';
import { appliedAsPlatform } from '../components/platform-accounts.ts';
import type { Cluster } from '../config/cluster.ts';
import { chartRepository } from './application.ts';

/** Name of the tree's last, empty object, which is applied when the last wave is healthy. */
const sentinelName = 'platform-ready';

/** Applied before everything: argoproj/argo-cd#4369. */
const first = { 'argocd.argoproj.io/sync-wave': '-2' };

/** Keeps an object of the root when its component is removed, without the root being OutOfSync from then on. */
const kept = {
  'argocd.argoproj.io/sync-options': 'Prune=false',
  'argocd.argoproj.io/compare-options': 'IgnoreExtraneous',
};

/**
 * The platform's AppProject, with only the repositories, namespaces and cluster-scoped kinds of its components, except those with a
 * project of their own.
 */
export function project(cluster: Cluster, placed: readonly PlacedComponent[]): KubernetesObject {
  const own = placed.filter(({ component: { ownProject } }) => ownProject === undefined);
  const limits = limitsOf(cluster, own, [cluster.argocd.namespace], ['/Namespace']);
  return appProject(cluster, cluster.argocd.root.project, `The platform of ${cluster.name}`, limits);
}

/** The AppProjects of components that have one of their own, by the component's name. */
export function ownProjects(cluster: Cluster, placed: readonly PlacedComponent[]): [string, KubernetesObject][] {
  return placed.flatMap((entry): [string, KubernetesObject][] => {
    const { name, summary, ownProject } = entry.component;
    if (ownProject === undefined) return [];
    const { deniedKinds } = ownProject;
    const made = appProject(cluster, ownProject.name, summary, {
      ...limitsOf(cluster, [entry], [], []),
      ...(deniedKinds.length === 0 ? {} : { namespaceResourceBlacklist: groupsAndKinds(deniedKinds) }),
    });
    const { annotations } = made.metadata;
    const agreed = ownProject.administrator ? { [administratorAnnotation]: 'true' } : {};
    return [[name, { ...made, metadata: { ...made.metadata, annotations: { ...annotations, ...agreed } } }]];
  });
}

function limitsOf(
  cluster: Cluster,
  placed: readonly PlacedComponent[],
  alsoNamespaces: readonly string[],
  alsoKinds: readonly string[],
): Record<string, unknown> {
  const components = placed.map(({ component }) => component);
  const sources = placed.flatMap((entry) => entry.sources);
  const repositories = new Set([
    cluster.repositoryUrl,
    ...sources.map((source) =>
      source.kind === 'chart' ? chartRepository(cluster, source.repository) : mirrorGit(cluster, source.repository),
    ),
  ]);
  const namespaces = new Set([
    ...alsoNamespaces,
    ...components.flatMap((component) => [component.namespace(cluster), ...(component.alsoWritesTo?.(cluster) ?? [])]),
  ]);
  const kinds = new Set([...alsoKinds, ...components.flatMap((component) => component.clusterKinds(cluster))]);
  return {
    sourceRepos: [...repositories].sort(),
    destinations: [...namespaces].sort().map((namespace) => ({ server: inCluster, namespace })),
    clusterResourceWhitelist: groupsAndKinds([...kinds].sort()),
  };
}

/** @param kinds as `group/Kind` */
function groupsAndKinds(kinds: readonly string[]): { group: string; kind: string }[] {
  return kinds.map((entry) => {
    const [group = '', kind = ''] = entry.split('/');
    return { group, kind };
  });
}

function appProject(
  cluster: Cluster,
  name: string,
  description: string,
  limits: Record<string, unknown>,
): KubernetesObject {
  return {
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'AppProject',
    metadata: {
      name,
      namespace: cluster.argocd.namespace,
      annotations: { ...first, ...kept },
    },
    spec: { description, ...limits, destinationServiceAccounts: appliedAsPlatform(cluster) },
  };
}

/**
 * Argo CD creates this project, which permits everything: anyone who can create an Application in it would control the cluster. An
 * existing Argo CD may need it, so only the platform's own gets this.
 *
 * https://argo-cd.readthedocs.io/en/stable/user-guide/projects/#the-default-project
 */
export function lockedDefaultProject(cluster: Cluster): KubernetesObject {
  return {
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'AppProject',
    metadata: {
      name: 'default',
      namespace: cluster.argocd.namespace,
      annotations: { ...first, ...kept },
    },
    spec: {
      description: 'Permits nothing',
      sourceRepos: [],
      destinations: [],
      clusterResourceWhitelist: [],
      namespaceResourceBlacklist: [{ group: '*', kind: '*' }],
    },
  };
}

/** @returns the names of all namespaces that the platform makes */
export function namespaceNames({ cluster, enabled }: Pick<Platform, 'cluster' | 'enabled'>): string[] {
  return namespaces(cluster, enabled).map(({ metadata }) => metadata.name);
}

/** The platform's namespaces, created before their contents, and kept when a component is removed: they may contain data. */
export function namespaces(cluster: Cluster, components: readonly Component[]): KubernetesObject[] {
  // Two components may specify one namespace, identically.
  const specs = new Map(
    components.flatMap((component) =>
      (component.namespaces?.(cluster) ?? []).map((spec) => [spec.name, spec] as const),
    ),
  );
  return [...specs.values()].map((spec) => ({
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: {
      name: spec.name,
      ...(spec.labels === undefined ? {} : { labels: { ...spec.labels } }),
      annotations: {
        ...spec.annotations,
        'argocd.argoproj.io/sync-wave': '-1',
        ...kept,
        'argocd.argoproj.io/sync-options': 'Prune=false,Delete=false',
      },
    },
  }));
}

/** An empty last wave: the root succeeds only when the last real wave is healthy. */
export function sentinel(cluster: Cluster, wave: number): KubernetesObject {
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: {
      name: sentinelName,
      namespace: cluster.argocd.namespace,
      annotations: { 'argocd.argoproj.io/sync-wave': String(wave), [revisionAnnotation]: cluster.git.branch },
    },
    data: { cluster: cluster.name },
  };
}

/**
 * Lists the tree, and pins every child to the commit that the root is syncing: the root sets an annotation on all objects
 * (commonAnnotations), and a replacement copies it from the last object into each child's own source. Without a root, as in
 * `kubectl kustomize`, the children follow the branch.
 */
export function rootKustomization(resources: readonly string[]): object {
  return {
    apiVersion: 'kustomize.config.k8s.io/v1beta1',
    kind: 'Kustomization',
    resources,
    replacements: [
      {
        source: { kind: 'ConfigMap', name: sentinelName, fieldPath: `metadata.annotations.[${revisionAnnotation}]` },
        targets: [{ select: { kind: 'Application' }, fieldPaths: ['spec.sources.[ref=values].targetRevision'] }],
      },
    ],
  };
}

/** The root: the one Application that the bootstrap applies. Argo CD creates everything else from it. */
export function root(cluster: Cluster): KubernetesObject {
  return {
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'Application',
    metadata: { name: cluster.argocd.root.name, namespace: cluster.argocd.namespace },
    spec: {
      project: cluster.argocd.root.project,
      source: {
        repoURL: cluster.repositoryUrl,
        path: `${cluster.folder}/apps`,
        targetRevision: cluster.git.revision ?? cluster.git.branch,
        kustomize: {
          commonAnnotations: { [revisionAnnotation]: '${ARGOCD_APP_REVISION}' },
          commonAnnotationsEnvsubst: true,
        },
      },
      destination: { server: inCluster, namespace: cluster.argocd.namespace },
      syncPolicy: {
        automated: { prune: true, selfHeal: true },
        syncOptions: ['FailOnSharedResource=true'],
        // Unlimited, always with the newest commit: a slow wave gets its time, and a broken one its fix.
        retry: { limit: -1, refresh: true, backoff: { duration: '5s', factor: 2, maxDuration: '20s' } },
      },
    },
  };
}
