import type { ClusterFile, Discovered } from './schema/cluster.ts';
import type { Upstream } from './schema/upstream.ts';

/** One patch of a kustomization, as kustomize and Argo CD's `spec.sources[].kustomize.patches` take it. */
export interface KustomizePatch {
  patch: string;
  target?: Readonly<Record<string, string>>;
}

/** What infrastructure/ and apps/ hold: yours, and the same for every cluster. Keys are folders, as `infrastructure/dex`. */
export interface Shared {
  /** From <folder>/upstream.yaml. */
  upstream: ReadonlyMap<string, Upstream>;
  /** From <folder>/kustomization.yaml (kind: Component). */
  patches: ReadonlyMap<string, readonly KustomizePatch[]>;
  /** The namespace that <folder>/kustomization.yaml sets, where it sets one. */
  namespaces: ReadonlyMap<string, string>;
  /** Text of infrastructure/argocd/application-health.lua. */
  applicationHealth: string;
}

/** One validated value: everything that the components and the tree are computed from. */
export interface Cluster extends ClusterFile {
  /** Folder of the cluster, as `clusters/demo`. */
  folder: string;
  shared: Shared;
  discovered: Discovered | undefined;
  /** The host as far as it is known: configured, or discovered; undefined while it is auto and not found yet. */
  knownHost: string | undefined;
  /** The repository as Argo CD reads it, in its one spelling. */
  repositoryUrl: string;
  /** True where no git.url is configured: the remote is a bare repository under .breakwater/. */
  embeddedRemote: boolean;
}

/**
 * Stands for the embedded remote in generated files, so that they are the same on every machine. No cluster can reach
 * it: `.invalid` never resolves (RFC 2606).
 */
export const embeddedRemoteUrl = 'https://embedded.invalid/breakwater.git';
