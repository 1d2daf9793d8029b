import { readFile, rmdir, unlink } from 'node:fs/promises';
import path from 'node:path';
import { RunError } from '../report/errors.ts';
import { digest, isGenerated, type PlannedFile, type TreePlan } from '../tree/plan.ts';
import { fileError } from './file-error.ts';
import { confined, entryKind, makeParents } from './paths.ts';
import { removeTemporaryFiles, writeAtomically } from './write.ts';

/**
 * Applies a plan: new and changed files first, deletions last, then folders that became empty. Other files are not touched.
 * Digests of the written files are kept in .breakwater/, so that a later run can tell a user's edits from its own uncommitted
 * output.
 *
 * @param root absolute path of the repository
 * @throws RunError if a path is blocked or a file cannot be written; the next run continues from there
 */
export async function applyPlan(root: string, plan: TreePlan): Promise<void> {
  if (plan.blocked.length > 0) {
    throw new RunError(`${plan.folder} cannot be written`, {
      details: plan.blocked.map(({ path, reason }) => `${path} ${reason}`),
      hint: 'Move these away, then run it again. Put your own settings in overrides/.',
    });
  }
  const absolute = await confined(root, plan.folder);
  if ((await entryKind(absolute)) === 'directory') await removeTemporaryFiles(absolute);
  const written = await readWritten(root, plan.folder);
  for (const file of [...plan.create, ...plan.change]) {
    await writeFile(root, file);
    written.set(file.path, digest(file.text));
  }
  for (const { path } of plan.delete) {
    await deleteGenerated(root, path);
    written.delete(path);
  }
  await removeEmptyFolders(root, plan);
  if (plan.create.length + plan.change.length + plan.delete.length > 0)
    await rememberWritten(root, plan.folder, written);
}

async function writeFile(root: string, { path: relative, text }: PlannedFile): Promise<void> {
  const absolute = await confined(root, relative);
  await makeParents(root, relative);
  const there = await entryKind(absolute);
  if (there !== undefined && there !== 'file')
    throw new RunError(`${relative} is no longer a regular file`, { hint: 'Move it away and run it again.' });
  await writeAtomically(absolute, text, 0o644, { flush: false });
}

/** Checks again before it deletes: the plan may be older than the file. */
async function deleteGenerated(root: string, relative: string): Promise<void> {
  const absolute = await confined(root, relative);
  if ((await entryKind(absolute)) !== 'file') return;
  try {
    if (isGenerated(await readFile(absolute, 'utf8'))) await unlink(absolute);
  } catch (error) {
    throw fileError(error, relative);
  }
}

async function removeEmptyFolders(root: string, plan: TreePlan): Promise<void> {
  for (const deleted of plan.delete) {
    for (let folder = path.posix.dirname(deleted.path); folder !== plan.folder; folder = path.posix.dirname(folder)) {
      const removed = await rmdir(path.join(root, folder)).then(
        () => true,
        () => false,
      );
      if (!removed) break;
    }
  }
}

function writtenFile(root: string, folder: string): string {
  return path.join(root, '.breakwater', 'written', `${path.posix.basename(folder)}.json`);
}

/**
 * @param folder as `clusters/demo`
 * @returns digests of the files that the last run wrote, by path; empty when unknown
 */
export async function readWritten(root: string, folder: string): Promise<Map<string, string>> {
  const text = await readFile(writtenFile(root, folder), 'utf8').catch(() => '{}');
  try {
    const entries: [string, unknown][] = Object.entries(JSON.parse(text));
    return new Map(entries.map(([path, found]) => [path, String(found)]));
  } catch {
    return new Map();
  }
}

async function rememberWritten(root: string, folder: string, written: ReadonlyMap<string, string>): Promise<void> {
  const relative = path.relative(root, writtenFile(root, folder)).split(path.sep).join('/');
  const absolute = await confined(root, relative);
  await makeParents(root, relative);
  const sorted = [...written].sort(([a], [b]) => (a < b ? -1 : 1));
  await writeAtomically(absolute, `${JSON.stringify(Object.fromEntries(sorted), undefined, 2)}\n`, 0o644, {
    flush: false,
  });
}
