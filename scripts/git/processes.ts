import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

/** @returns true while a process with this id runs; also when it belongs to another user */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

/**
 * Ends a git that this process started, with all that it started itself: its helper for HTTP outlives it, and waits for minutes
 * for a host that says nothing. Where there is no `ps`, the helper is left to that.
 *
 * @param args the arguments of that git
 */
export async function endGit(args: readonly string[]): Promise<void> {
  const columns = await promisify(execFile)('ps', ['-A', '-o', 'pid=,ppid=,args=']).catch(() => ({ stdout: '' }));
  const running = columns.stdout.split('\n').flatMap((line) => {
    const [, pid, parent, command = ''] = /^\s*(\d+)\s+(\d+)\s+(.*)$/.exec(line) ?? [];
    return pid === undefined ? [] : [{ pid: Number(pid), parent: Number(parent), command }];
  });
  const family = running.filter(({ parent, command }) => parent === process.pid && command.endsWith(args.join(' ')));
  for (const { pid } of family) family.push(...running.filter(({ parent }) => parent === pid));
  for (const { pid } of family.reverse()) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // It has ended meanwhile.
    }
  }
}
