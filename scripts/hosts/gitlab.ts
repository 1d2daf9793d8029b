import * as z from 'zod';
import { RunError } from '../report/errors.ts';
import { type Call, gitlabApi } from './gitlab-api.ts';
import type { DeployKey, Host, HostAccess, HostedRepository, PullRequest, Visibility, Webhook } from './host.ts';
import { hostError } from './host-error.ts';

const needs = {
  look: 'The token needs the scope read_api, or api.',
  pulls: 'The token needs the scope api, from a developer of the project.',
  change: 'The token needs the scope api, from a maintainer of the project.',
  create: 'The token needs the scope api, and its user must be allowed to create projects in the group.',
};

const accessLevel = z.object({ access_level: z.number() }).nullish();
const project = z.object({
  path_with_namespace: z.string(),
  archived: z.boolean().default(false),
  visibility: z.enum(['private', 'internal', 'public']),
  permissions: z.object({ project_access: accessLevel, group_access: accessLevel }).optional(),
});
const key = z.object({ id: z.number(), title: z.string(), key: z.string(), can_push: z.boolean() });
const tokenOfCaller = z.object({ scopes: z.array(z.string()) });
const hook = z.object({ id: z.number(), url: z.string() });
const mergeRequest = z.object({
  iid: z.number(),
  description: z.string().nullish(),
  web_url: z.string(),
  source_branch: z.string(),
  target_branch: z.string(),
});
const namespace = z.object({ id: z.number(), full_path: z.string() });

/** The lowest levels that can manage keys and hooks, and open merge requests: https://docs.gitlab.com/api/members/#roles */
const maintainer = 40;
const developer = 30;

/** GitLab: https://docs.gitlab.com/api/rest/. Its pull requests are called merge requests. */
export function gitlab(access: HostAccess): Host {
  const where = `${access.repository} on ${new URL(access.web).host}`;
  // Encoded once, subgroups included.
  const path = `/projects/${encodeURIComponent(access.repository)}`;
  let connected: Promise<Call> | undefined;
  const attempt = async <T>(what: string, needed: string, body: (call: Call) => Promise<T>): Promise<T> => {
    try {
      connected ??= gitlabApi(access);
      return await body(await connected);
    } catch (error) {
      throw hostError(error, { what, where, needs: needed });
    }
  };
  return {
    name: 'GitLab',
    hasApi: true,
    repository: () => attempt('look at the project', needs.look, (call) => look(call, path, access.repository)),
    missingRights: () => attempt('look at the rights of the token', needs.look, (call) => missingRights(call, path)),
    createRepository: (visibility) =>
      attempt('create the project', needs.create, (call) => create(call, access.repository, visibility)),
    deployKeys: () => attempt('list the deploy keys', needs.change, (call) => listKeys(call, path)),
    changeDeployKeys: ({ add, remove = [] }) =>
      attempt('change the deploy keys', needs.change, async (call) => {
        if (add !== undefined)
          await call('POST', `${path}/deploy_keys`, { title: add.title, key: add.publicKey, can_push: false });
        for (const id of remove) await call('DELETE', `${path}/deploy_keys/${id}`);
      }),
    webhook: (url, set) => attempt('set the webhook', needs.change, (call) => setWebhook(call, path, url, set)),
    openPullRequest: (request) =>
      attempt('open a merge request', needs.pulls, (call) => openMergeRequest(call, path, request)),
  };
}

async function look(call: Call, path: string, expected: string): Promise<HostedRepository | undefined> {
  try {
    const found = project.parse(await call('GET', path));
    requireSame(expected, found.path_with_namespace);
    const level = levelIn(found);
    return {
      archived: found.archived,
      visibility: found.visibility,
      ...(level === undefined ? {} : { mayAdminister: level >= maintainer }),
    };
  } catch (error) {
    if (statusOf(error) === 404) return undefined;
    throw error;
  }
}

/** @returns the level of the token's user; undefined where GitLab does not say */
function levelIn({ permissions }: z.output<typeof project>): number | undefined {
  if (permissions === undefined) return undefined;
  return Math.max(...[permissions.project_access, permissions.group_access].map((entry) => entry?.access_level ?? 0));
}

