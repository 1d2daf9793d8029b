import { createInterface } from 'node:readline';
import { $ } from 'zx/core';
import { passwordVariables, type RehearsalSite } from './site.ts';

/**
 * Starts the bootstrap in a new process group, and kills the whole group, without a chance to clean up, as soon as it prints a
 * line.
 *
 * @returns that line; undefined if the run ended without it
 */
export async function killBootstrapAt(site: RehearsalSite, pattern: RegExp): Promise<string | undefined> {
  const words = ['bootstrap', '--cluster', site.cluster, '--context', site.context, '--wait'];
  const env = {
    ...process.env,
    KUBECONFIG: site.kubeconfig,
    [passwordVariables.owner]: site.users.owner.password,
    [passwordVariables.other]: site.users.other.password,
  };
  const run = $({ quiet: true, nothrow: true, cwd: site.root, env, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
  const child = run`exec ${process.execPath} scripts/start.mjs ${words}`;
  let seen: string | undefined;
  const look = (line: string) => {
    if (seen !== undefined || !pattern.test(line)) return;
    seen = line.trim();
    // Its group: git, and every other child process.
    if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
  };
  for (const stream of [child.stdout, child.stderr]) createInterface({ input: stream }).on('line', look);
  await child;
  return seen;
}
