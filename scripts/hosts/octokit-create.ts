import { RunError } from '../report/errors.ts';
import type { Visibility } from './host.ts';
import { requireSame, type Target } from './octokit-target.ts';

/**
 * Makes an empty repository for its owner: an organisation, or the token's own account.
 *
 * @throws RunError when the owner is neither, or the name is taken
 */
export async function createEmpty(target: Target, visibility: Visibility): Promise<void> {
  const { octokit, owner, repo } = target;
  const made = {
    name: repo,
    description: 'Platform of a cluster, applied by Argo CD',
    private: visibility !== 'public',
    auto_init: false,
  };
  try {
    if (await isOrganisation(target)) {
      // Only GitHub Enterprise knows internal ones, and only there is the field sent.
      const internal = visibility === 'internal' ? { visibility: 'internal' as never } : {};
      const { data } = await octokit.repos.createInOrg({ org: owner, ...made, ...internal });
      return requireSame(owner, repo, data.full_name);
    }
    await requireOwnAccount(target);
    const { data } = await octokit.repos.createForAuthenticatedUser(made);
    requireSame(owner, repo, data.full_name);
  } catch (error) {
    throw taken(error, owner, repo) ?? error;
  }
}

async function isOrganisation({ octokit, owner }: Target): Promise<boolean> {
  try {
    await octokit.orgs.get({ org: owner });
    return true;
  } catch (error) {
    if (error instanceof Error && 'status' in error && error.status === 404) return false;
    throw error;
  }
}

/** A repository that is made for "me" must not end up with somebody else. */
async function requireOwnAccount({ octokit, owner, repo, tokenOf }: Target): Promise<void> {
  if (tokenOf === 'installation') {
    throw new RunError(
      `${owner}/${repo} cannot be created: ${owner} is not an organisation, and a GitHub App can only create repositories in organisations`,
      {
        hint: 'Make the repository by hand (empty and private), or give a token of the account as git.host.token.',
      },
    );
  }
  const { data } = await octokit.users.getAuthenticated();
  if (data.login.toLowerCase() === owner.toLowerCase()) return;
  throw new RunError(
    `${owner}/${repo} cannot be created: ${owner} is not an organisation visible to the token, which belongs to ${data.login}`,
    {
      hint: `Check the spelling of the owner in git.url, or use a token of ${owner}.`,
    },
  );
}

/** The name is there, and the look before did not show it. */
function taken(error: unknown, owner: string, repo: string): RunError | undefined {
  if (!(error instanceof Error) || !/already exists/i.test(error.message)) return undefined;
  return new RunError(
    `${owner}/${repo} cannot be created: a repository of that name exists, and the token cannot see it`,
    {
      details: [error.message],
      hint: 'Grant the token access to it, or choose another name in git.url.',
      cause: error,
    },
  );
}
