import { existsSync } from 'node:fs';
import { copyFile, mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { listClusters } from '../config/load.ts';
import { removalsFile } from '../config/removals.ts';
import { checkOutBase } from '../git/base.ts';
import { uncommitted } from '../git/fast-forward.ts';
import { count } from '../report/count.ts';
import { RunError, UsageError } from '../report/errors.ts';
import { checkInputs, findingLines } from './check-inputs.ts';
import { type CommitPlace, pathsToCommit } from './commit.ts';
import { treeFolders } from './compare-with-base.ts';

/**
 * Checks what this run would publish by the checks of `validate`, before it writes anything. What would be published is made
 * in a temporary folder: HEAD, and over it the files that the run commits. So a fresh clone of it passes, too.
 *
 * @param others whether other clusters are checked, which have a tree at HEAD already
 * @throws RunError with all findings; UsageError where inputs at HEAD are wrong, or the tree is rendered from others than it has
 */
export async function requireValid(place: CommitPlace, others: boolean): Promise<void> {
  const { root, cluster, repository } = place;
  await requireCommitted(root, cluster.folder);
  const { head } = await repository.state();
  // Without a commit all inputs are uncommitted, which was refused.
  if (head === undefined) return;
  const copy = await checkOutBase(root, head, [...treeFolders, removalsFile]);
  try {
    await layOver(copy.folder, place);
    const hasTree = (name: string) => existsSync(join(copy.folder, 'clusters', name, 'apps', 'kustomization.yaml'));
    const rest = others ? listClusters(copy.folder).filter((name) => name !== cluster.name && hasTree(name)) : [];
    const { results, tenantApps } = await checkInputs(copy.folder, [cluster.name, ...rest]);
    const findings = [...results.flatMap((result) => result.findings), ...tenantApps];
    if (findings.length === 0) return;
    throw new RunError(
      `validate refuses what this run would publish (${count(findings.length, 'finding')}); nothing was changed`,
      {
        details: findingLines(findings),
        hint: "Correct these, commit what is not in this cluster's folder, and run again.",
      },
    );
  } finally {
    await copy.remove();
  }
}

/** Writes what the run will commit over the files of HEAD. */
async function layOver(folder: string, place: CommitPlace): Promise<void> {
  const { planned } = place;
  const stale = new Set(planned.plan.delete.map(({ path }) => path));
  for (const path of await pathsToCommit(place)) {
    const [source, target] = [join(place.root, path), join(folder, path)];
    // What is there may be executable, or a folder.
    await rm(target, { force: true, recursive: true });
    if (stale.has(path) || (!planned.tree.has(path) && !existsSync(source))) continue;
    await mkdir(dirname(target), { recursive: true });
    const text = planned.tree.get(path);
    await (text === undefined ? copyFile(source, target) : writeFile(target, text));
  }
}

/** Read by no tree: text for people, and the schemas that editors read. */
const besides = /\.md$|^(apps|tenants)\/[^/]+$/;

/**
 * What every cluster shares is for its owner to commit: a run of one cluster must not publish half of somebody's work.
 *
 * @throws UsageError that lists it
 */
async function requireCommitted(root: string, folder: string): Promise<void> {
  const shared = ['infrastructure', 'apps', 'tenants'];
  const paths = (await uncommitted(root, shared)).filter((path) => !besides.test(path));
  if (paths.length === 0) return;
  throw new UsageError(`not committed yet, and the tree of ${folder} is made from it: ${paths.join(', ')}`, {
    hint: `Commit it first (git add -- ${paths.join(' ')} && git commit), or set it aside (git stash --include-untracked -- ${paths.join(' ')}).`,
  });
}
