import type { Cluster, KustomizePatch } from '../config/cluster.ts';
import type { SecretReference } from '../config/schema/common.ts';

/** A Kubernetes object, with its keys in the order in which they are written. */
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

/** A Helm chart from a chart repository. */
export interface ChartSource {
  kind: 'chart';
  /** https:// (classic) or oci:// address, mirrors not yet applied. */
  repository: string;
  chart: string;
  version: string;
  release: string;
}

/** A kustomization in somebody else's Git repository, with patches of ours laid over it by Argo CD. */
export interface KustomizeSource {
  kind: 'kustomize';
  /** https:// address, mirrors not yet applied. */
  repository: string;
  path: string;
  /** Tag. */
  version: string;
  /** Commit that the tag stands for; fetched in its place, since a tag can be moved. */
  commit?: string;
  patches: readonly KustomizePatch[];
  namespace?: string;
  /** Images that the kustomization names, without tag, so that a mirror can replace their registry. */
  images?: readonly string[];
  /** Entries of `kustomize.images` as they are, `old=new:tag` or `image:tag`; a mirror replaces what they lead to. */
  imageOverrides?: readonly string[];
}

/** How the value of a key of a Secret comes about, once, in the cluster. */
export type Generator =
  | { kind: 'random' /** Bytes of entropy. */; bytes: number; encoding: 'base64url' | 'hex' }
  /** 32 bytes, base64url: what OAuth2 Proxy takes as its cookie secret. */
  | { kind: 'constant'; value: string }
  | {
      kind: 'reference';
      from: SecretReference /** How the value is checked before use. */;
      check?: 'certificate' | 'private-key' | 'not-empty';
    }
  /** A bcrypt hash: brought, made of a brought password, or of a password made for the user and shown once. */
  | { kind: 'password-hash'; user: string; password?: SecretReference; passwordHash?: SecretReference };

/** A Secret that a component needs and Git never holds. */
export interface SecretNeed {
  name: string;
  namespace: string;
  /** One line for people: what it is for. */
  purpose: string;
  /** Default Opaque. */
  type?: string;
  keys: Readonly<Record<string, Generator>>;
  /** What has to be restarted by a rotation: Deployments as namespace/name. */
  usedBy?: readonly string[];
  /** The claim, in the same namespace, of the volume whose data keeps the values of its first start. */
  keptOnClaim?: string;
}

/** A namespace that the platform owns, made before anything that lives in it. */
export interface NamespaceNeed {
  name: string;
  labels?: Readonly<Record<string, string>>;
  annotations?: Readonly<Record<string, string>>;
}

/** Fields that controllers write into objects which Git states, so that they are not drift. */
export interface IgnoredDifference {
  group: string;
  kind: string;
  name?: string;
  jsonPointers?: readonly string[];
  jqPathExpressions?: readonly string[];
}

/**
 * A component of the platform: one Argo CD Application. Pure: everything follows from the cluster's config.
 */
export interface Component {
  /** Name of the component and of its Application: one of the program's own, or an app's. */
  name: string;
  /** One-line description of the app, for readers. */
  summary: string;
  /** Its hand-owned folder. */
  folder: string;
  namespace(cluster: Cluster): string;
  /** Names of components that must be Healthy before it; those that are switched off count as there. */
  dependsOn: readonly string[];
  /** Whether the config wants it (`components.<name>.enabled` is applied on top). */
  wanted(cluster: Cluster): boolean;
  /** True when it cannot be rendered before the host is known. */
  needsHost?: boolean;
  /** Upstream charts and kustomizations; none for a component of own manifests only. */
  sources(cluster: Cluster): readonly (ChartSource | KustomizeSource)[];
  /** The generated layer of the chart's values. */
  values?(cluster: Cluster): Record<string, unknown>;
  /** Own objects: written to clusters/<name>/manifests/<component>/. */
  manifests?(cluster: Cluster): readonly KubernetesObject[];
  secrets?(cluster: Cluster): readonly SecretNeed[];
  /** Namespaces that this component owns. */
  namespaces?(cluster: Cluster): readonly NamespaceNeed[];
  /** An AppProject of its own, with just what this component needs. Default: the platform's. */
  ownProject?: {
    name: string;
    /** Whether its source may make itself an administrator of the cluster, as a person has agreed. */
    administrator: boolean;
  };
  /** Namespaces into which it also writes, beside its own. */
  alsoWritesTo?(cluster: Cluster): readonly string[];
  /** Cluster-scoped kinds that it renders, as `group/Kind`. */
  clusterKinds(cluster: Cluster): readonly string[];
  /** Server-side apply: needed where an object is larger than 256 KiB. */
  serverSideApply?: boolean;
  /** Further sync options of its Application. */
  syncOptions?: readonly string[];
  ignoredDifferences?(cluster: Cluster): readonly IgnoredDifference[];
  /**
   * Accounts of its controllers that write the platform's kinds in tenants' namespaces, as `namespace:name`, with the resources that
   * each writes, as `group/resource` or `group/*`.
   */
  tenantWriters?: Readonly<Record<string, readonly string[]>>;
  /** Seconds that it may take to get ready after a sync before its wave counts as failed. */
  readyWithinSeconds: number;
}
