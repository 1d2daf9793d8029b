import type { Cluster } from '../config/cluster.ts';
import { chooseHost } from '../hosts/choose.ts';
import type { Host } from '../hosts/host.ts';
import { plainGit } from '../hosts/plain-git.ts';
import type { Reporter } from '../report/reporter.ts';
import type { GitAccess } from './git-access.ts';
import { hostPlace } from './host-place.ts';
import { once } from './once.ts';

/**
 * Gives the Git host of a cluster, with the token for its API.
 *
 * @returns asks the host what it is when first called, where its name does not tell; throws UsageError when the token's source is missing
 */
export function hostOf(cluster: Cluster, access: GitAccess, reporter: Reporter): () => Promise<Host> {
  const { git } = cluster;
  const place = hostPlace(cluster);
  if (place === undefined)
    return async () => plainGit(cluster.embeddedRemote ? 'the embedded remote' : (git.url ?? ''));
  return once(async () => {
    const { caFile } = await access.push();
    return await chooseHost({
      ...place,
      ...(git.host.kind === undefined ? {} : { kind: git.host.kind }),
      ...(await access.api()),
      ...(caFile === undefined ? {} : { caFile }),
      report: (line) => reporter.status(line),
    });
  });
}
