import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { $ } from 'zx/core';

/**
 * The folder, outside any checkout, where things that take long to make are kept between runs.
 * It is $BREAKWATER_CACHE, else breakwater/ in $XDG_CACHE_HOME, else ~/.cache/breakwater.
 */
export function cacheFolder(environment: NodeJS.ProcessEnv = process.env): string {
  if (environment.BREAKWATER_CACHE) return environment.BREAKWATER_CACHE;
  return join(environment.XDG_CACHE_HOME || join(homedir(), '.cache'), 'breakwater');
}

/** A short name for content: the same parts give the same hash, and no two lists of parts run together. */
export function hashOf(parts: readonly (string | Uint8Array)[]): string {
  const hash = createHash('sha256');
  for (const part of parts) {
    hash.update(`${typeof part === 'string' ? Buffer.byteLength(part) : part.byteLength}:`);
    hash.update(part);
  }
  return hash.digest('hex').slice(0, 16);
}

/** The hash of a folder's files, by their names and bytes, folders below it included. */
export async function hashOfFolder(folder: string): Promise<string> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const parts: (string | Uint8Array)[] = [];
  for (const file of files.sort()) parts.push(file.slice(folder.length), await readFile(file));
  return hashOf(parts);
}

/** How to make one thing of the cache. */
export interface CacheEntry {
  /** Where it ends up; what is there already is taken as it is. */
  path: string;
  /** The command that makes it, at the path that is given. */
  command: (output: string) => readonly string[];
  env?: NodeJS.ProcessEnv;
  cwd?: string;
  /** Called when another process is making the same thing and this one has to wait. */
  onWait?: () => void;
  /** Called right before it is made here. */
  onMake?: () => void;
}

// Run under the lock: makes the thing beside its place and moves it there, unless someone else just did.
// The unfinished one of a killed run has a fixed name, so that the next run replaces it instead of adding another.
const makeUnderLock =
  'out=$1; unfinished=$2; shift 2; test -e "$out" && exit 0; rm -rf "$unfinished"; "$@" && mv "$unfinished" "$out"';

/**
 * Makes a file or folder of the cache, once, however many processes ask for it at the same time.
 * The lock is the kernel's (flock), so it ends with the process that holds it, however that ends.
 * @throws what the command wrote when it failed, as an Error.
 */
export async function makeOnce(entry: CacheEntry): Promise<void> {
  if (existsSync(entry.path)) return;
  await mkdir(dirname(entry.path), { recursive: true });
  const lock = `${entry.path}.lock`;
  const unfinished = `${entry.path}.unfinished`;
  const make = ['sh', '-c', makeUnderLock, 'make', entry.path, unfinished, ...entry.command(unfinished)];
  const run = $({ quiet: true, nothrow: true, env: entry.env ?? process.env, cwd: entry.cwd ?? process.cwd() });
  const busy = 75;
  entry.onMake?.();
  let result = await run`flock --exclusive --nonblock --conflict-exit-code ${busy} ${lock} ${make}`;
  if (result.exitCode === busy) {
    entry.onWait?.();
    result = await run`flock --exclusive ${lock} ${make}`;
  }
  if (result.exitCode !== 0) throw new Error((result.stderr || result.stdout).trim() || `exit code ${result.exitCode}`);
  await rm(lock, { force: true });
}
