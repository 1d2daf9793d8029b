import type { Host, HostAccess } from './host.ts';
import { octokitHost } from './octokit-host.ts';
import type { Dialect } from './octokit-target.ts';

const dialect: Dialect = {
  name: 'Gitea',
  api: (web) => `${web}/api/v1`,
  needs: {
    look: 'The token needs the scope read:repository.',
    create:
      'To create a repository, the token needs the scopes write:repository and write:organization (for your own account write:user).',
    keys: 'For deploy keys, the token needs the scope write:repository, from a user who administers the repository.',
    hooks: 'For webhooks, the token needs the scope write:repository, from a user who administers the repository.',
    pulls: 'The token needs the scopes write:repository and write:issue.',
  },
  hookType: { type: 'gitea' },
  notesPushesLater: true,
  page: { limit: 50 },
};

/**
 * Gitea and Forgejo, which have the same API: the part that it shares with GitHub's.
 *
 * @see https://docs.gitea.com/api/
 */
export function gitea(access: HostAccess): Host {
  return octokitHost(access, dialect);
}
