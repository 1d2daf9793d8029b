import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { passwordVariables, type Site } from './site.ts';

/**
 * Starts the bootstrap in a process group of its own and kills the whole group, with no chance to clean up, as soon as it
 * writes a line.
 *
 * @returns that line; undefined when it came to its end without
 */
export async function killBootstrapAt(site: Site, pattern: RegExp): Promise<string | undefined> {
  const words = ['bootstrap', '--cluster', site.cluster, '--context', site.context, '--wait'];
  const child = spawn(process.execPath, ['scripts/start.mjs', ...words], {
    cwd: site.root,
    env: {
      ...process.env,
      KUBECONFIG: site.kubeconfig,
      [passwordVariables.owner]: site.users.owner.password,
      [passwordVariables.other]: site.users.other.password,
    },
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let seen: string | undefined;
  const look = (line: string) => {
    if (seen !== undefined || !pattern.test(line)) return;
    seen = line.trim();
    // Its group: git, and whatever else it has started.
    if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
  };
  for (const stream of [child.stdout, child.stderr]) createInterface({ input: stream }).on('line', look);
  await new Promise((resolve) => child.once('close', resolve));
  return seen;
}
