import type { Connection } from '../cluster/connect.ts';
import type { Cluster } from '../config/cluster.ts';
import type { Remote, RemoteState } from '../git/remote.ts';
import type { Repository } from '../git/repository.ts';
import type { Host } from '../hosts/host.ts';
import type { Reporter } from '../report/reporter.ts';
import { placePlatform } from '../tree/place.ts';
import type { GitAccess } from './git-access.ts';
import { type ComparedCluster, planWithHead } from './plan-cluster.ts';

/** What the user asked of a bootstrap. */
export interface BootstrapOptions {
  dryRun: boolean;
  push: boolean;
  /** Publish by a pull request, whatever the config says. */
  pullRequest: boolean;
  wait: boolean;
  timeoutMinutes: number;
  /** Secrets to make again, by name (`NAME`, or `NAME/KEY` for one key). */
  rotate: readonly string[];
  /** Applications whose removal is asked for by name. */
  remove: readonly string[];
  /** The repository's address before it moved. */
  movedFrom?: string;
  /** Where passwords that are made for users go; absent: shown once. */
  passwordsFile: string | undefined;
}

/** What came of publishing. */
export type Publication =
  /** Nothing yet, or --no-push. */
  | { kind: 'none' }
  /** The remote branch is at this commit. */
  | { kind: 'published'; commit: string; foreign: readonly string[]; localBehind?: string }
  /** A pull request has to be merged before the cluster can be registered. */
  | { kind: 'review'; branch: string; url?: string };

/** What the steps of a bootstrap share. It never changes: a step that has a result hands on a context with it. */
export interface BootstrapContext {
  readonly root: string;
  readonly options: BootstrapOptions;
  readonly reporter: Reporter;
  readonly repository: Repository;
  readonly access: GitAccess;
  /** Where the tree is published; without a push, no credentials are resolved for it. */
  readonly remote: Remote;
  /** The Git host's API, which is found when it is first needed; plain Git where there is none. */
  readonly host: () => Promise<Host>;
  /** What the remote had when it was first asked; undefined: there is no repository, and it is to be made. */
  readonly remoteAtStart: () => Promise<RemoteState | undefined>;
  /** Absent where no context is named: objects are then written to a folder. */
  readonly connection: Connection | undefined;
  readonly cluster: Cluster;
  /** Its platform and tree, and what was in its folder and at HEAD when it was rendered. */
  readonly planned: ComparedCluster;
  readonly publication: Publication;
  /** What the run could not do and skipped, in plain sentences. */
  readonly leftOut: readonly string[];
}

/** Continues with inputs that changed during the run: what follows is rendered, and registered, from these. */
export async function withCluster(context: BootstrapContext, cluster: Cluster): Promise<BootstrapContext> {
  const planned = await planWithHead(context.root, placePlatform(cluster), context.repository);
  return { ...context, cluster, planned };
}

/** @returns why no cluster is told anything now; undefined when nothing keeps it from that */
export function notRegistered({ connection, publication, options }: BootstrapContext): string | undefined {
  if (connection === undefined) return 'no Kubernetes context is named';
  if (publication.kind === 'review') return 'the pull request has to be merged first; then run this again';
  if (!options.push) return '--no-push: a cluster is told only about what was pushed';
  return undefined;
}
