import { readdir, rm } from 'node:fs/promises';
import path from 'node:path';

/** @returns true while a process with this id runs; also when it belongs to another user */
function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

/**
 * Removes what killed runs left in a folder.
 *
 * @param pattern matches their names; its first group is the id of the process that made the entry
 * @param options.own true: also those of an earlier process with our id, as in a container
 */
export async function removeLeftovers(folder: string, pattern: RegExp, { own = false } = {}): Promise<void> {
  for (const name of await readdir(folder)) {
    const owner = Number(pattern.exec(name)?.[1]);
    if (Number.isNaN(owner) || (owner === process.pid ? !own : isAlive(owner))) continue;
    // Another user's can't be removed, and need not be.
    await rm(path.join(folder, name), { recursive: true, force: true }).catch(() => undefined);
  }
}
