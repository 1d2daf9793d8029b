import type { AppFile } from './schema/app.ts';
import type { ClusterFile, Discovered } from './schema/cluster.ts';
import type { DeniedKind } from './schema/denied.ts';
import type { Upstream } from './schema/upstream.ts';

/** One patch of a kustomization, as kustomize and Argo CD's `spec.sources[].kustomize.patches` take it. */
export interface KustomizePatch {
  patch: string;
  target?: Readonly<Record<string, string>>;
}

/** An object of apps/<app>/manifests/, in the app's namespace. */
export interface AppManifest {
  apiVersion: string;
  kind: string;
  metadata: { name: string; namespace: string; [key: string]: unknown };
  [key: string]: unknown;
}

/** One folder of apps/ with an app.yaml. */
export interface SharedApp {
  name: string;
  /** As `apps/grafana`. */
  folder: string;
  file: AppFile;
  /** Where app.yaml says its place, as `apps/grafana/app.yaml:5:15`. */
  placedAt: string;
  manifests: readonly AppManifest[];
}

/** An app as it runs on one cluster: its app.yaml with the cluster's settings over it. */
export interface App extends AppFile {
  name: string;
  /** As `apps/grafana`. */
  folder: string;
  /** Name of its Application: its own, unless a component of the platform has that. */
  application: string;
  namespace: string;
  manifests: readonly AppManifest[];
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
  /** Kinds that only the platform writes in tenants' namespaces, from infrastructure/tenant/denied.yaml. */
  denied: readonly DeniedKind[];
  /** The apps of apps/, by name. */
  apps: ReadonlyMap<string, SharedApp>;
}

/** One validated value: everything that the components and the tree are computed from. */
export interface Cluster extends ClusterFile {
  /** Folder of the cluster, as `clusters/demo`. */
  folder: string;
  shared: Shared;
  discovered: Discovered | undefined;
  /** The groups by which tenants name their members, sorted. */
  memberGroups: readonly string[];
  /** The apps that run here, sorted by name. */
  runningApps: readonly App[];
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
