import type { Cluster, KustomizePatch } from '../config/cluster.ts';
import type { SecretReference } from '../config/schema/common.ts';

/** A Kubernetes object, with its keys in output order. */
export interface KubernetesObject {
  apiVersion: string;
  kind: string;
  metadata: {
    name: string;
    namespace?: string;
    labels?: Record<string, string>;
    annotations?: Record<string, string>;
    finalizers?: string[];
  };
  [key: string]: unknown;
}

/** @returns an object's API group: `apps` for `apps/v1`, empty for the core group */
export function groupOf({ apiVersion }: { apiVersion: string }): string {
  return apiVersion.slice(0, Math.max(0, apiVersion.indexOf('/')));
}

/** A Helm chart from a chart repository. */
export interface ChartSource {
  kind: 'chart';
  /** https:// or oci:// address, before mirrors are applied. */
  repository: string;
  chart: string;
  version: string;
  release: string;
}

/** A kustomization in an upstream Git repository, with our patches, which Argo CD applies. */
export interface KustomizeSource {
  kind: 'kustomize';
  /** https:// address, before mirrors are applied. */
  repository: string;
  path: string;
  /** Tag. */
  version: string;
  /** Commit of the tag. Argo CD fetches it in place of the tag, which can move. */
  commit?: string;
  patches: readonly KustomizePatch[];
  namespace?: string;
  /** Images in the kustomization, without tag, so that a mirror can replace their registry. */
  images?: readonly string[];
  /** Entries of `kustomize.images`, as `old=new:tag` or `image:tag`; a mirror replaces the target. */
  imageOverrides?: readonly string[];
}

/** How a Secret key's value is generated, once, in the cluster. */
export type Generator =
  | { kind: 'random' /** Bytes of entropy. */; bytes: number; encoding: 'base64url' | 'hex' }
  /** 32 bytes, base64url: the format of OAuth2 Proxy's cookie secret. */
  | { kind: 'constant'; value: string }
  | {
      kind: 'reference';
      from: SecretReference | SopsReference /** Validation of the value before use. */;
      check?: 'ca' | 'served' | 'private-key' | 'docker-config' | 'not-empty';
      /** DNS names and addresses that a `served` certificate must cover. */
      hosts?: readonly string[];
    }
  /** A bcrypt hash: given, or of a given password, or of a generated password that is shown once. */
  | {
      kind: 'password-hash';
      user: string;
      password?: SecretReference;
      passwordHash?: SecretReference | SopsReference;
    };

/** A value of the cluster's secrets/sops.yaml. */
export interface SopsReference {
  /** The Secret, as `namespace/name`. */
  sops: string;
  key: string;
}

/** A Secret that a component needs and Git never holds. */
export interface SecretSpec {
  name: string;
  namespace: string;
  /** One-line description of its purpose. */
  purpose: string;
  /** Default Opaque. */
  type?: string;
  labels?: Readonly<Record<string, string>>;
  keys: Readonly<Record<string, Generator>>;
  /** Deployments to restart after a rotation, as namespace/name. */
  usedBy?: readonly string[];
  /** PersistentVolumeClaim, in the same namespace, whose data depends on the values at its first start. */
  keptOnClaim?: string;
}

/** A namespace of the platform, created before its contents. */
export interface NamespaceSpec {
  name: string;
  labels?: Readonly<Record<string, string>>;
  annotations?: Readonly<Record<string, string>>;
}

/** Fields that controllers change in objects from Git, which do not count as drift. */
export interface IgnoredDifference {
  group: string;
  kind: string;
  name?: string;
  jsonPointers?: readonly string[];
  jqPathExpressions?: readonly string[];
}

/**
 * A component of the platform: one Argo CD Application. Pure: derived from the cluster's config alone.
 */
export interface Component {
  /** Name of the component or app, and of its Application. */
  name: string;
  /** One-line description, for readers. */
  summary: string;
  /** Folder with its hand-owned files. */
  folder: string;
  namespace(cluster: Cluster): string;
  /** Names of components that must be Healthy first; disabled ones are ignored. */
  dependsOn: readonly string[];
  /** A condition that its switch in `component-facts.ts` cannot say. */
  enabled?(cluster: Cluster): boolean;
  /** True when it cannot be rendered before the host is known. */
  needsHost?: boolean;
  /** Upstream charts and kustomizations; none for a component with manifests only. */
  sources(cluster: Cluster): readonly (ChartSource | KustomizeSource)[];
  /** Where its chart takes pull secrets: as references, below `global` or not, or as names below `global`. Absent: it has no pods. */
  pullSecretsIn?: 'imagePullSecrets' | 'global' | 'global names';
  /** Generated values for the chart. */
  values?(cluster: Cluster): Record<string, unknown>;
  /** Generated objects, written to clusters/<name>/manifests/<component>/. */
  manifests?(cluster: Cluster): readonly KubernetesObject[];
  secrets?(cluster: Cluster): readonly SecretSpec[];
  /** Namespaces that this component owns. */
  namespaces?(cluster: Cluster): readonly NamespaceSpec[];
  /** Its own AppProject, limited to the component's needs. Default: the platform's. */
  ownProject?: {
    name: string;
    /** Whether a person has allowed its source to grant itself cluster-wide rights. */
    administrator: boolean;
    /** Kinds that its source must not make anywhere, as `group/Kind` or `group/*`. */
    deniedKinds: readonly string[];
  };
  /** Further namespaces that it writes to. */
  alsoWritesTo?(cluster: Cluster): readonly string[];
  /** Cluster-scoped kinds that it renders, in the form `group/Kind`. */
  clusterKinds(cluster: Cluster): readonly string[];
  /** True when another Application held its objects in earlier versions: it takes them over, rather than wait until they are gone. */
  takesOver?: boolean;
  /** Use server-side apply, for objects larger than 256 KiB. */
  serverSideApply?: boolean;
  /** Further sync options of its Application. */
  syncOptions?: readonly string[];
  ignoredDifferences?(cluster: Cluster): readonly IgnoredDifference[];
  /**
   * Accounts of its controllers that write the platform's kinds in tenants' namespaces, as `namespace:name`, each with the resources that
   * it writes, as `group/resource` or `group/*`.
   */
  tenantWriters?: Readonly<Record<string, readonly string[]>>;
  /** Seconds it may take to become ready after a sync before its wave fails. */
  readyWithinSeconds: number;
}
