import { createSign } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { Octokit } from '@octokit/rest';
import { RunError } from '../report/errors.ts';
import { makeFetch } from './fetch.ts';
import { githubError } from './github-errors.ts';
import type { Host, PullRequest } from './host.ts';

/** How a GitHub's API is reached. */
export interface GitHubAccess {
  /** `https://api.github.com`, or `https://HOST/api/v3` of a GitHub Enterprise Server. */
  baseUrl: string;
  /** PEM file of a CA to trust beside the public ones. */
  caFile?: string;
}

/** @returns the API of the GitHub at this host, with its port if it has one */
export function githubApi(host: string): string {
  return host === 'github.com' ? 'https://api.github.com' : `https://${host}/api/v3`;
}

/**
 * GitHub and GitHub Enterprise Server.
 *
 * @param repository as `acme/platform`
 * @param token needs the rights Contents and Pull requests, read and write
 */
export function github(access: GitHubAccess, repository: string, token: string): Host {
  const [owner = '', repo = ''] = repository.replace(/\.git$/, '').split('/');
  const where = `${owner}/${repo} on ${new URL(access.baseUrl).hostname.replace(/^api\./, '')}`;
  return {
    name: 'GitHub',
    openPullRequest: async (request) => {
      const octokit = await connect(access, `token ${token}`);
      const there = { owner, repo };
      try {
        const found = await findOpen(octokit, there, request);
        if (found !== undefined) return { url: found, created: false };
        return await open(octokit, there, request);
      } catch (error) {
        throw githubError(error, 'open a pull request', where);
      }
    },
  };
}

interface Repository {
  owner: string;
  repo: string;
}

/** @see https://docs.github.com/en/rest/pulls/pulls#list-pull-requests */
async function findOpen(octokit: Octokit, there: Repository, { base, head }: PullRequest): Promise<string | undefined> {
  const { data } = await octokit.pulls.list({ ...there, base, head: `${there.owner}:${head}`, state: 'open' });
  return Array.isArray(data) ? data.find((pull) => pull.head.ref === head)?.html_url : undefined;
}

/** @see https://docs.github.com/en/rest/pulls/pulls#create-a-pull-request */
async function open(
  octokit: Octokit,
  there: Repository,
  request: PullRequest,
): Promise<{ url: string; created: boolean }> {
  try {
    const { data } = await octokit.pulls.create({ ...there, ...request });
    requireSame(there, data.base.repo.full_name);
    return { url: data.html_url, created: true };
  } catch (error) {
    // Another run may have opened it since we looked.
    if (!(error instanceof Error) || !/already exists/i.test(error.message)) throw error;
    const found = await findOpen(octokit, there, request);
    if (found === undefined) throw error;
    return { url: found, created: false };
  }
}

/** An answer about another repository than the asked one means that a name was taken for another. */
function requireSame({ owner, repo }: Repository, answered: string): void {
  if (answered.toLowerCase() === `${owner}/${repo}`.toLowerCase()) return;
  throw new RunError(`GitHub answered for ${answered}, not for ${owner}/${repo}`, {
    hint: 'The repository was moved or renamed: set git.url to its present address.',
  });
}

/**
 * Gets a token for one installation of a GitHub App; it is good for an hour. git takes it with the user name
 * `x-access-token`.
 *
 * @param app id and private key (PEM) of the App, and the installation's id
 * @see https://docs.github.com/en/apps/creating-github-apps/authenticating-with-a-github-app
 */
export async function installationToken(
  access: GitHubAccess,
  app: { id: number; installationId: number; privateKey: string },
): Promise<string> {
  const octokit = await connect(access, `bearer ${appToken(app, Math.floor(Date.now() / 1000))}`);
  try {
    const { data } = await octokit.apps.createInstallationAccessToken({ installation_id: app.installationId });
    return data.token;
  } catch (error) {
    throw githubError(error, 'get a token', `installation ${app.installationId} of the GitHub App ${app.id}`);
  }
}

/** A JSON Web Token by which an App proves who it is; a minute early, for clocks that differ. */
function appToken({ id, privateKey }: { id: number; privateKey: string }, now: number): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const text = `${part({ alg: 'RS256', typ: 'JWT' })}.${part({ iat: now - 60, exp: now + 540, iss: String(id) })}`;
  try {
    return `${text}.${createSign('RSA-SHA256').update(text).sign(privateKey, 'base64url')}`;
  } catch (cause) {
    throw new RunError("The GitHub App's private key can not be used", {
      hint: 'git.credentials.githubApp.privateKey must be the PEM file that GitHub gave you for the App.',
      cause,
    });
  }
}

/** Octokit is loaded when it is needed: most runs do without. */
async function connect({ baseUrl, caFile }: GitHubAccess, authorization: string): Promise<Octokit> {
  const ca = caFile === undefined ? undefined : await readCa(caFile);
  const { Octokit } = await import('@octokit/rest');
  const silent = () => undefined;
  const octokit = new Octokit({
    baseUrl,
    userAgent: 'breakwater',
    request: { fetch: makeFetch(process.env, ca) },
    log: { debug: silent, info: silent, warn: silent, error: silent },
  });
  octokit.hook.before('request', (options) => {
    options.headers.authorization = authorization;
  });
  octokit.hook.after('request', (response) => {
    if (response.status >= 300)
      throw Object.assign(new Error(`moved to ${response.headers.location}`), response, { response });
  });
  return octokit;
}

async function readCa(file: string): Promise<string> {
  return readFile(file, 'utf8').catch((cause: unknown) => {
    throw new RunError(`The CA file ${file} can not be read`, { hint: 'Check git.caFile.', cause });
  });
}
