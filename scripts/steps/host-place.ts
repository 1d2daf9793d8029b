import type { Cluster } from '../config/cluster.ts';
import { parseGitUrl } from '../config/schema/git-url.ts';

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
