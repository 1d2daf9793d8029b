import type { MirrorEntry } from '../idle-mirrors.ts';

/** Facts about a cluster that rules need beside its tree. */
export interface ClusterFacts {
  /** Secrets that the bootstrap, or the source that cluster.yaml names, creates. */
  secrets: readonly { namespace: string; name: string }[];
  /** Secrets that the chosen source lacks. */
  unmade: readonly { file: string; message: string }[];
  metricsServer: boolean;
  /** Mirrors of images: original prefix → mirror. */
  imageMirrors: Readonly<Record<string, string>>;
  /** Mirrors without effect. */
  idleMirrors: readonly MirrorEntry[];
  /** Accounts that may call an app, in any namespace. */
  callers: readonly { namespace: string; serviceAccount: string }[];
}
