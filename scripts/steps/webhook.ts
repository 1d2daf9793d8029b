import { randomBytes } from 'node:crypto';
import type { Connection } from '../cluster/connect.ts';
import type { LiveData } from '../cluster/live.ts';
import { domain } from '../components/domain.ts';
import { hasPrivateCa } from '../components/private-ca.ts';
import { webhookSecretKeys, webhookUrl } from '../components/webhook.ts';
import type { Cluster } from '../config/cluster.ts';
import { RunError, UsageError } from '../report/errors.ts';
import { type BootstrapContext, notRegistered } from './context.ts';
import { requireAdministrator } from './deploy-key.ts';
import { type Decision, step } from './step.ts';

/** On argocd-secret: which webhook has its secret, so that a run that was killed in between sets it again. */
export const webhookMark = `${domain}/webhook`;

/** What `--rotate` calls the secrets by which Argo CD knows its callers: keys of argocd-secret, which holds others, too. */
export const webhookRotation = 'webhook';

/** The key by which Argo CD knows each host; Gitea signs as Gogs does. */
const keyOfHost: Readonly<Record<string, (typeof webhookSecretKeys)[number]>> = {
  GitHub: 'webhook.github.secret',
  Gitea: 'webhook.gogs.secret',
  GitLab: 'webhook.gitlab.secret',
};

/** Other hosts take from each webhook whether to check; see `[webhook]` in https://docs.gitea.com/administration/config-cheat-sheet */
const giteaTrust =
  "Gitea checks the gateway's certificate: its server must trust your CA, or set SKIP_TLS_VERIFY = true in [webhook] of app.ini";

/** What is there: at the host, and in argocd-secret. */
export interface WebhookFound {
  url: string;
  host: string;
  /** The host's own name of the webhook. */
  id: string | undefined;
  /** Keys that have no value; when secrets are made again, all. */
  missing: readonly string[];
  mark: string | undefined;
}

/**
 * Decides about the webhook. Pure.
 *
 * @param rotate true: new secrets are asked for
 */
export function decideWebhook<Found extends WebhookFound>(found: Found, rotate: boolean): Decision<Found> {
  const { url, host, id, missing, mark } = found;
  if (rotate)
    return {
      kind: 'do',
      message: `regenerate the webhook secret that Argo CD shares with ${host} (--rotate)`,
      work: { ...found, missing: webhookSecretKeys },
    };
  if (id !== undefined && missing.length === 0 && mark === markOf(id, url))
    return { kind: 'up-to-date', message: `${host} calls ${url} after each push` };
  return {
    kind: 'do',
    message: `set a webhook on ${host} that calls ${url} after each push, with a generated secret`,
    work: found,
  };
}

function markOf(id: string, url: string): string {
  return `${id} ${url}`;
}

function secretOf(cluster: Cluster) {
  return { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'argocd-secret', namespace: cluster.argocd.namespace } };
}

/**
 * Refuses to make secrets again where they could not be set at the host.
 *
 * @throws UsageError that says why
 */
export function requireRotatable({ cluster, options }: Pick<BootstrapContext, 'cluster' | 'options'>): void {
  if (!options.rotate.includes(webhookRotation)) return;
  if (!cluster.git.webhook)
    throw new UsageError(`there is no webhook secret to rotate: git.webhook is off`, {
      hint: `Set it in ${cluster.folder}/cluster.yaml, or leave --rotate ${webhookRotation} out.`,
    });
  if (!options.push)
    throw new UsageError(
      `--rotate ${webhookRotation} and --no-push exclude each other: the Git host needs the new secret`,
    );
}

/** What keeps the webhook from being set now; undefined when nothing does. */
function obstacle(context: BootstrapContext): string | undefined {
  const { cluster, connection, options } = context;
  if (!cluster.git.webhook) return 'off (git.webhook); Argo CD polls Git';
  const reason = notRegistered(context);
  if (reason !== undefined) return connection === undefined || options.push ? reason : '--no-push';
  return cluster.knownHost === undefined ? 'the host is not known yet' : undefined;
}

interface Work extends WebhookFound {
  connection: Connection;
}

/** The webhook by which the Git host tells Argo CD of each push, through the gateway. */
export const setWebhook = step<BootstrapContext, Work | undefined, Work>({
  name: 'webhook',
  check: async (context) => {
    const { cluster, connection, options } = context;
    if (connection !== undefined && options.push && cluster.git.webhook) await requireAdministrator(context);
  },
  look: async (context) => {
    const { cluster, connection } = context;
    if (connection === undefined || obstacle(context) !== undefined) return undefined;
    const live = await connection.api.find<LiveData>(secretOf(cluster));
    const host = await context.access.host();
    const url = webhookUrl(cluster);
    return {
      connection,
      url,
      host: host.name,
      // A repository that was made by the run has none.
      id: (await context.remoteAtStart()) === undefined ? undefined : await host.webhook(url),
      missing: webhookSecretKeys.filter((key) => (live?.data?.[key] ?? '') === ''),
      mark: live?.metadata.annotations?.[webhookMark],
    };
  },
  decide: (found, context) => {
    if (found === undefined) return { kind: 'skip', message: obstacle(context) ?? 'nothing to do' };
    return decideWebhook(found, context.options.rotate.includes(webhookRotation));
  },
  act: async ({ connection, url, missing }, context) => {
    const { cluster } = context;
    const host = await context.access.host();
    const key = keyOfHost[host.name];
    if (key === undefined)
      throw new RunError(`${host.name} has no webhook that Argo CD knows`, { hint: 'Set git.webhook: false.' });
    const reference = secretOf(cluster);
    const live = await connection.api.find<LiveData>(reference);
    if (live === undefined)
      throw new RunError('Secret argocd-secret does not exist', { hint: 'Is Argo CD installed?' });
    const made = Object.fromEntries(missing.map((name) => [name, randomBytes(24).toString('hex')]));
    const data = Object.fromEntries(
      Object.entries(made).map(([name, value]) => [name, Buffer.from(value).toString('base64')]),
    );
    const secret = made[key] ?? Buffer.from(live.data?.[key] ?? '', 'base64').toString('utf8');
    context.reporter.hide([secret, ...Object.values(made)]);
    // Without the mark: killed before the host has the secret, the next run sets it there.
    await connection.api.merge(reference, { metadata: { annotations: { [webhookMark]: null } }, data });
    const verifyTls = !hasPrivateCa(cluster);
    const id = await host.webhook(url, { secret, verifyTls });
    await connection.api.merge(reference, { metadata: { annotations: { [webhookMark]: markOf(id ?? '', url) } } });
    const trust = host.name === 'Gitea' && !verifyTls ? `; ${giteaTrust}` : '';
    return `${host.name} calls ${url} after each push${trust}`;
  },
});
