import { setTimeout } from 'node:timers/promises';
import type { Octokit } from '@octokit/rest';
import { during } from '../report/activity.ts';
import { RunError } from '../report/errors.ts';
import type { DeployKey, Host, HostAccess, HostedRepository, PullRequest, Webhook } from './host.ts';
import { hostError } from './host-error.ts';
import { makeOctokit } from './octokit.ts';
import { createEmpty } from './octokit-create.ts';
import { type Dialect, type HostAction, type HostTarget, requireSame } from './octokit-target.ts';

/** A host with an API of GitHub's kind: https://docs.github.com/en/rest */
export function octokitHost(access: HostAccess, dialect: Dialect): Host {
  const [owner = '', repo = ''] = access.repository.split('/');
  const where = `${owner}/${repo} on ${new URL(access.web).host}`;
  const baseUrl = dialect.api(access.web);
  const { caFile, report } = access;
  let connected: Promise<Octokit> | undefined;
  const attempt = async <T>(action: HostAction, what: string, body: (target: HostTarget) => Promise<T>): Promise<T> => {
    try {
      connected ??= makeOctokit({
        baseUrl,
        authorization: `token ${access.token}`,
        ...(caFile === undefined ? {} : { caFile }),
        report,
      });
      return await body({ octokit: await connected, owner, repo, dialect, tokenOf: access.tokenOf });
    } catch (error) {
      throw hostError(error, { what, where, needs: dialect.needs[action] });
    }
  };
  const look = () => attempt('look', 'look at the repository', lookAt);
  return {
    name: dialect.name,
    hasApi: true,
    repository: look,
    missingRights: () => attempt('look', 'look at the rights of the token', missingRights),
    createRepository: async (visibility) => {
      await attempt('create', 'create the repository', (target) => createEmpty(target, visibility));
      await untilShown(look, where);
    },
    deployKeys: () => attempt('keys', 'list the deploy keys', listKeys),
    changeDeployKeys: (change) => attempt('keys', 'change the deploy keys', (target) => changeKeys(target, change)),
    webhook: (url, set) => attempt('hooks', 'set the webhook', (target) => setWebhook(target, url, set)),
    openPullRequest: (request) =>
      attempt('pulls', 'open a pull request', async (target) => {
        const found = await untilNoticed(dialect, () => findOpen(target, request));
        return found === undefined
          ? await untilNoticed(dialect, () => open(target, request))
          : await keepOrReplace(target, found, request);
      }),
  };
}

/** A new repository may not answer at once. */
async function untilShown(look: () => Promise<HostedRepository | undefined>, where: string): Promise<void> {
  for (let pause = 250; pause < 20_000; pause *= 2) {
    if ((await look()) !== undefined) return;
    await during(`waiting until the host shows ${where}`, () => setTimeout(pause));
  }
  throw new RunError(`${where} was created, but the host does not show it yet`, { hint: 'Run it again in a minute.' });
}

async function lookAt({ octokit, owner, repo }: HostTarget): Promise<HostedRepository | undefined> {
  try {
    const { data } = await octokit.repos.get({ owner, repo });
    requireSame(owner, repo, data.full_name);
    const visibility = data.visibility === 'internal' ? 'internal' : data.private ? 'private' : 'public';
    const { permissions } = data;
    return {
      archived: data.archived,
      visibility,
      ...(permissions === undefined ? {} : { mayAdminister: permissions.admin }),
    };
  } catch (error) {
    if (error instanceof Error && 'status' in error && error.status === 404) return undefined;
    throw error;
  }
}

/** Classic tokens of GitHub have scopes in a header: https://docs.github.com/en/apps/oauth-apps/building-oauth-apps/scopes-for-oauth-apps */
async function missingRights({ octokit, owner, repo, dialect, tokenOf }: HostTarget) {
  const { data, headers } = await octokit.repos.get({ owner, repo });
  // The role of a user says nothing about an App.
  const { admin = true, push = true } = (tokenOf === 'user' ? data.permissions : undefined) ?? {};
  const scopes = headers['x-oauth-scopes']?.toString().split(/,\s*/);
  const all = scopes?.some((scope) => scope === 'repo' || (scope === 'public_repo' && !data.private)) ?? true;
  const hooks = all || scopes?.some((scope) => /^(admin|write):repo_hook$/.test(scope)) === true;
  const may = { pulls: push && all, keys: admin && all, hooks: admin && hooks };
  const refused = (['pulls', 'keys', 'hooks'] as const).filter((use) => !may[use]);
  return Object.fromEntries(refused.map((use) => [use, dialect.needs[use]]));
}

