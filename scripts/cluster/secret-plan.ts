import type { SecretSpec } from '../components/component.ts';
import { domain } from '../components/domain.ts';
import { RunError, UsageError } from '../report/errors.ts';
import type { Api } from './api.ts';
import { servedProblem } from './certificates.ts';
import type { LiveData } from './live.ts';
import { describeOwner, ownerOf } from './owner.ts';
import { inParallel } from './parallel.ts';

/** Annotation on a rotated Secret: Deployments to restart. */
export const restartPending = `${domain}/restart-pending`;
/** Annotation on a Secret: keys of hashes whose generated passwords have not been shown yet. */
export const passwordsUntold = `${domain}/passwords-untold`;

/** Planned action for one Secret. Contains names and keys, never values. */
export interface SecretPlan {
  need: SecretSpec;
  action: 'keep' | 'create' | 'add keys' | 'rotate';
  /** Keys that get a new value. */
  keys: readonly string[];
  /** Deployments (namespace/name) to restart, including those from a killed run. */
  restart: readonly string[];
  /** resourceVersion that the plan is based on; absent for a new Secret. */
  resourceVersion?: string;
}

/** Current state for one spec. */
export interface SecretFound {
  live: LiveData | undefined;
  /** Whether the volume with its values exists. */
  claimed?: boolean;
}

/** @returns for each need what is there, in the order of the needs */
export async function lookAtSecrets(api: Api, needs: readonly SecretSpec[]): Promise<SecretFound[]> {
  return inParallel(needs, 6, async ({ name, namespace, keptOnClaim }) => {
    const live = await api.find<LiveData>({ apiVersion: 'v1', kind: 'Secret', metadata: { name, namespace } });
    if (live !== undefined || keptOnClaim === undefined) return { live };
    const claim = { apiVersion: 'v1', kind: 'PersistentVolumeClaim', metadata: { name: keptOnClaim, namespace } };
    return { live, claimed: (await api.find(claim)) !== undefined };
  });
}

/**
 * Plans an action for each Secret: existing values are kept, missing ones generated. Pure.
 *
 * @param found as `lookAtSecrets` gives it, one entry per need
 * @param rotate Secrets to rotate: `NAME`, or `NAME/KEY` for one key
 * @param elsewhere further valid names, which other code rotates
 * @throws UsageError for a name to rotate that is not among the needs; RunError that lists every Secret in a state which
 *   would let people in or keep the platform from starting
 */
export function planSecrets(
  needs: readonly SecretSpec[],
  found: readonly SecretFound[],
  rotate: readonly string[] = [],
  elsewhere: readonly string[] = [],
): SecretPlan[] {
  checkRotation(needs, rotate, elsewhere);
  const pairs = needs.map((need, index) => ({
    need,
    live: found[index]?.live,
    claimed: found[index]?.claimed === true,
    keys: rotatedKeys(need, rotate),
  }));
  const problems = pairs.flatMap(({ need, live, claimed, keys }) =>
    live === undefined ? (claimed ? [lostValues(need)] : []) : problemsOf(need, live, keys),
  );
  if (problems.length > 0) {
    throw new RunError('existing Secrets in the cluster cannot be used; nothing was written', { details: problems });
  }
  return pairs.map(({ need, live, keys }) => planSecret(need, live, keys));
}

function planSecret(need: SecretSpec, live: LiveData | undefined, rotated: readonly string[]): SecretPlan {
  if (live === undefined) return { need, action: 'create', keys: Object.keys(need.keys), restart: [] };
  const { annotations = {}, resourceVersion = '' } = live.metadata;
  const missing = missingKeys(need, live);
  const untold = list(annotations[passwordsUntold]).filter((key) => key in need.keys);
  const keys = [...new Set([...rotated, ...untold, ...missing])];
  const left = list(annotations[restartPending]);
  const changes = rotated.length + untold.length > 0;
  return {
    need,
    action: changes ? 'rotate' : missing.length > 0 ? 'add keys' : 'keep',
    keys,
    restart: [...new Set([...left, ...(changes ? (need.usedBy ?? []) : [])])],
    resourceVersion,
  };
}

function list(text: string | undefined): string[] {
  return (text ?? '').split(',').filter((item) => item !== '');
}

function missingKeys(need: SecretSpec, live: LiveData): string[] {
  return Object.keys(need.keys).filter((key) => live.data?.[key] === undefined);
}

