import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Connection } from '../cluster/connect.ts';
import type { Cluster } from '../config/cluster.ts';
import type { SecretReference } from '../config/schema/common.ts';
import { parseGitUrl } from '../config/schema/git-url.ts';
import type { Published, Remote } from '../git/remote.ts';
import type { Repository } from '../git/repository.ts';
import { githubApi, installationToken } from '../hosts/github.ts';
import type { Host } from '../hosts/host.ts';
import type { Reporter } from '../report/reporter.ts';
import { absolutePath, resolveReference } from '../workspace/secret-reference.ts';
import { httpsAddress } from './hosting.ts';
import type { RegistrationPlan } from './registration.ts';

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

/** What the steps of a bootstrap share. */
export interface BootstrapContext {
  readonly root: string;
  readonly options: BootstrapOptions;
  readonly reporter: Reporter;
  readonly repository: Repository;
  readonly remote: Remote;
  /** The Git host's API, which is found when it is first needed; plain Git where there is none. */
  readonly host: () => Promise<Host>;
  /** True when there is no repository yet; then it is to be made. */
  repositoryAbsent?: boolean;
  /** Replaced when the host is discovered. */
  cluster: Cluster;
  /** Absent where no context is named: objects are then written to a folder. */
  readonly connection: Connection | undefined;
  /** What will be registered; made by the preflight. */
  registration?: RegistrationPlan;
  /** What publishing came to, once it is done. */
  published?: Published;
  /** What the run could not do and went on without, in plain sentences. */
  readonly leftOut: string[];
  /** A pull request that has to be merged before the cluster can be registered. */
  review?: { branch: string; url?: string };
}

/** Where the embedded remote is. */
export function embeddedRemoteFolder(root: string): string {
  return join(root, '.breakwater', 'remote.git');
}

/**
 * Resolves where the tree is published, and the credentials for it. A GitHub App gets its token of an hour here.
 *
 * @throws UsageError when a secret's source is missing; RunError when GitHub gives no token
 */
export async function remoteOf(root: string, cluster: Cluster, reporter: Reporter): Promise<Remote> {
  const { url, credentials, caFile } = cluster.git;
  if (url === undefined) return { url: pathToFileURL(embeddedRemoteFolder(root)).href };
  const ca = caFile === undefined ? {} : { caFile: absolutePath(root, caFile) };
  if (credentials === undefined) return { url, ...ca };
  const secret = (reference: SecretReference) => {
    const value = resolveReference(root, reference);
    reporter.hide([value]);
    return value;
  };
  if ('sshKey' in credentials) {
    const knownHosts = resolveReference(root, credentials.knownHosts);
    const from = credentials.knownHosts;
    const knownHostsFrom = 'file' in from ? from.file : `the variable ${from.env}`;
    return { url, credentials: { sshKey: secret(credentials.sshKey), knownHosts, knownHostsFrom }, ...ca };
  }
  if ('deployKey' in credentials) {
    // Argo CD reads with the key; who may add it writes with a token.
    const token = secret(cluster.git.host.token ?? missing()).trim();
    return { url: httpsAddress(cluster), credentials: { token, username: 'git' }, ...ca };
  }
  if ('token' in credentials) {
    return { url, credentials: { token: secret(credentials.token).trim(), username: credentials.username }, ...ca };
  }
  const { id, installationId, privateKey, baseUrl } = credentials.githubApp;
  const address = parseGitUrl(url);
  const api = baseUrl ?? githubApi('host' in address ? address.host : '');
  const token = await installationToken(
    { baseUrl: api, ...ca },
    { id, installationId, privateKey: secret(privateKey) },
  );
  reporter.hide([token]);
  return { url, credentials: { token, username: 'x-access-token' }, ...ca };
}

function missing(): never {
  throw new Error('a deploy key without a token was taken for good');
}
