import { join } from 'node:path';
import type { Connection } from '../cluster/connect.ts';
import { type Cluster, embeddedRemoteUrl } from '../config/cluster.ts';
import type { Published, Remote } from '../git/remote.ts';
import type { Repository } from '../git/repository.ts';
import type { Reporter } from '../report/reporter.ts';
import { absolutePath, resolveReference } from '../workspace/secret-reference.ts';
import type { RegistrationPlan } from './registration.ts';

/** What the user asked of a bootstrap. */
export interface BootstrapOptions {
  dryRun: boolean;
  push: boolean;
  wait: boolean;
  timeoutMinutes: number;
  /** Secrets to make anew, by name (`NAME`, or `NAME/KEY` for one key). */
  rotate: readonly string[];
  /** Applications whose removal is asked for by name. */
  remove: readonly string[];
  /** Where passwords that are made for users go; absent: shown once. */
  passwordsFile: string | undefined;
}

/** What the steps of a bootstrap share. */
export interface BootstrapContext {
  readonly root: string;
  readonly options: BootstrapOptions;
  readonly reporter: Reporter;
  readonly repository: Repository;
  readonly remote: Remote;
  /** Replaced when the host is discovered. */
  cluster: Cluster;
  /** Absent where no context is named: objects are then written to a folder. */
  readonly connection: Connection | undefined;
  /** What will be registered; made by the preflight. */
  registration?: RegistrationPlan;
  /** What publishing came to, once it is done. */
  published?: Published;
  /** A pull request that has to be merged before the cluster can be registered. */
  review?: { branch: string; url?: string };
}

/** Where the embedded remote is. */
export function embeddedRemoteFolder(root: string): string {
  return join(root, '.breakwater', 'remote.git');
}

/**
 * Resolves where the tree is published, and the credentials for it.
 *
 * @throws UsageError when a secret's source is missing
 */
export function remoteOf(root: string, cluster: Cluster, reporter: Reporter): Remote {
  if (cluster.repositoryUrl === embeddedRemoteUrl)
    return { url: `file://${embeddedRemoteFolder(root).split('/').map(encodeURIComponent).join('/')}` };
  const { url = '', credentials, caFile } = cluster.git;
  const ca = caFile === undefined ? {} : { caFile: absolutePath(root, caFile) };
  if (credentials === undefined) return { url, ...ca };
  const secret = (reference: Parameters<typeof resolveReference>[1]) => {
    const value = resolveReference(root, reference);
    reporter.hide([value]);
    return value;
  };
  if ('token' in credentials)
    return { url, credentials: { token: secret(credentials.token).trim(), username: credentials.username }, ...ca };
  if ('sshKey' in credentials)
    return {
      url,
      credentials: { sshKey: secret(credentials.sshKey), knownHosts: resolveReference(root, credentials.knownHosts) },
      ...ca,
    };
  return { url, ...ca };
}
