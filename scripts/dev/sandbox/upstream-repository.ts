import { existsSync } from 'node:fs';
import { cp, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { $ } from 'zx/core';
import { cacheFolder } from './cache.ts';
import { type ModuleName, moduleSource } from './modules.ts';
import { plainEnvironment } from './needs.ts';

/**
 * A bare Git repository of an upstream project, made from its module: one commit, tagged with a version. It stands
 * in for the project's own where a kustomization names that by URL and tag.
 * @param paths the folders that are needed; a module has much more.
 * @param tag the version that is asked for, with its leading v: the module's own version is replaced by it in every file, so
 *   that manifests name the images which are served.
 * @returns the repository's folder, in the cache.
 */
export async function upstreamRepository(name: ModuleName, paths: readonly string[], tag: string): Promise<string> {
  const source = await moduleSource(name);
  const folder = join(cacheFolder(), 'repositories', `${name}-${tag}-of-${source.version}.git`);
  if (existsSync(folder)) return folder;
  await $({ quiet: true })`mkdir -p ${join(cacheFolder(), 'repositories')}`;
  const work = await mkdtemp(join(cacheFolder(), 'repositories', 'unfinished-'));
  const git = $({
    quiet: true,
    cwd: work,
    env: plainEnvironment({
      HOME: work,
      // The same content gives the same commit on every machine.
      GIT_AUTHOR_DATE: '2026-01-01T00:00:00Z',
      GIT_COMMITTER_DATE: '2026-01-01T00:00:00Z',
      GIT_AUTHOR_NAME: 'sandbox',
      GIT_AUTHOR_EMAIL: 'sandbox@example.com',
      GIT_COMMITTER_NAME: 'sandbox',
      GIT_COMMITTER_EMAIL: 'sandbox@example.com',
    }),
  });
  try {
    for (const path of paths) await cp(join(source.folder, path), join(work, 'tree', path), { recursive: true });
    await git`chmod -R u+w tree`;
    await renameVersion(`v${source.version}`, tag, join(work, 'tree'));
    await git`git init --quiet --initial-branch=main tree`;
    await git`git -C tree add --all --force`;
    await git`git -C tree commit --quiet --message ${`${name} ${source.version}, from its module`}`;
    await git`git -C tree tag ${tag}`;
    await git`git clone --quiet --bare tree bare.git`;
    await rename(join(work, 'bare.git'), folder);
  } finally {
    // Copies from Go's module cache keep its folders' missing write bit.
    await $({ quiet: true, nothrow: true })`chmod -R u+w ${work}`;
    await rm(work, { recursive: true, force: true });
  }
  return folder;
}

async function renameVersion(from: string, to: string, folder: string): Promise<void> {
  if (from === to) return;
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const file = join(entry.parentPath, entry.name);
    const text = await readFile(file, 'utf8');
    if (text.includes(from)) await writeFile(file, text.replaceAll(from, to));
  }
}
