import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { BootstrapContext } from './context.ts';
import { step } from './step.ts';
import { planWithHead } from './write-tree.ts';

interface Found {
  /** Paths that differ from HEAD, or will once the tree is written. */
  paths: readonly string[];
}

/** Commits the generated files, and what the run itself found or made; nothing else, whatever is staged. */
export const commitTree = step<BootstrapContext, Found, Found>({
  name: 'commit',
  look: async ({ root, cluster, repository, options }) => {
    const { plan } = await planWithHead(root, cluster, repository);
    const pending = [...plan.create, ...plan.change, ...plan.delete].map(({ path }) => path);
    const candidates = [...plan.keep, ...pending, ...(await ownInputs({ root, cluster, repository }))];
    const dirty = (await repository.dirty(candidates)).map(({ path }) => path);
    return { paths: options.dryRun ? [...new Set([...dirty, ...pending])].sort() : dirty };
  },
  decide: (found, { cluster }) =>
    found.paths.length === 0
      ? { kind: 'up-to-date', message: 'nothing to commit' }
      : { kind: 'do', message: `commit ${found.paths.length} files of ${cluster.folder}`, work: found },
  act: async ({ paths }, { repository, cluster }) => {
    const result = await repository.commit({ paths, message: message(cluster.name, paths) });
    return result === 'nothing'
      ? 'nothing to commit'
      : `committed ${paths.length} files as ${result.commit.slice(0, 12)}`;
  },
});

/**
 * Inputs that the run commits: the discovered address, the JSON Schema, and a cluster.yaml that Git has never seen (as
 * `new` makes it), without which nobody could render the tree again. A cluster.yaml that Git knows is the user's to commit.
 */
async function ownInputs({
  root,
  cluster,
  repository,
}: Pick<BootstrapContext, 'root' | 'cluster' | 'repository'>): Promise<string[]> {
  const file = `${cluster.folder}/cluster.yaml`;
  const known = await repository.headText([file]);
  return [`${cluster.folder}/discovered.yaml`, ...(known.has(file) ? [] : [file])].filter((path) =>
    existsSync(join(root, path)),
  );
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