function checkRotation(needs: readonly SecretSpec[], rotate: readonly string[], elsewhere: readonly string[]): void {
  for (const wanted of rotate) {
    if (needs.some((need) => rotatedKeys(need, [wanted]).length > 0)) continue;
    const names = [...new Set([...needs.map(({ name }) => name), ...elsewhere])].sort();
    throw new UsageError(`there is no Secret "${wanted}" to rotate`, {
      hint:
        names.length > 0
          ? `Secrets of this cluster: ${names.join(', ')}.`
          : 'The bootstrap writes no Secrets for this cluster.',
    });
  }
}

/** Keys to rotate, except constants, which would not change. */
function rotatedKeys(need: SecretSpec, rotate: readonly string[]): string[] {
  return Object.entries(need.keys)
    .filter(
      ([key, { kind }]) =>
        kind !== 'constant' && (rotate.includes(need.name) || rotate.includes(`${need.name}/${key}`)),
    )
    .map(([key]) => key);
}

/** Message for a restored volume without its Secret: its data would not accept new values. */
function lostValues({ name, namespace, keys, keptOnClaim }: SecretSpec): string {
  return `Secret ${namespace}/${name} is missing, but its data exists: PersistentVolumeClaim ${namespace}/${keptOnClaim} keeps the values of its first start, and a new Secret would not match. Restore the Secret from your backup (keys ${Object.keys(keys).join(', ')}), or delete the claim with all its data: kubectl -n ${namespace} delete pvc ${keptOnClaim}`;
}

function problemsOf(need: SecretSpec, live: LiveData, rotated: readonly string[]): string[] {
  const name = `Secret ${need.namespace}/${need.name}`;
  if (live.metadata.deletionTimestamp !== undefined) return [`${name} is being deleted: wait until it is gone`];
  // An empty value is worse than a missing one: Dex, for example, accepts an empty client secret and admits everyone.
  const empty = Object.keys(need.keys).filter((key) => live.data?.[key] === '' && !rotated.includes(key));
  const problems = empty.map((key) => `${name} has an empty value for "${key}"${emptyHint(need, key)}`);
  problems.push(...outdated(need, live, rotated));
  const writes = [...missingKeys(need, live), ...rotated];
  if (writes.length === 0) return problems;
  const keys = [...new Set(writes)].map((key) => `"${key}"`).join(', ');
  const owner = ownerOf(live);
  if (owner.kind === 'helm' || owner.kind === 'application' || owner.kind === 'parent') {
    problems.push(`${name} belongs to ${describeOwner(owner)}: set ${keys} there`);
  } else if (live.immutable === true) {
    problems.push(`${name} is immutable, so ${keys} cannot be written: delete the Secret, then run the command again`);
  }
  return problems;
}

/** Upstream's Kubeflow has a database without a password: a new Secret alone would lock its programs out. */
function emptyHint({ name, namespace, keptOnClaim }: SecretSpec, key: string): string {
  if (keptOnClaim === undefined) return `: set it, or regenerate it with --rotate ${name}/${key}`;
  const patch = JSON.stringify({ stringData: { [key]: 'NEW' } });
  return `, as the database on PersistentVolumeClaim ${keptOnClaim} has: set a password in the database first (ALTER USER), then the same here (kubectl -n ${namespace} patch secret ${name} -p '${patch}')`;
}

/** A certificate that is in use expires, and a new host needs a new one. */
function outdated(need: SecretSpec, live: LiveData, rotated: readonly string[]): string[] {
  return Object.entries(need.keys).flatMap(([key, generator]) => {
    const value = live.data?.[key] ?? '';
    if (generator.kind !== 'reference' || generator.check !== 'served' || value === '' || rotated.includes(key))
      return [];
    const place = `Secret ${need.namespace}/${need.name}`;
    const problem = servedProblem(place, Buffer.from(value, 'base64').toString(), generator.hosts ?? []);
    return problem === undefined ? [] : [`${problem.message}. Replace it with --rotate ${need.name}`];
  });
}

/** @returns a display line for the plan, such as `create Secret auth/oauth2-proxy (client-id, client-secret): purpose`; no values */
export function describeSecretPlan(plan: SecretPlan): string {
  const { name, namespace, purpose, keys } = plan.need;
  const shown = plan.action === 'keep' ? Object.keys(keys) : plan.keys;
  const restart = plan.restart.length === 0 ? '' : `; restarts ${plan.restart.join(', ')}`;
  return `${plan.action} Secret ${namespace}/${name} (${shown.join(', ')}): ${purpose}${restart}`;
}
