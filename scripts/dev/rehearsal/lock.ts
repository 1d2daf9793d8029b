import { readFileSync } from 'node:fs';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { UsageError } from '../../report/errors.ts';

/**
 * Locks a folder for this process, so that two runs never use the same one. The lock of a killed run does not count.
 *
 * @returns a function that releases the lock
 * @throws UsageError if a live run holds it
 */
export async function takeFolder(folder: string): Promise<() => Promise<void>> {
  const file = join(folder, 'lock.json');
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const mine = JSON.stringify({ pid: process.pid, since: startOf(process.pid) });
  for (let tries = 0; tries < 2; tries++) {
    try {
      await writeFile(file, mine, { flag: 'wx', mode: 0o600 });
      return () => rm(file, { force: true });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
    const holder = await holderOf(file);
    if (holder !== undefined)
      throw new UsageError(`another rehearsal uses ${folder} (process ${holder})`, {
        hint: 'Wait for it, or use another folder: --folder DIR.',
      });
    await rm(file, { force: true });
  }
  throw new UsageError(`another rehearsal has just started in ${folder}`, {
    hint: 'Use another folder: --folder DIR.',
  });
}

/** @returns the process that holds a lock, if it is alive */
async function holderOf(file: string): Promise<number | undefined> {
  try {
    const { pid, since }: { pid: number; since: string } = JSON.parse(await readFile(file, 'utf8'));
    return startOf(pid) === since ? pid : undefined;
  } catch {
    return undefined;
  }
}

/** Start time of a process, in the kernel's ticks: distinguishes it from a later one with the same id. */
function startOf(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The second field is the program's name in parentheses, and may hold spaces.
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
  } catch {
    return undefined;
  }
}
