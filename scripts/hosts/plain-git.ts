import { RunError } from '../report/errors.ts';
import type { Host } from './host.ts';

/**
 * A Git host of which nothing but git is known: pushing works, all else is for a person to do.
 *
 * @param where the host's name
 */
export function plainGit(where: string): Host {
  const refuse = (what: string) => async (): Promise<never> => {
    throw new RunError(`Could not ${what}: ${where} is used as a plain Git server, without an API`, {
      hint: 'Do it by hand, or set git.host.kind to github, gitea or gitlab, and git.host.token.',
    });
  };
  return {
    name: 'plain Git',
    hasApi: false,
    repository: async () => undefined,
    createRepository: refuse('make the repository'),
    deployKeys: refuse('list the deploy keys'),
    changeDeployKeys: refuse('change the deploy keys'),
    webhook: refuse('set the webhook'),
    openPullRequest: refuse('open a pull request'),
  };
}