/** Counts the items: Octokit follows links to the next page, and Gitea sends none for keys. */
async function allPages<T>(
  ask: (page: number) => Promise<{ data: T[]; headers: Readonly<Record<string, unknown>> }>,
  { page }: Dialect,
): Promise<T[]> {
  const size = Math.max(...Object.values(page));
  const found: T[] = [];
  for (let at = 1; ; at += 1) {
    const { data, headers } = await ask(at);
    found.push(...data);
    const total = headers['x-total-count'];
    const more = total === undefined ? data.length === size : found.length < Number(total);
    if (!more || data.length === 0) return found;
  }
}

/** @see https://docs.github.com/en/rest/deploy-keys/deploy-keys */
async function listKeys({ octokit, owner, repo, dialect }: HostTarget): Promise<DeployKey[]> {
  const keys = await allPages((page) => octokit.repos.listDeployKeys({ owner, repo, page, ...dialect.page }), dialect);
  return keys.map(({ id, title, key, read_only }) => ({
    id: String(id),
    title,
    publicKey: key.trim().split(/\s+/).slice(0, 2).join(' '),
    readOnly: read_only,
  }));
}

async function changeKeys(
  { octokit, owner, repo }: HostTarget,
  { add, remove = [] }: Parameters<Host['changeDeployKeys']>[0],
): Promise<void> {
  if (add !== undefined)
    await octokit.repos.createDeployKey({ owner, repo, title: add.title, key: add.publicKey, read_only: true });
  for (const id of remove) await octokit.repos.deleteDeployKey({ owner, repo, key_id: Number(id) });
}

/** @see https://docs.github.com/en/rest/repos/webhooks */
async function setWebhook(
  { octokit, owner, repo, dialect }: HostTarget,
  url: string,
  set?: Omit<Webhook, 'url'>,
): Promise<string | undefined> {
  const hooks = await allPages((page) => octokit.repos.listWebhooks({ owner, repo, page, ...dialect.page }), dialect);
  const found = hooks.find(({ config }) => config.url === url)?.id;
  if (set === undefined) return found === undefined ? undefined : String(found);
  const config = { url, content_type: 'json', secret: set.secret, insecure_ssl: set.verifyTls ? '0' : '1' };
  const hook = { owner, repo, active: true, events: ['push'], config };
  if (found !== undefined) {
    await octokit.repos.updateWebhook({ ...hook, hook_id: found });
    return String(found);
  }
  const { data } = await octokit.repos.createWebhook({ ...hook, ...dialect.hookType });
  return String(data.id);
}

/** @see https://docs.github.com/en/rest/pulls/pulls#list-pull-requests */
async function findOpen(
  { octokit, owner, repo, dialect }: HostTarget,
  { base, head }: PullRequest,
): Promise<OpenPull | undefined> {
  const query = { owner, repo, base, head: `${owner}:${head}`, state: 'open' as const, ...dialect.page };
  // Gitea ignores base and head, so filter the response.
  const pulls = await allPages((page) => octokit.pulls.list({ ...query, page }), dialect);
  return pulls.find((pull) => pull.head.ref === head && pull.base.ref === base);
}

interface OpenPull {
  number: number;
  html_url: string;
  body: string | null;
}

/** @see https://docs.github.com/en/rest/pulls/pulls#update-a-pull-request */
async function keepOrReplace(
  { octokit, owner, repo }: HostTarget,
  { number, html_url: url, body: old }: OpenPull,
  { title, body, mayReplace }: PullRequest,
): Promise<{ url: string; created: boolean }> {
  const there = old ?? '';
  if (mayReplace?.(there) === true && there.trim() !== body.trim())
    await octokit.pulls.update({ owner, repo, pull_number: number, title, body });
  return { url, created: false };
}

/** @see https://docs.github.com/en/rest/pulls/pulls#create-a-pull-request */
async function open(target: HostTarget, request: PullRequest): Promise<{ url: string; created: boolean }> {
  const { octokit, owner, repo } = target;
  const { base, head, title, body } = request;
  try {
    const { data } = await octokit.pulls.create({ owner, repo, base, head, title, body });
    requireSame(owner, repo, data.base.repo.full_name);
    return { url: data.html_url, created: true };
  } catch (error) {
    // Another run may have opened it meanwhile.
    const exists = error instanceof Error && /already exists/i.test(error.message);
    const found = exists ? await findOpen(target, request) : undefined;
    if (found === undefined) throw error;
    return { url: found.html_url, created: false };
  }
}

/** On a host that notices a push with a delay, "not found" is retried for a few seconds. */
async function untilNoticed<T>({ notesPushesLater }: Dialect, ask: () => Promise<T>): Promise<T> {
  for (let pause = 250; ; pause *= 2) {
    try {
      return await ask();
    } catch (error) {
      const unknown = error instanceof Error && 'status' in error && error.status === 404;
      if (!notesPushesLater || !unknown || pause > 4000) throw error;
      await during('waiting until the host notices the push', () => setTimeout(pause));
    }
  }
}
