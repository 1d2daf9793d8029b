import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { removalsFile } from '../config/removals.ts';
import { commitProblem } from '../git/state.ts';
import { count } from '../report/count.ts';
import { componentOf } from '../tree/application-file.ts';
import { isGenerated } from '../tree/plan.ts';
import type { BootstrapContext } from './context.ts';
import { step } from './step.ts';

interface Found {
  /** Paths that differ from HEAD, or will once the tree is written. */
  paths: readonly string[];
}

/** The inputs of a commit. */
export type CommitPlace = Pick<BootstrapContext, 'root' | 'cluster' | 'repository' | 'planned'> & {
  options: Pick<BootstrapContext['options'], 'remove'>;
};

/** Commits the generated files and this run's inputs, and nothing else, whatever is staged. */
export const commitTree = step<BootstrapContext, Found, Found>({
  name: 'commit',
  check: async (context) => {
    const pending = await pathsToCommit(context);
    const state = await context.repository.state();
    // Only a commit needs an identity: a fresh clone on a new machine has nothing to commit.
    const obstacle = commitProblem({ ...state, identity: state.identity || pending.length === 0 });
    if (obstacle !== undefined) throw obstacle;
  },
  look: async (context) => {
    if (context.options.dryRun) return { paths: await pathsToCommit(context) };
    const candidates = [...context.planned.tree.keys(), ...gone(context), ...(await ownInputs(context))];
    return { paths: (await context.repository.dirty(candidates)).map(({ path }) => path) };
  },
  decide: (found, { cluster }) =>
    found.paths.length === 0
      ? { kind: 'up-to-date', message: 'nothing to commit' }
      : {
          kind: 'do',
          message: `commit ${count(found.paths.length, 'file')} of ${cluster.folder}${withInputs(found.paths)}`,
          work: found,
        },
  act: async ({ paths }, { repository, cluster }) => {
    const result = await repository.commit({
      paths,
      message: message(cluster.name, paths),
      hooksMayChange: paths.filter(isInput),
    });
    return result === 'nothing'
      ? 'nothing to commit'
      : `committed ${count(paths.length, 'file')} as ${result.commit.slice(0, 12)}${withInputs(paths)}`;
  },
});

function isInput(path: string): boolean {
  return /\/(cluster\.yaml$|overrides\/)|\.(svg|png)$/.test(path);
}

/** Names the user's own files in the commit. */
function withInputs(paths: readonly string[]): string {
  const own = paths.filter(isInput);
  return own.length === 0 ? '' : `, with your changes in ${own.join(', ')}`;
}

/** @returns paths that a run would commit, before it writes anything */
export async function pathsToCommit(place: CommitPlace): Promise<string[]> {
  const { tree, plan, head } = place.planned;
  const changed = [...tree].filter(([path, text]) => head.get(path) !== text).map(([path]) => path);
  const deleted = plan.delete.map(({ path }) => path).filter((path) => head.has(path));
  const own = (await place.repository.dirty(await ownInputs(place))).map(({ path }) => path);
  return [...new Set([...changed, ...deleted, ...gone(place), ...own])].sort();
}

/** Generated files that HEAD has, that are no longer rendered, and that are gone from the disk. */
function gone({ root, cluster, planned: { head, tree } }: CommitPlace): string[] {
  return [...head]
    .filter(([path, text]) => isGenerated(text) && !tree.has(path) && !path.startsWith(`${cluster.folder}/overrides/`))
    .map(([path]) => path)
    .filter((path) => !existsSync(join(root, path)));
}

/**
 * This cluster's inputs, which the run commits with the tree, so that the tree can be rendered again from the published files:
 * cluster.yaml, the logo that it names, overrides/, the discovered address, and removals.yaml with --remove.
 *
 * @returns those on disk or at HEAD
 */
async function ownInputs({ root, cluster, repository, options }: CommitPlace): Promise<string[]> {
  const overrides = `${cluster.folder}/overrides`;
  const onDisk = existsSync(join(root, overrides))
    ? readdirSync(join(root, overrides), { recursive: true, encoding: 'utf8' })
    : [];
  const files = ['cluster.yaml', 'discovered.yaml'].map((name) => `${cluster.folder}/${name}`);
  const noted = options.remove.length > 0 ? [removalsFile] : [];
  const there = [...files, ...onDisk.map((name) => `${overrides}/${name}`), ...noted].filter((path) =>
    existsSync(join(root, path)),
  );
  const committed = await repository.headPaths([overrides]);
  // Other files there are not read: do not commit an editor's files.
  const logo = cluster.branding.logo === undefined ? [] : [cluster.branding.logo];
  return [...new Set([...there, ...committed])].filter((path) => path.endsWith('.yaml')).concat(logo);
}

function message(name: string, paths: readonly string[]): string {
  const folder = `clusters/${name}/`;
  const own = paths.filter((path) => path.startsWith(folder)).map((path) => path.slice(folder.length));
  const components = new Set(own.flatMap((path) => componentOf(path) ?? []));
  const what = components.size > 0 && components.size <= 4 ? ` (${[...components].sort().join(', ')})` : '';
  return `Render cluster ${name}${what}\n\nGenerated from clusters/${name}/cluster.yaml${withInputs(paths)}.\n`;
}
