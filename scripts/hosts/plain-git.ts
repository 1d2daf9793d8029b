import { RunError } from '../report/errors.ts';
import type { Host } from './host.ts';

/**
 * A Git host without a known API: pushing works, the user does the rest by hand.
 *
 * @param where the host's name
 */
export function plainGit(where: string): Host {
  const refuse = (what: string) => async (): Promise<never> => {
    throw new RunError(`cannot ${what}: ${where} is used as a plain Git server, without an API`, {
      hint: 'Do it by hand, or set git.host.kind to github, gitea or gitlab, and git.host.token.',
    });
  };
  return {
    name: 'plain Git',
    hasApi: false,
    repository: async () => undefined,
    missingRights: async () => ({}),
    createRepository: refuse('create the repository'),
    deployKeys: refuse('list the deploy keys'),
    changeDeployKeys: refuse('change the deploy keys'),
    webhook: refuse('set the webhook'),
    openPullRequest: refuse('open a pull request'),
  };
}
