import { readdirSync, readFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { $ } from 'zx/core';
import { SandboxError } from './errors.ts';
import { waitUntil } from './https-get.ts';
import { plainEnvironment } from './needs.ts';

/**
 * The box is what everything of a sandbox runs in: namespaces of its own for processes, network and mounts. When its
 * first process ends, the kernel ends all others and takes the mounts and the network away, so nothing is left behind.
 */
export interface Box {
  /** The first process in it, as seen from outside. */
  pid: number;
}

// Marks the first process, so that it is found again by anyone who cleans up after a killed run.
const marker = (folder: string) => `breakwater-sandbox:${folder}`;

// Folders in which the cluster's programs write at fixed paths. Inside, an overlay takes what they write.
const overlaid = ['/etc', '/opt', '/var/log'];

// The first process: lays out the mounts, says that it is ready, then only reaps what others leave behind.
const firstProcess = `
set -e
folder=$1
mount --make-rshared /
mount -t tmpfs tmpfs /run
for path in ${overlaid.join(' ')}; do
  at=$folder/overlay$path
  mkdir -p "$at/upper" "$at/work"
  mount -t overlay overlay -o "lowerdir=$path,upperdir=$at/upper,workdir=$at/work" "$path"
done
mkdir -p /opt/cni/bin /etc/cni/net.d
cp -n /usr/lib/cni/* /opt/cni/bin/
# No resolver of this machine is reachable from inside.
rm -f /etc/resolv.conf
: > /etc/resolv.conf
ip link set lo up
: > /run/breakwater-ready
set +e
while true; do sleep 86400 & wait $!; done
`;

/**
 * Opens the box of a folder.
 * @throws SandboxError when one is open already, or the kernel refuses: with what it said.
 */
export async function openBox(folder: string): Promise<Box> {
  if (findBox(folder)) throw new SandboxError(`a sandbox already runs in ${folder}: take it down first`);
  await mkdir(folder, { recursive: true });
  const inner = ['bash', '-c', firstProcess, marker(folder), folder];
  const options = ['--mount', '--net', '--pid', '--fork', '--kill-child', '--mount-proc'];
  const env = plainEnvironment();
  const first = $({ quiet: true, nothrow: true, detached: true, env, stdio: ['ignore', 'ignore', 'pipe'] });
  const running = first`exec unshare ${options} ${inner}`;
  let failure: string | undefined;
  void running.then(({ stderr }) => {
    failure = stderr.trim();
  });
  let box: Box | undefined;
  const ready = async () => {
    if (failure !== undefined) return true;
    box = findBox(folder);
    return box !== undefined && (await inside(box, ['test', '-e', '/run/breakwater-ready'])).ok;
  };
  await waitUntil(ready, 20_000, 100);
  // It runs on when this process ends.
  running.stderr.destroy();
  running.child?.unref();
  if (failure !== undefined || !box)
    throw new SandboxError(`cannot make the namespaces of the sandbox: ${failure || 'no answer within 20 s'}`);
  return box;
}

/** The box of a folder, if one is open: found by the mark on its first process. */
export function findBox(folder: string): Box | undefined {
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    const args = argumentsOf(pid);
    // unshare itself has the same arguments behind its own.
    if (args[0] === 'bash' && args[3] === marker(folder)) return { pid: Number(pid) };
  }
  return undefined;
}

function argumentsOf(pid: string): string[] {
  try {
    return readFileSync(join('/proc', pid, 'cmdline'), 'utf8').split('\0');
  } catch {
    return [];
  }
}

/** The command that runs another one inside the box. */
export function enter(box: Box, command: readonly string[]): readonly [string, ...string[]] {
  return ['nsenter', '--target', String(box.pid), '--mount', '--net', '--pid', '--', ...command];
}

/** Runs a command inside and waits for it. */
export async function inside(box: Box, command: readonly string[]): Promise<{ ok: boolean; output: string }> {
  const result = await $({ quiet: true, nothrow: true, env: plainEnvironment() })`${enter(box, command)}`;
  return { ok: result.exitCode === 0, output: (result.stdout + result.stderr).trim() };
}

/** Ends everything that runs in the box of a folder, and waits until it is gone. None open is not an error. */
export async function closeBox(folder: string): Promise<void> {
  const box = findBox(folder);
  if (!box) return;
  // The first process of a namespace takes all others along; it ignores gentler signals.
  process.kill(box.pid, 'SIGKILL');
  if (!(await waitUntil(async () => !findBox(folder), 60_000, 100))) {
    throw new SandboxError(`process ${box.pid}, the first of the sandbox in ${folder}, did not end within 60 s`);
  }
}
