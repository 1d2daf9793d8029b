import { RunError } from '../report/errors.ts';
import type { Visibility } from './host.ts';
import { type HostTarget, requireSame } from './octokit-target.ts';

/**
 * Creates an empty repository for its owner: an organization, or the token's own account.
 *
 * @throws RunError when the owner is neither, or the name is taken
 */
export async function createEmpty(target: HostTarget, visibility: Visibility): Promise<void> {
  const { octokit, owner, repo } = target;
  const made = {
    name: repo,
    description: 'Platform of a cluster, applied by Argo CD',
    private: visibility !== 'public',
    auto_init: false,
  };
  try {
    if (await isOrganization(target)) {
      // Only GitHub Enterprise has internal repositories, so the field is sent only for those.
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

async function isOrganization({ octokit, owner }: HostTarget): Promise<boolean> {
  try {
    await octokit.orgs.get({ org: owner });
    return true;
  } catch (error) {
    if (error instanceof Error && 'status' in error && error.status === 404) return false;
    throw error;
  }
}

/** A repository for "me" must not be created in another account. */
async function requireOwnAccount({ octokit, owner, repo, tokenOf }: HostTarget): Promise<void> {
  if (tokenOf === 'installation') {
    throw new RunError(
      `cannot create ${owner}/${repo}: ${owner} is not an organization, and a GitHub App can only create repositories in organizations`,
      {
        hint: 'Create the repository by hand (empty and private), or set git.host.token to a token that belongs to that account.',
      },
    );
  }
  const { data } = await octokit.users.getAuthenticated();
  if (data.login.toLowerCase() === owner.toLowerCase()) return;
  throw new RunError(
    `cannot create ${owner}/${repo}: ${owner} is not an organization that the token (of ${data.login}) can see`,
    {
      hint: `Check the spelling of the owner in git.url, or use a token of ${owner}.`,
    },
  );
}

/** The name is taken by a repository that the token cannot see. */
function taken(error: unknown, owner: string, repo: string): RunError | undefined {
  if (!(error instanceof Error) || !/already exists/i.test(error.message)) return undefined;
  return new RunError(
    `cannot create ${owner}/${repo}: a repository with that name exists, and the token cannot see it`,
    {
      details: [error.message],
      hint: 'Grant the token access to it, or choose another name in git.url.',
      cause: error,
    },
  );
}
