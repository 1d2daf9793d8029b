import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { SandboxError } from './errors.ts';

/** What the sandbox takes from the machine: a program, or a file, and the Debian package that has it. */
const needed: readonly { what: string; package: string }[] = [
  { what: 'containerd', package: 'containerd' },
  { what: 'ctr', package: 'containerd' },
  { what: 'runc', package: 'runc' },
  { what: '/usr/lib/cni/bridge', package: 'containernetworking-plugins' },
  { what: 'iptables', package: 'iptables' },
  { what: 'ip', package: 'iproute2' },
  { what: 'mmdebstrap', package: 'mmdebstrap' },
  { what: 'unshare', package: 'util-linux' },
  { what: 'nsenter', package: 'util-linux' },
  { what: 'flock', package: 'util-linux' },
  { what: 'openssl', package: 'openssl' },
  { what: 'git', package: 'git' },
];

/**
 * Looks whether this machine can carry a sandbox, before anything is made.
 * @throws SandboxError that names everything that is missing, and how to get it, at once.
 */
export function checkMachine(): void {
  const problems: string[] = [];
  if (process.platform !== 'linux') problems.push(`Linux is needed; this is ${process.platform}`);
  if (process.getuid?.() !== 0) problems.push('root is needed (namespaces, mounts, container runtime): use sudo');
  const missing = needed.filter(({ what }) => !isThere(what));
  if (missing.length > 0) {
    const packages = [...new Set(missing.map((one) => one.package))].join(' ');
    const names = missing.map(({ what }) => what).join(', ');
    problems.push(`missing: ${names}. On Debian: apt-get install --no-install-recommends ${packages}`);
  }
  if (problems.length > 0) throw new SandboxError(`this machine cannot run the sandbox:\n- ${problems.join('\n- ')}`);
}

function isThere(what: string): boolean {
  if (what.startsWith('/')) return existsSync(what);
  // A user's PATH may lack the folders of system programs; the sandbox adds them.
  return searchPath()
    .split(delimiter)
    .some((folder) => existsSync(join(folder, what)));
}

/** The PATH with which the sandbox runs programs. */
export function searchPath(): string {
  const system = ['/usr/local/sbin', '/usr/sbin', '/sbin', '/usr/bin', '/bin'];
  return [...(process.env.PATH ?? '').split(delimiter).filter(Boolean), ...system].join(delimiter);
}

/**
 * A small, plain environment for the programs that the sandbox calls: nothing of the user's own settings.
 * SHLVL keeps bash, through which commands are run, from reading a .bashrc when its input is a socket.
 */
export function plainEnvironment(more: Readonly<Record<string, string>> = {}): NodeJS.ProcessEnv {
  return { PATH: searchPath(), SHLVL: '1', LC_ALL: 'C.UTF-8', ...more };
}
