import { cp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'yaml';
import type { ServeSettings } from '../sandbox/serve.ts';
import { mustRun } from './run-program.ts';
import type { RehearsalSite } from './site.ts';

const image = 'quay.io/argoproj/argocd';
const repositoryName = 'argo-cd';

/**
 * Serves a next patch version of Argo CD: its manifests and images under the next tag, with the same program. As in a real
 * upgrade, every workload of Argo CD is replaced.
 *
 * @returns the two versions, as v3.5.7
 */
export async function serveNextArgocd(site: RehearsalSite): Promise<{ from: string; to: string }> {
  const { sandbox } = site;
  if (sandbox === undefined) throw new Error('the next version is served by a sandbox');
  const pinned = parse(await readFile(join(site.root, 'infrastructure', 'argocd', 'upstream.yaml'), 'utf8'));
  const from = String(pinned.version);
  const to = from.replace(/\d+$/, (patch) => String(Number(patch) + 1));
  const file = join(sandbox.folder, 'serve.json');
  const settings: ServeSettings = JSON.parse(await readFile(file, 'utf8'));
  const bare = settings.repositories[repositoryName];
  const program = settings.images[`${image}:${from}`];
  if (bare === undefined || program === undefined) throw new Error(`Argo CD ${from} is not served`);
  await sandbox.serveRepository(repositoryName, await withNextTag(join(sandbox.folder, 'next-argocd'), bare, from, to));
  const now: ServeSettings = JSON.parse(await readFile(file, 'utf8'));
  const images = { ...now.images, [`${image}:${to}`]: program };
  await writeFile(`${file}.new`, JSON.stringify({ ...now, images }));
  await rename(`${file}.new`, file);
  return { from, to };
}

async function withNextTag(folder: string, bare: string, from: string, to: string): Promise<string> {
  await rm(folder, { recursive: true, force: true });
  const work = join(folder, 'work');
  const git = (...words: string[]) => mustRun(['git', '-c', 'safe.directory=*', ...words]);
  await cp(bare, join(folder, 'argo-cd.git'), { recursive: true });
  await git('clone', '--quiet', join(folder, 'argo-cd.git'), work);
  const names = (await git('-C', work, 'grep', '--name-only', '--fixed-strings', from)).split('\n');
  for (const name of names.filter((line) => line !== '')) {
    const text = await readFile(join(work, name), 'utf8');
    await writeFile(join(work, name), text.replaceAll(from, to));
  }
  const author = ['-c', 'user.name=Rehearsal', '-c', 'user.email=rehearsal@example.com'];
  await git('-C', work, ...author, 'commit', '--quiet', '--all', '--message', `Argo CD ${to}`);
  await git('-C', work, 'tag', to);
  await git('-C', work, 'push', '--quiet', 'origin', 'HEAD', to);
  return join(folder, 'argo-cd.git');
}
