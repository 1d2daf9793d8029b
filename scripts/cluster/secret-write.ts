import { clusterLabel } from '../components/domain.ts';
import { RunError } from '../report/errors.ts';
import type { Api } from './api.ts';
import { ApiError } from './api-error.ts';
import type { Applied } from './apply.ts';
import type { LiveData } from './live.ts';
import type { MadePassword } from './passwords.ts';
import { passwordsUntold, restartPending } from './secret-plan.ts';
import type { PreparedSecret } from './secret-values.ts';

export interface SecretWrite {
  /** Name of the cluster's folder, for the label. */
  cluster: string;
  /** Shows generated passwords, or writes them to a file. Each is shown once. */
  tell: (passwords: readonly MadePassword[]) => Promise<void> | void;
  report?: (line: string) => void;
  signal?: AbortSignal;
}

export interface SecretsWritten {
  applied: Applied[];
  /** Restarted Deployments, as namespace/name. */
  restarted: string[];
}

/**
 * Writes prepared Secrets. Keys outside the plan stay unchanged.
 *
 * A run can be killed at any point: pending work after a rotation (restarts, generated passwords) is noted on the Secret
 * in the same write, and the next run completes it.
 *
 * @throws RunError when a Secret appeared or changed since the plan; its values then stay unchanged
 */
export async function writeSecrets(
  api: Api,
  prepared: readonly PreparedSecret[],
  options: SecretWrite,
): Promise<SecretsWritten> {
  const applied: Applied[] = [];
  const restarted: string[] = [];
  for (const secret of prepared) {
    options.signal?.throwIfAborted();
    applied.push(await writeSecret(api, secret, options));
    if (secret.passwords.length > 0) {
      await options.tell(secret.passwords);
      await removeAnnotation(api, secret, passwordsUntold);
    }
    if (secret.plan.restart.length > 0) {
      restarted.push(...(await restartDeployments(api, secret.plan.restart, options.report)));
      await removeAnnotation(api, secret, restartPending);
    }
  }
  return { applied, restarted };
}

async function writeSecret(api: Api, secret: PreparedSecret, options: SecretWrite): Promise<Applied> {
  const { need, action, resourceVersion } = secret.plan;
  const object = `Secret ${need.namespace}/${need.name}`;
  if (action === 'keep') return { object, change: 'unchanged' };
  const metadata = {
    name: need.name,
    namespace: need.namespace,
    labels: { ...need.labels, 'app.kubernetes.io/managed-by': 'breakwater', [clusterLabel]: options.cluster },
    annotations: annotationsOf(secret),
  };
  const data = Object.fromEntries(
    Object.entries(secret.values).map(([key, value]) => [key, Buffer.from(value).toString('base64')]),
  );
  const reference = { apiVersion: 'v1', kind: 'Secret', metadata };
  try {
    if (action === 'create') {
      await api.create({ ...reference, type: need.type ?? 'Opaque', data } as LiveData);
    } else {
      // Labels stay: another program's Secret is completed, not taken over.
      const { annotations } = metadata;
      await api.merge<LiveData>(reference, { metadata: { resourceVersion, annotations }, data });
    }
  } catch (error) {
    if (!(error instanceof ApiError) || error.status !== 409) throw error;
    throw new RunError(`${object} was changed by another program at the same time, and was not touched`, {
      hint: 'Run it again; existing Secrets are reused.',
      cause: error,
    });
  }
  const change = action === 'create' ? 'created' : 'changed';
  options.report?.(`${object} ${change} (${secret.plan.keys.join(', ')})`);
  return { object, change };
}

function annotationsOf({ plan, passwords }: PreparedSecret): Record<string, string> {
  const told = new Set(passwords.map(({ user }) => user));
  const untold = plan.keys.filter((key) => {
    const generator = plan.need.keys[key];
    return generator?.kind === 'password-hash' && told.has(generator.user);
  });
  return {
    ...(untold.length === 0 ? {} : { [passwordsUntold]: untold.join(',') }),
    ...(plan.restart.length === 0 ? {} : { [restartPending]: plan.restart.join(',') }),
  };
}

/** Removes a note from a Secret. */
async function removeAnnotation(api: Api, { plan }: PreparedSecret, name: string): Promise<void> {
  const { need } = plan;
  await api.merge<LiveData>(
    { apiVersion: 'v1', kind: 'Secret', metadata: { name: need.name, namespace: need.namespace } },
    { metadata: { annotations: { [name]: null } } },
  );
}

/**
 * Restarts Deployments like `kubectl rollout restart`. Argo CD does not revert the annotation, because Git
 * does not contain it (its own "restart" action sets the same one).
 *
 * @param names as namespace/name; missing ones need no restart
 * @returns the restarted ones
 */
async function restartDeployments(
  api: Api,
  names: readonly string[],
  report?: (line: string) => void,
): Promise<string[]> {
  const restarted: string[] = [];
  for (const full of names) {
    const [namespace = '', name = ''] = full.split('/');
    const reference = { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name, namespace } };
    if ((await api.find(reference)) === undefined) continue;
    const annotations = { 'kubectl.kubernetes.io/restartedAt': new Date().toISOString() };
    await api.merge(reference, { spec: { template: { metadata: { annotations } } } });
    report?.(`Deployment ${full} restarted`);
    restarted.push(full);
  }
  return restarted;
}
