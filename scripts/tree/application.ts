import type {
  ChartSource,
  Component,
  IgnoredDifference,
  KubernetesObject,
  KustomizeSource,
} from '../components/component.ts';
import { inCluster, readyWithinAnnotation, versionsAnnotation } from '../components/domain.ts';
import { mirrorCharts, mirrorEntry, mirrorGit, mirrorOverride } from '../components/mirrors.ts';
import type { PlacedComponent } from '../components/platform.ts';
import { pullSecretPatches } from '../components/pull-secret.ts';
import { settingsOf } from '../components/settings.ts';
import type { Cluster } from '../config/cluster.ts';
import { durationSeconds } from '../config/schema/common.ts';

/**
 * @param manifests true when the component has manifests of its own, which become a source
 */
export function application(
  cluster: Cluster,
  { component, wave, sources }: PlacedComponent,
  manifests: boolean,
): KubernetesObject {
  const settings = settingsOf(cluster, component);
  const readyWithin =
    settings?.readyWithin === undefined ? component.readyWithinSeconds : durationSeconds(settings.readyWithin);
  const ignored = component.ignoredDifferences?.(cluster) ?? [];
  const syncOptions = [
    ...(component.serverSideApply === true ? ['ServerSideApply=true'] : []),
    ...(component.takesOver === true ? [] : ['FailOnSharedResource=true']),
    ...(ignored.length === 0 ? [] : ['RespectIgnoreDifferences=true']),
    ...(component.syncOptions ?? []),
    ...(settings?.syncOptions ?? []),
  ];
  return {
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'Application',
    metadata: {
      name: component.name,
      namespace: cluster.argocd.namespace,
      annotations: {
        'argocd.argoproj.io/sync-wave': String(wave),
        ...(component.serverSideApply === true ? { 'argocd.argoproj.io/compare-options': 'ServerSideDiff=true' } : {}),
        [readyWithinAnnotation]: String(readyWithin),
        ...tagsOfCommits(sources),
      },
      // Removing a component removes its resources. Argo CD cannot remove itself.
      ...(component.name === 'argocd' ? {} : { finalizers: ['resources-finalizer.argocd.argoproj.io'] }),
    },
    spec: {
      project: component.ownProject?.name ?? cluster.argocd.root.project,
      sources: [
        ...sources.map((source) => upstreamSource(cluster, component, source)),
        ownSource(cluster, component, manifests),
      ],
      destination: { server: inCluster, namespace: component.namespace(cluster) },
      syncPolicy: {
        automated: { prune: true, selfHeal: true },
        syncOptions: [...new Set(syncOptions)],
        // Limited: a retry repeats its first commit, so a fix waits until it gives up (argoproj/argo-cd#28794).
        retry: { limit: 5, backoff: { duration: '5s', factor: 2, maxDuration: '20s' } },
      },
      ...(ignored.length === 0 ? {} : { ignoreDifferences: ignored.map(ignoredDifference) }),
      revisionHistoryLimit: 3,
    },
  };
}

/** An annotation for readers: the tags of sources that are pinned by commit. */
function tagsOfCommits(sources: readonly (ChartSource | KustomizeSource)[]): Record<string, string> {
  const tags = sources.flatMap((source) =>
    source.kind === 'kustomize' && source.commit !== undefined
      ? [`${source.repository.split('/').at(-1)} ${source.version}`]
      : [],
  );
  return tags.length === 0 ? {} : { [versionsAnnotation]: [...new Set(tags)].join(', ') };
}

/**
 * This repository: values files for the charts, and the component's own manifests. The root pins its targetRevision to the
 * commit that it is syncing (apps/kustomization.yaml). Without an explicit type, Argo CD guesses one from the files: a stray
 * Kustomization or Chart.yaml would change the build.
 */
function ownSource(cluster: Cluster, component: Component, manifests: boolean): Record<string, unknown> {
  return {
    repoURL: cluster.repositoryUrl,
    targetRevision: cluster.git.branch,
    ...(manifests ? { path: `${cluster.folder}/manifests/${component.name}`, directory: { include: '*.yaml' } } : {}),
    ref: 'values',
  };
}

function upstreamSource(
  cluster: Cluster,
  component: Component,
  source: ChartSource | KustomizeSource,
): Record<string, unknown> {
  if (source.kind === 'kustomize') return kustomizeSource(cluster, source);
  return {
    repoURL: chartRepository(cluster, source.repository),
    chart: source.chart,
    targetRevision: source.version,
    helm: {
      releaseName: source.release,
      // Weakest first: all clusters', this cluster's generated values, this cluster's overrides (optional).
      valueFiles: [
        `$values/${component.folder}/values.yaml`,
        `$values/${cluster.folder}/values/${component.name}.yaml`,
        `$values/${cluster.folder}/overrides/${component.name}.yaml`,
      ],
      ignoreMissingValueFiles: true,
    },
  };
}

function kustomizeSource(cluster: Cluster, source: KustomizeSource): Record<string, unknown> {
  const images = [
    ...(source.imageOverrides ?? []).map((entry) => mirrorOverride(cluster, entry)),
    ...(source.images ?? []).flatMap((image) => mirrorEntry(cluster, image) ?? []),
  ];
  const patches = [...source.patches, ...pullSecretPatches(cluster)];
  const kustomize = {
    ...(source.namespace === undefined ? {} : { namespace: source.namespace }),
    ...(images.length === 0 ? {} : { images }),
    ...(patches.length === 0
      ? {}
      : {
          patches: patches.map(({ target, patch, options }) => ({
            ...(target === undefined ? {} : { target }),
            patch,
            ...(options === undefined ? {} : { options }),
          })),
        }),
  };
  return {
    repoURL: mirrorGit(cluster, source.repository),
    path: source.path,
    targetRevision: source.commit ?? source.version,
    // The server drops an empty map, and the Application would stay OutOfSync.
    ...(Object.keys(kustomize).length === 0 ? {} : { kustomize }),
  };
}

/** Argo CD writes Helm's OCI repositories without scheme, in Applications and projects: argo-cd docs, user-guide/helm. */
export function chartRepository(cluster: Cluster, repository: string): string {
  return mirrorCharts(cluster, repository).replace(/^oci:\/\//, '');
}

function ignoredDifference(rule: IgnoredDifference): Record<string, unknown> {
  return {
    ...(rule.group === '' ? {} : { group: rule.group }),
    kind: rule.kind,
    ...(rule.name === undefined ? {} : { name: rule.name }),
    ...(rule.jsonPointers === undefined ? {} : { jsonPointers: rule.jsonPointers }),
    ...(rule.jqPathExpressions === undefined ? {} : { jqPathExpressions: rule.jqPathExpressions }),
  };
}
