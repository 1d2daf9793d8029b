import type { KustomizeSource } from '../components/component.ts';
import { mirrorGit } from '../components/mirrors.ts';
import type { Platform } from '../components/platform.ts';
import type { Cluster } from '../config/cluster.ts';
import { tagCommit } from '../git/upstream.ts';
import { RunError } from '../report/errors.ts';
import type { CheckFinding } from './check-cluster.ts';
import { inWords } from './render-side.ts';

/**
 * Asks each upstream repository for the commit of the pinned tag. Argo CD fetches the commit, so a version that was raised
 * without it changes nothing, and a moved tag is suspicious.
 *
 * @returns tags that do not match, or cannot be read
 */
export async function checkCommits({ cluster, enabled }: Platform): Promise<CheckFinding[]> {
  const pinned = new Map<string, { source: KustomizeSource; commit: string }>();
  for (const source of enabled.flatMap((component) => component.sources(cluster)))
    if (source.kind === 'kustomize' && source.commit !== undefined)
      pinned.set(`${source.repository} ${source.version} ${source.commit}`, { source, commit: source.commit });
  const findings = [...pinned.values()].map(async ({ source, commit }): Promise<CheckFinding[]> => {
    const file = fileOf(cluster, commit);
    const repository = mirrorGit(cluster, source.repository);
    try {
      const there = await tagCommit(repository, source.version);
      if (there === commit) return [];
      const message =
        there === undefined
          ? `${repository} has no tag ${source.version}`
          : `the tag ${source.version} of ${repository} is commit ${there}, not ${commit}. If the version is new here, write the tag's commit. If not, the tag was moved: find out why`;
      return [{ rule: 'commit', file, message }];
    } catch (error) {
      if (!(error instanceof RunError)) throw error;
      return [{ rule: 'commit', file, message: inWords(error) }];
    }
  });
  return (await Promise.all(findings)).flat();
}

/** The file that names a commit. */
function fileOf({ shared, runningApps, addOns }: Cluster, commit: string): string {
  for (const [folder, upstream] of shared.upstream)
    if ('commit' in upstream && upstream.commit === commit) return `${folder}/upstream.yaml`;
  const app = [...runningApps, ...addOns].find(({ source }) => 'commit' in source && source.commit === commit);
  return `${app?.folder ?? ''}/app.yaml`;
}
