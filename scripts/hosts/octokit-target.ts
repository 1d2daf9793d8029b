import type { Octokit } from '@octokit/rest';
import { RunError } from '../report/errors.ts';
import type { HostAccess } from './host.ts';

/** Actions, by the permissions that they need. */
export type HostAction = 'look' | 'create' | 'keys' | 'hooks' | 'pulls';

/** Differences between the hosts with GitHub's kind of API. */
export interface Dialect {
  name: string;
  /** @returns the API's address */
  api(web: string): string;
  /** A sentence for each action: the permissions that the token needs. */
  needs: Readonly<Record<HostAction, string>>;
  /** Additional fields of a request for a webhook. */
  hookType: Readonly<Record<string, string>>;
  /** True where pull requests of a repository or branch are "not found" for a moment after the push. */
  notesPushesLater: boolean;
  /** Query parameters for the longest page. */
  page: Readonly<Record<string, number>>;
}

/** One repository on one host, for calls. */
export interface HostTarget {
  octokit: Octokit;
  owner: string;
  repo: string;
  dialect: Dialect;
  tokenOf: HostAccess['tokenOf'];
}

/**
 * @throws RunError when the host answered for another repository than the requested one: it was moved or renamed
 */
export function requireSame(owner: string, repo: string, answered: string): void {
  if (answered.toLowerCase() === `${owner}/${repo}`.toLowerCase()) return;
  throw new RunError(`the host returned ${answered} instead of ${owner}/${repo}`, {
    hint: 'The repository was moved or renamed: set git.url to its current address.',
  });
}
