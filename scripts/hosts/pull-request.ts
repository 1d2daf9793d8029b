import { readFile } from 'node:fs/promises';
import { makeFetch } from './fetch.ts';
import { type GitHubAccess, github, githubApi } from './github.ts';
import type { Host, PullRequest } from './host.ts';

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
  const host = await hostOf(repository);
  return host === undefined ? undefined : (await host.openPullRequest(request)).url;
}

/**
 * Finds out which host a repository is at. A host other than github.com is asked itself whether it is a GitHub Enterprise
 * Server, and no other host is ever asked.
 */
async function hostOf({ url, credentials, caFile }: HostedRepository): Promise<Host | undefined> {
  if (!url.startsWith('https://') || credentials === undefined || !('token' in credentials)) return undefined;
  const { host, pathname } = new URL(url);
  const access = { baseUrl: githubApi(host), ...(caFile === undefined ? {} : { caFile }) };
  if (host !== 'github.com' && !(await isGitHub(access))) return undefined;
  return github(access, pathname.slice(1), credentials.token);
}

/** GitHub puts its own header on every answer; the token is not sent. */
async function isGitHub({ baseUrl, caFile }: GitHubAccess): Promise<boolean> {
  try {
    const ca = caFile === undefined ? undefined : await readFile(caFile, 'utf8');
    const options = { headers: { 'user-agent': 'breakwater' } };
    const { headers } = await makeFetch(process.env, ca)(`${baseUrl}/meta`, options);
    return headers.has('x-github-enterprise-version') || headers.has('x-github-request-id');
  } catch {
    return false;
  }
}