/** https://docs.gitlab.com/api/personal_access_tokens/#self-inform */
async function missingRights(call: Call, path: string) {
  const level = levelIn(project.parse(await call('GET', path))) ?? maintainer;
  // An OAuth token has no such page.
  const answer: unknown = await call('GET', '/personal_access_tokens/self').catch(() => undefined);
  const scopes = tokenOfCaller.safeParse(answer).data?.scopes;
  const lacks = (least: number) => level < least || scopes?.includes('api') === false;
  return {
    ...(lacks(developer) ? { pulls: needs.pulls } : {}),
    ...(lacks(maintainer) ? { keys: needs.change, hooks: needs.change } : {}),
  };
}

function requireSame(expected: string, answered: string): void {
  if (answered.toLowerCase() === expected.toLowerCase()) return;
  throw new RunError(`GitLab returned ${answered} instead of ${expected}`, {
    hint: 'The project was moved or renamed: set git.url to its current address.',
  });
}

async function create(call: Call, repository: string, visibility: Visibility): Promise<void> {
  const group = repository.split('/').slice(0, -1).join('/');
  const name = repository.split('/').at(-1) ?? '';
  let owner: z.output<typeof namespace>;
  try {
    owner = namespace.parse(await call('GET', `/namespaces/${encodeURIComponent(group)}`));
  } catch (error) {
    if (statusOf(error) !== 404) throw error;
    throw new RunError(`cannot create ${repository}: the token sees no group or account ${group}`, {
      hint: 'Check the spelling of the group in git.url. Groups must be created by hand.',
    });
  }
  try {
    const made = project.parse(
      await call('POST', '/projects', { name, path: name, namespace_id: owner.id, visibility }),
    );
    requireSame(repository, made.path_with_namespace);
  } catch (error) {
    if (!(error instanceof Error) || !/already been taken/.test(error.message)) throw error;
    throw new RunError(`cannot create ${repository}: a project with that name exists, and the token cannot see it`, {
      details: [error.message],
      hint: 'Grant the token access to it, or choose another name in git.url.',
      cause: error,
    });
  }
}

async function listKeys(call: Call, path: string): Promise<DeployKey[]> {
  const keys = await all(call, `${path}/deploy_keys`, key);
  return keys.map((entry) => ({
    id: String(entry.id),
    title: entry.title,
    publicKey: entry.key.trim().split(/\s+/).slice(0, 2).join(' '),
    readOnly: !entry.can_push,
  }));
}

/** All pages of a list: https://docs.gitlab.com/api/rest/#pagination */
async function all<T>(call: Call, path: string, shape: z.ZodType<T>): Promise<T[]> {
  const found: T[] = [];
  for (let page = 1; ; page += 1) {
    const part = z.array(shape).parse(await call('GET', `${path}?per_page=100&page=${page}`));
    found.push(...part);
    if (part.length < 100) return found;
  }
}

async function setWebhook(
  call: Call,
  path: string,
  url: string,
  set?: Omit<Webhook, 'url'>,
): Promise<string | undefined> {
  const found = (await all(call, `${path}/hooks`, hook)).find((entry) => entry.url === url)?.id;
  if (set === undefined) return found === undefined ? undefined : String(found);
  const body = { url, token: set.secret, push_events: true, enable_ssl_verification: set.verifyTls };
  if (found !== undefined) {
    await call('PUT', `${path}/hooks/${found}`, body);
    return String(found);
  }
  return String(hook.parse(await call('POST', `${path}/hooks`, body)).id);
}

async function openMergeRequest(
  call: Call,
  path: string,
  { base, head, title, body, mayReplace }: PullRequest,
): Promise<{ url: string; created: boolean }> {
  const query = new URLSearchParams({ state: 'opened', source_branch: head, target_branch: base });
  const find = async () => z.array(mergeRequest).parse(await call('GET', `${path}/merge_requests?${query}`))[0];
  const open = await find();
  if (open !== undefined) {
    const there = open.description ?? '';
    if (mayReplace?.(there) === true && there.trim() !== body.trim())
      await call('PUT', `${path}/merge_requests/${open.iid}`, { title, description: body });
    return { url: open.web_url, created: false };
  }
  try {
    const asked = { source_branch: head, target_branch: base, title, description: body };
    const made = mergeRequest.parse(await call('POST', `${path}/merge_requests`, asked));
    return { url: made.web_url, created: true };
  } catch (error) {
    // Another run may have opened it meanwhile.
    const found = statusOf(error) === 409 ? await find() : undefined;
    if (found === undefined) throw error;
    return { url: found.web_url, created: false };
  }
}

function statusOf(error: unknown): number | undefined {
  return error instanceof Error && 'status' in error ? Number(error.status) : undefined;
}
