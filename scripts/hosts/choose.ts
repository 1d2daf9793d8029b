import { makeFetch } from '../network/fetch.ts';
import { readCa } from './ca-file.ts';
import { gitea } from './gitea.ts';
import { github, githubApi } from './github.ts';
import { gitlab } from './gitlab.ts';
import type { Host, HostAccess, HostKind } from './host.ts';
import { plainGit } from './plain-git.ts';

const hosts = { github, gitea, gitlab } as const;

/** The settings for a repository's host, before the host is asked. */
export interface HostQuestion extends Omit<HostAccess, 'token'> {
  /** As configured; undefined: recognized by its name, else by its answers. */
  kind?: HostKind;
  /** Without one, there is no API. */
  token?: string;
}

/** @returns the host of a repository; plain Git without a token, or when the host is not recognized */
export async function chooseHost({ kind, token, ...access }: HostQuestion): Promise<Host> {
  const { host } = new URL(access.web);
  if (token === undefined || kind === 'git') return plainGit(host);
  const known = kind ?? kindByName(host) ?? (await kindByAnswer(access.web, access.caFile));
  return known === undefined || known === 'git' ? plainGit(host) : hosts[known]({ ...access, token });
}

/** @returns the kind of a well-known host; pure */
function kindByName(host: string): HostKind | undefined {
  if (host === 'github.com') return 'github';
  if (host === 'gitlab.com') return 'gitlab';
  return host === 'gitea.com' || host === 'codeberg.org' ? 'gitea' : undefined;
}

/** Recognizes a host by how it answers requests without a token. */
async function kindByAnswer(web: string, caFile: string | undefined): Promise<HostKind | undefined> {
  const fetch = makeFetch(process.env, await readCa(caFile));
  const ask = async (url: string): Promise<Response | undefined> =>
    fetch(url, { headers: { 'user-agent': 'breakwater' } }).catch(() => undefined);
  const enterprise = await ask(`${githubApi(new URL(web).host)}/meta`);
  if (enterprise === undefined) return undefined;
  if (['x-github-enterprise-version', 'x-github-request-id'].some((name) => enterprise.headers.has(name)))
    return 'github';
  if (enterprise.headers.has('x-gitlab-meta')) return 'gitlab';
  const gitlabs = await ask(`${web}/api/v4/version`);
  if (gitlabs?.headers.has('x-gitlab-meta')) return 'gitlab';
  const giteas = await ask(`${web}/api/v1/version`);
  const version: unknown = giteas?.ok ? await giteas.json().catch(() => undefined) : undefined;
  return typeof version === 'object' && version !== null && 'version' in version ? 'gitea' : undefined;
}
