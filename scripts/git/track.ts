import { type Git, orUndefined } from './run.ts';

/**
 * Moves the remote-tracking branches of a branch to the commit that was pushed, as `git push origin` does: a push to a URL
 * leaves them behind, and `git status` says "ahead 1" from then on.
 *
 * @param url address that was pushed to
 */
export async function track(git: Git, url: string, branch: string, commit: string): Promise<void> {
  const settings = (await orUndefined(git.raw(['config', '--get-regexp', '^remote\\..*\\.(url|fetch)$']))) ?? '';
  const lines = settings.split('\n').map((line) => /^remote\.(.+)\.(url|fetch) (.+)$/.exec(line) ?? []);
  const fetches = (name: string) =>
    lines.some(
      ([, owner, key, value]) => owner === name && key === 'fetch' && value?.endsWith(`:refs/remotes/${name}/*`),
    );
  for (const [, name, key, value] of lines) {
    if (name === undefined || key !== 'url' || value === undefined) continue;
    if (place(value) !== place(url) || !fetches(name)) continue;
    await git.raw(['update-ref', '-m', 'update by push', `refs/remotes/${name}/${branch}`, commit]);
  }
}

/** Host and path of an address: the same for https://, ssh:// and the scp-like form. */
function place(url: string): string {
  const text = /^file:\/\/(?!.*%(?![0-9a-f]{2}))/i.test(url) ? decodeURIComponent(url) : url;
  return text
    .replace(/^[a-z]+:\/\//i, '')
    .replace(/^[^@/]*@/, '')
    .replace(/^([^/:]+):(?!\d+\/)/, '$1/')
    .replace(/\/*(\.git)?\/*$/, '')
    .toLowerCase();
}
