import { createGit, orUndefined } from './run.ts';

/**
 * What the user's git already knows, as defaults of questions.
 *
 * @returns address of the remote `origin` and the user's address; each undefined where it is not set
 */
export async function gitDefaults(root: string): Promise<{ origin: string | undefined; email: string | undefined }> {
  const git = createGit(root);
  const read = async (key: string) => (await orUndefined(git.raw(['config', '--get', key])))?.trim() || undefined;
  return { origin: await read('remote.origin.url'), email: await read('user.email') };
}
