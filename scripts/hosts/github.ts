import { createSign } from 'node:crypto';
import { RunError } from '../report/errors.ts';
import type { Host, HostAccess } from './host.ts';
import { hostError } from './host-error.ts';
import { type ApiAccess, makeOctokit } from './octokit.ts';
import { octokitHost } from './octokit-host.ts';
import type { Dialect } from './octokit-target.ts';

const dialect: Dialect = {
  name: 'GitHub',
  api: (web) => githubApi(new URL(web).host),
  needs: {
    look: 'The token or App needs the permission "Metadata" (read; classic tokens: repo).',
    create:
      'To create a repository, the token or App needs the permission "Administration", read and write, for all repositories of the owner (classic tokens: repo), and the organization must permit its members to create them.',
    keys: 'For deploy keys, the token or App needs the permission "Administration", read and write (classic tokens: repo), from a user who administers the repository.',
    hooks:
      'For webhooks, the token or App needs the permission "Webhooks", read and write (classic tokens: admin:repo_hook), from a user who administers the repository.',
    pulls:
      'The token or App needs the permissions "Contents" and "Pull requests", both read and write (classic tokens: repo).',
  },
  hookType: { name: 'web' },
  notesPushesLater: false,
  page: { per_page: 100 },
};

/** @returns the API of the GitHub at this host, with its port if it has one */
export function githubApi(host: string): string {
  return host === 'github.com' ? 'https://api.github.com' : `https://${host}/api/v3`;
}

/** GitHub and GitHub Enterprise Server. */
export function github(access: HostAccess): Host {
  return octokitHost(access, dialect);
}

/**
 * Gets a token for one installation of a GitHub App, valid for an hour. For git, its user name is `x-access-token`.
 *
 * @param access `baseUrl` from `githubApi`
 * @param app id and private key (PEM) of the App, and the installation's id
 * @see https://docs.github.com/en/apps/creating-github-apps/authenticating-with-a-github-app
 */
export async function installationToken(
  access: Omit<ApiAccess, 'authorization'>,
  app: { id: number; installationId: number; privateKey: string },
): Promise<string> {
  const octokit = await makeOctokit({
    ...access,
    authorization: `bearer ${appToken(app, Math.floor(Date.now() / 1000))}`,
  });
  try {
    const { data } = await octokit.apps.createInstallationAccessToken({ installation_id: app.installationId });
    return data.token;
  } catch (error) {
    throw hostError(error, {
      what: 'get a token',
      where: `installation ${app.installationId} of the GitHub App ${app.id}`,
      needs: 'The App must be installed for the repository, and its installation not suspended.',
    });
  }
}

/** The App's JSON Web Token, issued a minute early because clocks differ. */
function appToken({ id, privateKey }: { id: number; privateKey: string }, now: number): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const text = `${part({ alg: 'RS256', typ: 'JWT' })}.${part({ iat: now - 60, exp: now + 540, iss: String(id) })}`;
  try {
    return `${text}.${createSign('RSA-SHA256').update(text).sign(privateKey, 'base64url')}`;
  } catch (cause) {
    throw new RunError("cannot use the GitHub App's private key", {
      hint: 'git.credentials.githubApp.privateKey must be the PEM file that GitHub gave you for the App.',
      cause,
    });
  }
}
