import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { removalsFile } from '../config/removals.ts';
import { count } from '../report/count.ts';
import { isGenerated } from '../tree/plan.ts';
import type { BootstrapContext } from './context.ts';
import { type ComparedCluster, planWithHead } from './plan-cluster.ts';
import { step } from './step.ts';

interface Found {
  /** Paths that differ from HEAD, or will once the tree is written. */
  paths: readonly string[];
}

type Place = Pick<BootstrapContext, 'root' | 'cluster' | 'repository' | 'options'>;

/** Commits the generated files, and what the run itself found or made; nothing else, whatever is staged. */
export const commitTree = step<BootstrapContext, Found, Found>({
  name: 'commit',
  look: async (context) => {
    const compared = await planWithHead(context.root, context.cluster, context.repository);
    if (context.options.dryRun) return { paths: await pathsToCommit(context, compared) };
    const candidates = [...compared.wanted.keys(), ...gone(context.root, compared), ...(await ownInputs(context))];
    return { paths: (await context.repository.dirty(candidates)).map(({ path }) => path) };
  },
  decide: (found, { cluster }) =>
    found.paths.length === 0
      ? { kind: 'up-to-date', message: 'nothing to commit' }
      : { kind: 'do', message: `commit ${count(found.paths.length, 'file')} of ${cluster.folder}`, work: found },
  act: async ({ paths }, { repository, cluster }) => {
    const result = await repository.commit({ paths, message: message(cluster.name, paths) });
    return result === 'nothing'
      ? 'nothing to commit'
      : `committed ${count(paths.length, 'file')} as ${result.commit.slice(0, 12)}`;
  },
});

/** @returns what a run would commit, before it writes anything */
export async function pathsToCommit(place: Place, compared: ComparedCluster): Promise<string[]> {
  const { wanted, plan, head } = compared;
  const changed = [...wanted].filter(([path, text]) => head.get(path) !== text).map(([path]) => path);
  const deleted = plan.delete.map(({ path }) => path).filter((path) => head.has(path));
  const own = (await place.repository.dirty(await ownInputs(place))).map(({ path }) => path);
  return [...new Set([...changed, ...deleted, ...gone(place.root, compared), ...own])].sort();
}

/** Generated files that HEAD has, that are no longer wanted, and that are gone from the disk. */
function gone(root: string, { head, wanted, cluster }: ComparedCluster): string[] {
  return [...head]
    .filter(
      ([path, text]) => isGenerated(text) && !wanted.has(path) && !path.startsWith(`${cluster.folder}/overrides/`),
    )
    .map(([path]) => path)
    .filter((path) => !existsSync(join(root, path)));
}

/**
 * Inputs that the run commits: the discovered address, removals.yaml where it was asked to remove something, and a cluster.yaml that Git has never seen (as `new` makes it), without
 * which nobody could render the tree again. A cluster.yaml that Git knows is the user's to commit.
 */
async function ownInputs({ root, cluster, repository, options }: Place): Promise<string[]> {
  const file = `${cluster.folder}/cluster.yaml`;
  const known = await repository.headText([file]);
  const noted = options.remove.length > 0 ? [removalsFile] : [];
  return [`${cluster.folder}/discovered.yaml`, ...noted, ...(known.has(file) ? [] : [file])].filter((path) =>
    existsSync(join(root, path)),
  );
}

/**
 * @returns inputs of the user's that differ from HEAD and that a run does not commit: the tree is rendered from them, and Argo CD
 *   reads some of them from Git
 */
export async function uncommittedInputs(place: Place): Promise<string[]> {
  const { root, cluster, repository } = place;
  const overrides = join(root, cluster.folder, 'overrides');
  const written = existsSync(overrides)
    ? readdirSync(overrides).map((name) => `${cluster.folder}/overrides/${name}`)
    : [];
  const shared = await repository.headPaths(['infrastructure', 'apps', `${cluster.folder}/overrides`]);
  const own = new Set(await ownInputs(place));
  const inputs = [...new Set([`${cluster.folder}/cluster.yaml`, ...written, ...shared])];
  const dirty = await repository.dirty(inputs.filter((path) => !own.has(path)));
  return dirty.map(({ path }) => path);
}

function message(name: string, paths: readonly string[]): string {
  const components = new Set(
    paths
      .map((path) => /\/(?:apps\/\d+-|values\/|manifests\/)([a-z0-9-]+)/.exec(path)?.[1])
      .filter((part) => part !== undefined),
  );
  const what = components.size > 0 && components.size <= 4 ? ` (${[...components].sort().join(', ')})` : '';
  return `Render cluster ${name}${what}\n\nGenerated from clusters/${name}/cluster.yaml.\n`;
}
