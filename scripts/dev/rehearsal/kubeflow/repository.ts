import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { mustRun } from '../run-program.ts';
import { filesOf, type StandInRepository } from './index.ts';

/**
 * Writes such a repository as a bare one, with one commit that carries the tag.
 *
 * @param folder is made; what is there already is taken as it is
 */
export async function writeRepository(repository: StandInRepository, folder: string): Promise<void> {
  if (existsSync(folder)) return;
  await mkdir(dirname(folder), { recursive: true });
  const work = await mkdtemp(join(dirname(folder), 'unfinished-'));
  const git = (...words: string[]) =>
    mustRun(['git', '-c', 'user.name=Rehearsal', '-c', 'user.email=rehearsal@example.com', '-C', work, ...words]);
  try {
    for (const [path, text] of Object.entries(filesOf(repository))) {
      await mkdir(dirname(join(work, 'tree', path)), { recursive: true });
      await writeFile(join(work, 'tree', path), text);
    }
    await git('init', '--quiet', '--initial-branch=main', 'tree');
    await git('-C', 'tree', 'add', '--all');
    await git('-C', 'tree', 'commit', '--quiet', '--message', `Stands in for ${repository.upstream} ${repository.tag}`);
    await git('-C', 'tree', 'tag', repository.tag);
    await git('clone', '--quiet', '--bare', 'tree', 'bare.git');
    await rename(join(work, 'bare.git'), folder);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}
