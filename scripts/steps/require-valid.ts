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
 * Runs the checks of `validate` on the files that this run would publish, before it writes anything. A temporary folder gets the
 * files of HEAD, and over them those that the run commits, so that a fresh clone passes, too.
 *
 * @param others whether to check other clusters that have a tree at HEAD
 * @throws RunError with all findings; UsageError when inputs at HEAD are wrong, or an input of the tree is not committed
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
        hint: "Fix these, commit files outside this cluster's folder, and run it again.",
      },
    );
  } finally {
    await copy.remove();
  }
}

/** Writes the files to commit over those of HEAD. */
async function layOver(folder: string, place: CommitPlace): Promise<void> {
  const { planned } = place;
  const stale = new Set(planned.plan.delete.map(({ path }) => path));
  for (const path of await pathsToCommit(place)) {
    const [source, target] = [join(place.root, path), join(folder, path)];
    // The target may be executable, or a folder.
    await rm(target, { force: true, recursive: true });
    if (stale.has(path) || (!planned.tree.has(path) && !existsSync(source))) continue;
    await mkdir(dirname(target), { recursive: true });
    const text = planned.tree.get(path);
    await (text === undefined ? copyFile(source, target) : writeFile(target, text));
  }
}

/** Not an input of a tree: text for people, and schemas for editors. */
const besides = /\.md$|^(apps|tenants)\/[^/]+$/;

/**
 * The user commits files that all clusters share: a run of one cluster must not publish half of someone's work.
 *
 * @throws UsageError with the files
 */
async function requireCommitted(root: string, folder: string): Promise<void> {
  const shared = ['infrastructure', 'apps', 'tenants'];
  const paths = (await uncommitted(root, shared)).filter((path) => !besides.test(path));
  if (paths.length === 0) return;
  throw new UsageError(`the tree of ${folder} is rendered from files that are not committed: ${paths.join(', ')}`, {
    hint: `Commit them first (git add -- ${paths.join(' ')} && git commit), or stash them (git stash --include-untracked -- ${paths.join(' ')}).`,
  });
}
