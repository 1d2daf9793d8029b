import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { SandboxError } from './errors.ts';

/** What the sandbox takes from the machine. */
const needed: readonly Needed[] = [
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
  { what: 'pip3', package: 'python3-pip' },
];

/** What the sandbox takes from the kernel, and how to see that it has it. */
const kernel = [
  { path: '/proc/self/ns/net', what: 'network namespaces' },
  { path: '/proc/self/ns/pid', what: 'process namespaces' },
  { path: '/proc/self/ns/mnt', what: 'mount namespaces' },
  { path: '/sys/fs/cgroup', what: 'control groups' },
] as const;

/** Something that is taken from the machine: a program or a file, and the Debian package that has it. */
interface Needed {
  what: string;
  package: string;
}

/** What is asked of a machine. */
export interface MachineNeeds {
  /** What is needed beside a sandbox. */
  programs?: readonly Needed[];
  /** False: only those programs are. */
  sandbox?: boolean;
}

/** What a machine lacks. */
export interface Lack {
  /** One line each, with how to get it. */
  problems: string[];
  /** Debian packages that are to be installed. */
  packages: string[];
}

/** Looks for everything at once, and makes nothing. */
export function lackOf({ programs = [], sandbox = true }: MachineNeeds = {}): Lack {
  const problems = sandbox ? sandboxProblems() : [];
  const missing = [...(sandbox ? needed : []), ...programs].filter(({ what }) => !isThere(what));
  const packages = [...new Set(missing.map((one) => one.package))];
  if (missing.length > 0) {
    const names = missing.map(({ what }) => what).join(', ');
    problems.push(`missing: ${names}. On Debian: apt-get install --no-install-recommends ${packages.join(' ')}`);
  }
  return { problems, packages };
}

/**
 * Looks whether this machine can carry a sandbox, before anything is made.
 * @throws SandboxError that names everything that is missing, and how to get it, at once.
 */
export function checkMachine(needs: MachineNeeds = {}): void {
  const { problems } = lackOf(needs);
  if (problems.length > 0) throw new SandboxError(`this machine cannot run it:\n- ${problems.join('\n- ')}`);
}

function sandboxProblems(): string[] {
  const problems: string[] = [];
  if (process.platform !== 'linux') problems.push(`Linux is needed; this is ${process.platform}`);
  if (process.getuid?.() !== 0) problems.push('root is needed (namespaces, mounts, container runtime): use sudo');
  if (!isThere('go')) problems.push('Go is needed to build the programs: https://go.dev/doc/install');
  for (const { path, what } of kernel) {
    if (process.platform === 'linux' && !existsSync(path)) problems.push(`the kernel lacks ${what} (no ${path})`);
  }
  return problems;
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
