import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { $ } from 'zx/core';
import { cacheFolder, hashOf, hashOfFolder, makeOnce } from './cache.ts';
import { messageOf, SandboxError } from './errors.ts';
import { type Program, type ProgramName, programs } from './programs.ts';

/** Takes one line of progress. */
export type Report = (line: string) => void;

/** The folders of the Go modules that pin what is built: modules/<name>/go.mod and go.sum. */
export const modulesFolder = join(import.meta.dirname, 'modules');

// The same on every machine: no cgo (nothing but Go is needed), no paths of this machine, no debug tables.
const buildFlags = ['-trimpath', '-buildvcs=false', '-mod=readonly'];
// Compiler and linker collect their garbage less often, up to 1.5 GiB each: a cold build of pebble takes 38 s of CPU, not 46 s.
const collector = { GOGC: '400', GOMEMLIMIT: '1536MiB' };
const goEnvironment = { CGO_ENABLED: '0', GOWORK: 'off', GOFLAGS: '', ...collector };

/** The environment in which the sandbox calls go, the same for every call. */
export function goEnv(): NodeJS.ProcessEnv {
  return { ...process.env, ...goEnvironment };
}

/**
 * Builds programs from the pinned modules, those that the cache lacks, one after another.
 * @param names the programs, by their file's name.
 * @param options.report takes progress, one line before each build and one after it.
 * @returns the path of each program, by its name.
 * @throws SandboxError when Go is missing or too old, or when a build fails; it says which, and what Go said.
 */
export async function buildPrograms<Name extends ProgramName>(
  names: readonly Name[],
  options: { report?: Report } = {},
): Promise<Record<Name, string>> {
  const report = options.report ?? (() => {});
  const paths: Partial<Record<Name, string>> = {};
  for (const name of names) paths[name] = await buildProgram(name, programs[name], report);
  return paths as Record<Name, string>;
}

async function buildProgram(name: string, program: Program, report: Report): Promise<string> {
  const module = join(modulesFolder, program.module);
  const goMod = await readFile(join(module, 'go.mod'), 'utf8');
  const go = await goVersion(goMod);
  const version = program.upstream ? versionIn(goMod, program.upstream) : '0.0.0';
  const label = `${name} ${program.label ?? version}`;
  const tags = program.tags === undefined ? [] : [`-tags=${program.tags}`];
  const flags = [...buildFlags, ...tags, `-ldflags=${linkerFlags(program, version)}`];
  const env = { ...goEnv(), ...(program.cgo === true ? { CGO_ENABLED: '1' } : {}) };
  const hash = hashOf([await hashOfFolder(module), go, process.platform, process.arch, program.package, ...flags]);
  const path = join(cacheFolder(), 'programs', `${name}-${program.label ?? version}-${hash}`, name);
  if (existsSync(path)) return path;
  const started = Date.now();
  try {
    await makeOnce({
      path,
      cwd: module,
      env,
      // Others use this machine while it builds.
      command: (output) => ['nice', '-n', '10', 'go', 'build', ...flags, '-o', output, program.package],
      onMake: () => report(`building ${label} (about ${program.minutes} min; later runs take it from the cache) …`),
      onWait: () => report(`another process is building ${label}: waiting for it …`),
    });
  } catch (error) {
    throw new SandboxError(
      `building ${label} failed in ${module}: ${lastLines(messageOf(error))}\n` +
        'A line about a download means that the Go module proxy (see `go env GOPROXY`) was not reached.',
    );
  }
  report(`built ${label} in ${Math.round((Date.now() - started) / 1000)} s`);
  return path;
}

function linkerFlags(program: Program, version: string): string {
  const [major = '', minor = ''] = version.split('.');
  const stamps = (program.stamps ?? []).map(
    (stamp) => `-X ${stamp.replace('VERSION', version).replace('MAJOR', major).replace('MINOR', minor)}`,
  );
  return ['-s', '-w', ...stamps].join(' ');
}

/** The version of a program that is built, as people call it. */
export async function programVersion(name: ProgramName): Promise<string> {
  const { label, module, upstream }: Program = programs[name];
  if (label !== undefined || upstream === undefined) return label ?? '0.0.0';
  return versionIn(await readFile(join(modulesFolder, module, 'go.mod'), 'utf8'), upstream);
}

/**
 * The version at which a go.mod pins a module, without the leading v.
 * @throws SandboxError when the go.mod does not require it.
 */
export function versionIn(goMod: string, module: string): string {
  for (const line of goMod.split('\n')) {
    const words = line
      .trim()
      .replace(/^require\s+/, '')
      .split(/\s+/);
    if (words[0] === module && words[1]?.startsWith('v')) return words[1].slice(1);
  }
  throw new SandboxError(`no "require ${module}" in the sandbox's go.mod: add it, so that its version is pinned`);
}

/** The version of the Go that is installed, checked against the one that a go.mod asks for. */
async function goVersion(goMod: string): Promise<string> {
  const wanted = /^go (\S+)$/m.exec(goMod)?.[1] ?? '1';
  const how = `Install Go ${wanted} or newer (https://go.dev/doc/install) and put it on the PATH.`;
  const result = await $({ quiet: true, nothrow: true, env: goEnv() })`go env GOVERSION`;
  if (result.exitCode !== 0)
    throw new SandboxError(`Go is needed to build the sandbox's programs, and "go" did not run. ${how}`);
  const found = result.stdout.trim();
  if (older(found.replace(/^go/, ''), wanted)) {
    throw new SandboxError(
      `Go ${wanted} or newer is needed to build the sandbox's programs; this machine has ${found}. ${how}`,
    );
  }
  return found;
}

/** Whether one dotted version is older than another. */
export function older(version: string, than: string): boolean {
  const numbers = (text: string) => text.split('.').map((part) => Number.parseInt(part, 10) || 0);
  const [left, right] = [numbers(version), numbers(than)];
  for (let at = 0; at < Math.max(left.length, right.length); at++) {
    const difference = (left[at] ?? 0) - (right[at] ?? 0);
    if (difference !== 0) return difference < 0;
  }
  return false;
}

function lastLines(text: string, count = 20): string {
  return text.split('\n').slice(-count).join('\n');
}
