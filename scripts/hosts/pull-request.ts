import { chooseHost } from './choose.ts';
import type { PullRequest } from './host.ts';

/** A repository and how it is reached; secrets are resolved already. */
export interface HostedRepository {
  /** As git.url. */
  url: string;
  /** An API takes tokens only: with an SSH key the pull request is left to the user. */
  credentials?: { token: string } | { sshKey: string };
  /** PEM file of the host's CA. */
  caFile?: string;
}

/**
 * Finds or opens the pull request for a branch that was pushed.
 *
 * @returns its address; undefined where we can't: no token, or a host that we have no code for. Say then which branch was
 *   pushed, and that a pull request is to be opened from it.
 * @throws RunError when the host refuses
 */
export async function pullRequest(repository: HostedRepository, request: PullRequest): Promise<string | undefined> {
  const { url, credentials, caFile } = repository;
  if (!url.startsWith('https://') || credentials === undefined || !('token' in credentials)) return undefined;
  const { origin, pathname } = new URL(url);
  const host = await chooseHost({
    web: origin,
    repository: pathname.slice(1).replace(/\.git$/, ''),
    token: credentials.token,
    tokenOf: 'user',
    ...(caFile === undefined ? {} : { caFile }),
  });
  return host.hasApi ? (await host.openPullRequest(request)).url : undefined;
}
