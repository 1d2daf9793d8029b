import type { Cluster, KustomizePatch } from '../../config/cluster.ts';
import { componentOfPart, type KubeflowPart, runsComponent } from '../../config/schema/component-facts.ts';
import { type KubeflowVersion, kubeflowVersions } from '../../config/schema/component-settings.ts';
import type { KustomizeUpstream } from '../../config/schema/upstream.ts';
import { publicAddress } from '../address.ts';
import type { KustomizeSource } from '../component.ts';
import { gatewayName, gatewayNamespace } from '../domain.ts';
import { kustomizeUpstream, pinned } from '../upstream.ts';
import { userCodeRoute } from '../user-code.ts';
import { yamlText } from '../yaml-text.ts';
import { stepPatches } from './release-steps.ts';
import { type ReleasePath, releases } from './releases.ts';

/** Folder with the patches of all parts and the Kubeflow release. */
const kubeflowFolder = 'apps/kubeflow';
export const kubeflowNamespace = 'kubeflow';
export const kubeflowSystemNamespace = 'kubeflow-system';
export const knativeNamespace = 'knative-serving';
/** Release, namespace and label of the gateway for requests to models from inside the cluster. */
export const localGatewayNamespace = 'cluster-local-gateway';

/** A folder of the release, or of another repository that the release uses. */
export type PartSource = Overlay & (ReleaseFolder | OtherFolder);

interface ReleaseFolder {
  /** Folder of its patches under apps/kubeflow. */
  folder: ReleasePath;
  /** Its entry in the release's paths, where that is not the folder's own. */
  variant?: ReleasePath;
}

interface OtherFolder {
  folder: string;
  path: string;
  /** The folder under apps/kubeflow with the repository's upstream.yaml. */
  from: string;
}

interface Overlay {
  /** Patches that depend on the cluster, applied after the folder's. */
  patches?: readonly KustomizePatch[];
  /** See {@link KustomizeSource.images}. */
  images?: readonly string[];
  /** See {@link KustomizeSource.imageOverrides}. */
  imageOverrides?: readonly string[];
}

/**
 * @returns the release of Kubeflow that the cluster runs
 * @throws Error for an unsupported release; the config loader reports that first
 */
export function kubeflowVersion(cluster: Cluster): KubeflowVersion {
  const shared = kustomizeUpstream(cluster, kubeflowFolder).version;
  const version = cluster.kubeflow.version ?? kubeflowVersions.find((known) => known === shared);
  if (version === undefined) throw new Error(`the paths of Kubeflow ${shared} are not known`);
  return version;
}

/** @returns apps/kubeflow/<folder>/upstream.yaml, or that of the release in <folder>/<release>/: a repository that the release uses */
export function kubeflowUpstream(cluster: Cluster, folder: string): KustomizeUpstream {
  const shared = `${kubeflowFolder}/${folder}`;
  const own = `${shared}/${kubeflowVersion(cluster)}`;
  return kustomizeUpstream(cluster, cluster.shared.upstream.has(own) ? own : shared);
}

/**
 * @returns the source as Argo CD builds it: upstream's path with the patches of its folder, those of its folder for this release, and those
 * of the cluster
 */
export function kubeflowSource(cluster: Cluster, source: PartSource): KustomizeSource {
  const version = kubeflowVersion(cluster);
  const folder = `${kubeflowFolder}/${source.folder}`;
  const namespace = cluster.shared.namespaces.get(folder);
  return {
    kind: 'kustomize',
    ...('from' in source ? otherFolder(cluster, source) : releaseFolder(cluster, version, source)),
    patches: [
      ...(cluster.shared.patches.get(folder) ?? []),
      ...(cluster.shared.patches.get(`${folder}/${version}`) ?? []),
      ...stepPatches(version, source.folder),
      ...(cluster.ownPatches.get(source.folder.split('/')[0] ?? '') ?? []),
      ...(source.patches ?? []),
    ],
    ...(namespace === undefined ? {} : { namespace }),
    ...(source.images === undefined ? {} : { images: source.images }),
    ...(source.imageOverrides === undefined ? {} : { imageOverrides: source.imageOverrides }),
  };
}

function releaseFolder(cluster: Cluster, version: KubeflowVersion, { folder, variant = folder }: ReleaseFolder) {
  const { repository, ...shared } = kustomizeUpstream(cluster, kubeflowFolder);
  return { repository, path: releases[version].paths[variant], ...pinned(cluster.kubeflow.version, shared) };
}

function otherFolder(cluster: Cluster, { from, path }: OtherFolder) {
  const upstream = kubeflowUpstream(cluster, from);
  // A cluster with its own release fetches everything of it by tag.
  const own = cluster.kubeflow.version === undefined ? undefined : upstream.version;
  return { repository: upstream.repository, path, ...pinned(own, upstream) };
}

/** @returns whether a part runs */
export function runs(cluster: Cluster, part: KubeflowPart): boolean {
  return runsComponent(cluster, componentOfPart[part]);
}

/** An operation of a JSON patch (RFC 6902). */
export interface Operation {
  op: 'test' | 'add' | 'replace' | 'remove';
  path: string;
  value?: unknown;
}

/** @returns a JSON patch; its first operation `test` fails the build when upstream changes the patched value */
export function jsonPatch(target: Readonly<Record<string, string>>, operations: readonly Operation[]): KustomizePatch {
  return { target, patch: yamlText(operations) };
}

/** @returns the patch that replaces "any host" in a source's routes with the platform's host */
export function hostPatch(cluster: Cluster): KustomizePatch {
  return jsonPatch({ group: 'networking.istio.io', kind: 'VirtualService' }, [
    { op: 'test', path: '/spec/hosts', value: ['*'] },
    { op: 'replace', path: '/spec/hosts', value: [publicAddress(cluster).host] },
  ]);
}

/** @returns the patch that gives a source's volumes the class that the cluster names; none where it names none */
export function storagePatches({ kubernetes: { storageClass } }: Cluster): KustomizePatch[] {
  if (storageClass === undefined) return [];
  return [
    jsonPatch({ kind: 'PersistentVolumeClaim' }, [{ op: 'add', path: '/spec/storageClassName', value: storageClass }]),
  ];
}

/** @returns the patch that tells a controller the host, and the Gateway, of the routes that it makes to users' code */
export function hostSetting(cluster: Cluster, configMap: string): KustomizePatch {
  return jsonPatch({ kind: 'ConfigMap', name: configMap }, [
    { op: 'test', path: '/data/ISTIO_HOST', value: '*' },
    { op: 'replace', path: '/data/ISTIO_HOST', value: userCodeRoute(cluster).host },
    ...(cluster.auth.userCodeHost
      ? [
          { op: 'test', path: '/data/ISTIO_GATEWAY', value: `${gatewayNamespace}/${gatewayName}` } as const,
          { op: 'replace', path: '/data/ISTIO_GATEWAY', value: userCodeRoute(cluster).gateway } as const,
        ]
      : []),
  ]);
}

/** For parts whose releases rename objects: the old ones serve until the new ones are Healthy. */
export const oldOnesLast = ['PruneLast=true'];

/** Cluster-scoped kinds that almost every part has. */
export const commonClusterKinds = [
  'apiextensions.k8s.io/CustomResourceDefinition',
  'rbac.authorization.k8s.io/ClusterRole',
  'rbac.authorization.k8s.io/ClusterRoleBinding',
] as const;

export const mutatingWebhook = 'admissionregistration.k8s.io/MutatingWebhookConfiguration';
export const validatingWebhook = 'admissionregistration.k8s.io/ValidatingWebhookConfiguration';
