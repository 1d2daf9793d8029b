import type { Cluster } from '../config/cluster.ts';
import { parseGitUrl } from '../config/schema/git-url.ts';
import type { Remote } from '../git/remote.ts';
import { chooseHost } from '../hosts/choose.ts';
import type { Host } from '../hosts/host.ts';
import { plainGit } from '../hosts/plain-git.ts';
import type { Reporter } from '../report/reporter.ts';
import { resolveReference } from '../workspace/secret-reference.ts';

/** Where a repository is, for the host's API. */
export interface HostPlace {
  /** The host's web address, without a slash at its end. */
  web: string;
  /** Path of the repository on the host, as `acme/platform`. */
  repository: string;
}

/** @returns where the repository of a cluster is; undefined for a file, and over plain HTTP, where a token could be read */
export function hostPlace({ git }: Pick<Cluster, 'git'>): HostPlace | undefined {
  const parsed = git.url === undefined ? undefined : parseGitUrl(git.url);
  if (parsed === undefined || 'problem' in parsed || (parsed.scheme !== 'https' && parsed.scheme !== 'ssh')) {
    return undefined;
  }
  const port = parsed.scheme === 'https' && parsed.port !== undefined ? `:${parsed.port}` : '';
  const web = git.host.url ?? `https://${parsed.host}${port}`;
  // A path in front of the host's pages is in front of its repositories, too, over https only.
  const front = parsed.scheme === 'https' ? new URL(web).pathname.slice(1) : '';
  const path = front !== '' && parsed.path.startsWith(`${front}/`) ? parsed.path.slice(front.length + 1) : parsed.path;
  return { web, repository: path.replace(/\.git$/, '') };
}

/** @returns the repository's https:// address: what the bootstrap writes to, where git.url is for reading with a deploy key */
export function httpsAddress(cluster: Cluster): string {
  const place = hostPlace(cluster);
  if (place === undefined) throw new Error('a repository without a host was taken for one with a deploy key');
  return `${place.web}/${place.repository}.git`;
}

/**
 * Gives the Git host of a cluster, with the token for its API: git.host.token, else the one with which git gets there.
 *
 * @returns asks the host what it is when first called, where its name does not tell
 * @throws UsageError when the token's source is missing
 */
export function hostOf(root: string, cluster: Cluster, remote: Remote, reporter: Reporter): () => Promise<Host> {
  const { git } = cluster;
  const place = hostPlace(cluster);
  if (place === undefined)
    return async () => plainGit(cluster.embeddedRemote ? 'the embedded remote' : (git.url ?? ''));
  let found: Promise<Host> | undefined;
  return () => {
    const own = git.host.token === undefined ? undefined : resolveReference(root, git.host.token).trim();
    if (own !== undefined) reporter.hide([own]);
    const gits =
      remote.credentials !== undefined && 'token' in remote.credentials ? remote.credentials.token : undefined;
    const token = own ?? gits;
    const byApp = own === undefined && git.credentials !== undefined && 'githubApp' in git.credentials;
    found ??= chooseHost({
      ...place,
      ...(git.host.kind === undefined ? {} : { kind: git.host.kind }),
      ...(token === undefined ? {} : { token }),
      tokenOf: byApp ? 'installation' : 'user',
      ...(remote.caFile === undefined ? {} : { caFile: remote.caFile }),
      report: (line) => reporter.status(line),
    });
    return found;
  };
}
