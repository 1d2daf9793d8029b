import type { Connection } from '../cluster/connect.ts';
import type { Cluster } from '../config/cluster.ts';
import type { Remote, RemoteState } from '../git/remote.ts';
import type { Repository } from '../git/repository.ts';
import type { Reporter } from '../report/reporter.ts';
import { placePlatform } from '../tree/place.ts';
import type { GitAccess } from './git-access.ts';
import { type ComparedCluster, planWithHead } from './plan-cluster.ts';

/** Options of a bootstrap. */
export interface BootstrapOptions {
  dryRun: boolean;
  push: boolean;
  /** Publish through a pull request, regardless of the config. */
  pullRequest: boolean;
  wait: boolean;
  timeoutMinutes: number;
  /** Secrets to regenerate, by name (`NAME`, or `NAME/KEY` for one key). */
  rotate: readonly string[];
  /** Applications whose removal is confirmed by name. */
  remove: readonly string[];
  /** The repository's previous address. */
  movedFrom?: string;
  /** File for generated passwords; absent: show them once. */
  passwordsFile: string | undefined;
}

/** Result of publishing. */
export type Publication =
  /** Nothing yet, or --no-push. */
  | { kind: 'none' }
  /** The remote branch is at this commit. */
  | { kind: 'published'; commit: string; foreign: readonly string[]; localBehind?: string }
  /** A pull request has to be merged before the cluster can be registered. */
  | { kind: 'review'; branch: string; url?: string };

/** Shared by the steps of a bootstrap. It is immutable: a step with a result hands on a new context. */
export interface BootstrapContext {
  readonly root: string;
  readonly options: BootstrapOptions;
  readonly reporter: Reporter;
  readonly repository: Repository;
  readonly access: GitAccess;
  /** The remote that the tree is published to; without a push, it has no credentials. */
  readonly remote: Remote;
  /** Branches of the remote when it was first asked; undefined: the repository does not exist, and the run creates it. */
  readonly remoteAtStart: () => Promise<RemoteState | undefined>;
  /** Absent without a context: the manifests are then written to a folder. */
  readonly connection: Connection | undefined;
  readonly cluster: Cluster;
  /** Its platform and tree, compared with its folder and HEAD. */
  readonly planned: ComparedCluster;
  readonly publication: Publication;
  /** What the run skipped, one sentence each. */
  readonly leftOut: readonly string[];
}

/** Continues with inputs that changed during the run: later steps render and register from these. */
export async function withCluster(context: BootstrapContext, cluster: Cluster): Promise<BootstrapContext> {
  const planned = await planWithHead(context.root, placePlatform(cluster), context.repository);
  return { ...context, cluster, planned };
}

/** @returns why nothing is applied to a cluster now; undefined when the run may apply */
export function notRegistered({ cluster, connection, publication, options }: BootstrapContext): string | undefined {
  if (connection === undefined) return noConnection(cluster);
  if (publication.kind === 'review') return 'merge the pull request first, then run it again';
  if (!options.push) return '--no-push: only pushed commits are applied to a cluster';
  return undefined;
}

/** @returns why a run is not connected to a cluster */
export function noConnection({ kubernetes }: Cluster): string {
  return kubernetes.context === undefined
    ? 'no Kubernetes context is set'
    : `the context "${kubernetes.context}" cannot be used here`;
}
