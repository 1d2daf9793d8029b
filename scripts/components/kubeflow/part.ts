import type { Cluster, KustomizePatch } from '../../config/cluster.ts';
import { componentOfPart, type KubeflowPart } from '../../config/schema/component-facts.ts';
import { type KubeflowVersion, kubeflowVersions } from '../../config/schema/platform.ts';
import type { KustomizeUpstream } from '../../config/schema/upstream.ts';
import { publicAddress } from '../address.ts';
import type { KustomizeSource } from '../component.ts';
import { kustomizeUpstream, pinned } from '../upstream.ts';
import { yamlText } from '../yaml-text.ts';

/** Where the patches of all parts are, and the release that they are laid over. */
const kubeflowFolder = 'apps/kubeflow';
export const kubeflowNamespace = 'kubeflow';
export const kubeflowSystemNamespace = 'kubeflow-system';
export const knativeNamespace = 'knative-serving';
/** Of the gateway for requests to models from inside: its release, its namespace and, by the chart, its labels. */
export const localGatewayNamespace = 'cluster-local-gateway';

/** What differs from release to release of Kubeflow: a path, or a version that goes with it. */
export type ByVersion = Readonly<Record<KubeflowVersion, string>>;

/** A path of the release, or of another repository that the release builds on. */
export interface PartSource {
  /** Folder of its patches below apps/kubeflow. */
  folder: string;
  path: ByVersion;
  /** Another repository than Kubeflow's own: the folder below apps/kubeflow of its upstream.yaml. */
  from?: string;
  /** Patches that depend on the cluster; they come after the folder's. */
  patches?: readonly KustomizePatch[];
  /** See {@link KustomizeSource.images}. */
  images?: readonly string[];
  /** See {@link KustomizeSource.imageOverrides}. */
  imageOverrides?: readonly string[];
}

/**
 * @returns the release of Kubeflow that the cluster runs
 * @throws Error when upstream.yaml names one whose paths are not known; the config loader reports that first
 */
export function kubeflowVersion(cluster: Cluster): KubeflowVersion {
  const shared = kustomizeUpstream(cluster, kubeflowFolder).version;
  const version = cluster.kubeflow.version ?? kubeflowVersions.find((known) => known === shared);
  if (version === undefined) throw new Error(`the paths of Kubeflow ${shared} are not known`);
  return version;
}

/** @returns apps/kubeflow/<folder>/upstream.yaml: a repository that the release builds on */
export function kubeflowUpstream(cluster: Cluster, folder: string): KustomizeUpstream {
  return kustomizeUpstream(cluster, `${kubeflowFolder}/${folder}`);
}

/** @returns the source as Argo CD builds it: upstream's path with the patches of its folder and those of the cluster */
export function kubeflowSource(cluster: Cluster, source: PartSource): KustomizeSource {
  const upstream =
    source.from === undefined ? kustomizeUpstream(cluster, kubeflowFolder) : kubeflowUpstream(cluster, source.from);
  const own = cluster.kubeflow.version;
  const folder = `${kubeflowFolder}/${source.folder}`;
  const namespace = cluster.shared.namespaces.get(folder);
  return {
    kind: 'kustomize',
    repository: upstream.repository,
    path: source.path[kubeflowVersion(cluster)],
    // A cluster with a release of its own takes all that belongs to it by tag.
    ...pinned(own === undefined || source.from === undefined ? own : upstream.version, upstream),
    patches: [...(cluster.shared.patches.get(folder) ?? []), ...(source.patches ?? [])],
    ...(namespace === undefined ? {} : { namespace }),
    ...(source.images === undefined ? {} : { images: source.images }),
    ...(source.imageOverrides === undefined ? {} : { imageOverrides: source.imageOverrides }),
  };
}

/** @returns whether the config asks for a part; `components.<name>.enabled` is applied on top */
export function wants(part: KubeflowPart): (cluster: Cluster) => boolean {
  return (cluster) => cluster.kubeflow.components.includes(part);
}

/** @returns whether a part runs in the end */
export function runs(cluster: Cluster, part: KubeflowPart): boolean {
  return wants(part)(cluster) && cluster.components[componentOfPart[part]]?.enabled !== false;
}

/** An operation of a JSON patch (RFC 6902). */
export interface Operation {
  op: 'test' | 'add' | 'replace' | 'remove';
  path: string;
  value?: unknown;
}

/** @returns a JSON patch; a first operation `test` makes the build fail when upstream changes what it rewires */
export function jsonPatch(target: Readonly<Record<string, string>>, operations: readonly Operation[]): KustomizePatch {
  return { target, patch: yamlText(operations) };
}

/** @returns the patch that replaces "any host" in the routes of a source by the platform's own */
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

/** @returns the same for a controller that makes routes itself and reads the host from a ConfigMap */
export function hostSetting(cluster: Cluster, configMap: string): KustomizePatch {
  return jsonPatch({ kind: 'ConfigMap', name: configMap }, [
    { op: 'test', path: '/data/ISTIO_HOST', value: '*' },
    { op: 'replace', path: '/data/ISTIO_HOST', value: publicAddress(cluster).host },
  ]);
}

/** Cluster-scoped kinds that almost every part has. */
export const commonClusterKinds = [
  'apiextensions.k8s.io/CustomResourceDefinition',
  'rbac.authorization.k8s.io/ClusterRole',
  'rbac.authorization.k8s.io/ClusterRoleBinding',
] as const;

export const mutatingWebhook = 'admissionregistration.k8s.io/MutatingWebhookConfiguration';
export const validatingWebhook = 'admissionregistration.k8s.io/ValidatingWebhookConfiguration';
