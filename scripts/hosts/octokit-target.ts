import type { Octokit } from '@octokit/rest';
import { RunError } from '../report/errors.ts';
import type { HostAccess } from './host.ts';

/** What can be tried, for the rights that it needs. */
export type Action = 'look' | 'create' | 'keys' | 'hooks' | 'pulls';

/** In what the hosts with an API of GitHub's kind differ. */
export interface Dialect {
  name: string;
  /** Address of the API, of the host's web address. */
  api(web: string): string;
  /** For each action a sentence: which rights the token needs. */
  needs: Readonly<Record<Action, string>>;
  /** What a request for a webhook has beside GitHub's own. */
  hookType: Readonly<Record<string, string>>;
  /** True where pull requests of a repository or branch are "not found" for some moments after the push. */
  notesPushesLater: boolean;
  /** Query parameters for the longest page. */
  page: Readonly<Record<string, number>>;
}

/** One repository on one host, as calls need it. */
export interface Target {
  octokit: Octokit;
  owner: string;
  repo: string;
  dialect: Dialect;
  tokenOf: HostAccess['tokenOf'];
}

/**
 * An answer about another repository than the asked one means that a name was taken for another.
 *
 * @throws RunError
 */
export function requireSame(owner: string, repo: string, answered: string): void {
  if (answered.toLowerCase() === `${owner}/${repo}`.toLowerCase()) return;
  throw new RunError(`The host answered for ${answered}, not for ${owner}/${repo}`, {
    hint: 'The repository was moved or renamed: set git.url to its present address.',
  });
}
