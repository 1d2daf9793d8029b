import type { AppFile } from './schema/app.ts';
import type { ClusterFile, Discovered } from './schema/cluster.ts';
import type { DeniedKind } from './schema/denied.ts';
import type { Upstream } from './schema/upstream.ts';

/** One patch of a kustomization, in the format of kustomize and of Argo CD's `spec.sources[].kustomize.patches`. */
export interface KustomizePatch {
  patch: string;
  target?: Readonly<Record<string, string>>;
  options?: Readonly<Record<string, boolean>>;
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
  /** For example `apps/grafana`. */
  folder: string;
  file: AppFile;
  /** Position of `place` in app.yaml, for example `apps/grafana/app.yaml:5:15`. */
  placedAt: string;
  manifests: readonly AppManifest[];
}

/** An app on one cluster: its app.yaml with the cluster's settings applied. */
export interface App extends AppFile {
  name: string;
  /** For example `apps/grafana`. */
  folder: string;
  /** Name of its Application: the app's name, unless a component has the same. */
  application: string;
  /** Name of the Application of its route, filter and policies; the same for an app that is installed already. */
  gate: string;
  namespace: string;
  manifests: readonly AppManifest[];
}

/** The files in secrets/ of a cluster. */
export interface SecretFiles {
  /** SealedSecrets by `namespace/name`. */
  sealed: ReadonlyMap<string, { file: string; annotations: Record<string, string>; data: Record<string, string> }>;
  /** Keys in secrets/sops.yaml by `namespace/name`. */
  sops: ReadonlyMap<string, readonly string[]>;
}

/** Inputs in infrastructure/ and apps/, shared by all clusters. Keys are folders, for example `infrastructure/dex`. */
export interface Shared {
  /** From <folder>/upstream.yaml. */
  upstream: ReadonlyMap<string, Upstream>;
  /** From <folder>/kustomization.yaml (kind: Component). */
  patches: ReadonlyMap<string, readonly KustomizePatch[]>;
  /** Namespace set in <folder>/kustomization.yaml, if any. */
  namespaces: ReadonlyMap<string, string>;
  /** Text of infrastructure/argocd/application-health.lua. */
  applicationHealth: string;
  /** Kinds that only the platform may write in tenants' namespaces, from infrastructure/tenant/denied.yaml. */
  denied: readonly DeniedKind[];
  /** The apps of apps/, by name. */
  apps: ReadonlyMap<string, SharedApp>;
}

/** The logo: text of an SVG, or a PNG in base64. */
export type Logo = { svg: string } | { png: string };

/** The validated configuration of one cluster, from which components and tree are computed. */
export interface Cluster extends ClusterFile {
  /** Folder of the cluster, for example `clusters/demo`. */
  folder: string;
  shared: Shared;
  /** The file that branding.logo names. */
  logo?: Logo;
  discovered: Discovered | undefined;
  /** Groups that tenants list as members, sorted. */
  memberGroups: readonly string[];
  /** Apps enabled on this cluster, sorted by name. */
  runningApps: readonly App[];
  /** Apps without a page, enabled on this cluster, sorted by name. */
  addOns: readonly App[];
  /** Patches of this cluster alone, by component, from overrides/<component>/kustomization.yaml. */
  ownPatches: ReadonlyMap<string, readonly KustomizePatch[]>;
  /** Encrypted Secrets of this cluster, from secrets/. */
  secretFiles: SecretFiles;
  /** The host, configured or discovered; undefined while it is auto and not discovered yet. */
  knownHost: string | undefined;
  /** The repository URL that Argo CD uses, in canonical form. */
  repositoryUrl: string;
  /** True without git.url: the remote is a bare repository under .breakwater/. */
  embeddedRemote: boolean;
}

/**
 * URL of the embedded remote in generated files, so that they are the same on every machine. No cluster can reach
 * it: `.invalid` never resolves (RFC 2606).
 */
export const embeddedRemoteUrl = 'https://embedded.invalid/breakwater.git';
