import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { mustRun } from '../run-program.ts';
import { type FakeRepository, filesOf } from './index.ts';

/**
 * Writes such a repository as a bare one, with one tagged commit.
 *
 * @param folder created if missing; an existing one is used unchanged
 * @param below upstream's own files, for paths without a replacement
 */
export async function writeRepository(
  repository: FakeRepository,
  folder: string,
  below?: { repository: string; commit: string },
): Promise<void> {
  if (existsSync(folder)) return;
  await mkdir(dirname(folder), { recursive: true });
  const work = await mkdtemp(join(dirname(folder), 'unfinished-'));
  const git = (...words: string[]) =>
    mustRun(['git', '-c', 'user.name=Rehearsal', '-c', 'user.email=rehearsal@example.com', '-C', work, ...words]);
  try {
    await mkdir(join(work, 'tree'));
    if (below !== undefined) {
      const archive = join(work, 'below.tar');
      await git('-c', 'safe.directory=*', '-C', below.repository, 'archive', `--output=${archive}`, below.commit);
      await mustRun(['tar', '-x', '-f', archive, '-C', join(work, 'tree')]);
    }
    for (const path of Object.keys(repository.paths))
      await rm(join(work, 'tree', path), { recursive: true, force: true });
    for (const [path, text] of Object.entries(filesOf(repository))) {
      await mkdir(dirname(join(work, 'tree', path)), { recursive: true });
      await writeFile(join(work, 'tree', path), text);
    }
    await git('init', '--quiet', '--initial-branch=main', 'tree');
    await git('-C', 'tree', 'add', '--all');
    await git('-C', 'tree', 'commit', '--quiet', '--message', `Replaces ${repository.upstream} ${repository.tag}`);
    await git('-C', 'tree', 'tag', repository.tag);
    await git('clone', '--quiet', '--bare', 'tree', 'bare.git');
    await rename(join(work, 'bare.git'), folder);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}
