import { createHash } from 'node:crypto';
import type { Api } from '../cluster/api.ts';
import type { LiveData } from '../cluster/live.ts';
import { applyRepository } from '../cluster/register.ts';
import type { DeployKey } from '../hosts/host.ts';
import { makeSshKey, publicHalf } from '../hosts/ssh-key.ts';
import { RunError } from '../report/errors.ts';
import type { BootstrapContext } from './context.ts';
import { repositoryObject } from './registration.ts';
import type { Decision } from './step.ts';

/** Existing keys: the private half in the cluster, public halves on the host. */
export interface KeysFound {
  cluster: string;
  host: string;
  /** From the repository Secret; absent: none yet. */
  privateKey?: string;
  atHost: readonly DeployKey[];
}

/** Planned changes of the deploy key. */
export interface KeyWork {
  /** True: create a new pair. False: use the one in the cluster. */
  make: boolean;
  /** Whether to add the public half to the host. */
  add: boolean;
  /** The host's ids of keys to remove afterwards. */
  remove: readonly string[];
}

/**
 * Title of a key on the host. It names the cluster, so that two clusters do not replace each other's keys, and it is unique per
 * key: Gitea accepts each title once, and a new key is added before the old one is removed.
 */
export function deployKeyTitle(cluster: string, publicKey: string): string {
  const short = createHash('sha256').update(publicKey).digest('hex').slice(0, 8);
  return `${titleBegin(cluster)}${short})`;
}

/** @returns whether a key on the host belongs to this cluster */
export function isKeyOf(cluster: string, { title }: Pick<DeployKey, 'title'>): boolean {
  return title.startsWith(titleBegin(cluster));
}

function titleBegin(cluster: string): string {
  return `Argo CD of cluster ${cluster} (Breakwater `;
}

/** @returns the private half in the cluster, masked in the output */
export async function keyInCluster(
  api: Api,
  { cluster, reporter }: Pick<BootstrapContext, 'cluster' | 'reporter'>,
): Promise<string | undefined> {
  const live = await api.find<LiveData>(repositoryObject(cluster));
  const text = live?.data?.sshPrivateKey;
  if (text === undefined || text === '') return undefined;
  const privateKey = Buffer.from(text, 'base64').toString('utf8');
  reporter.hide([privateKey]);
  return privateKey;
}

/**
 * Checks that the token may administer the repository, before anything is written.
 *
 * @throws RunError when it is archived, or the token's user does not administer it
 */
export async function requireAdministrator(context: BootstrapContext): Promise<void> {
  const { cluster } = context;
  // The token owns a repository that the run creates.
  if ((await context.remoteAtStart()) === undefined) return;
  const host = await context.access.host();
  const state = await host.repository();
  if (state === undefined) {
    throw new RunError(`${host.name} does not show ${cluster.repositoryUrl} to the token`, {
      hint: 'Give the token of git.host.token access to the repository.',
    });
  }
  if (state.archived) {
    throw new RunError(`${cluster.repositoryUrl} is archived: deploy keys and webhooks cannot be added`, {
      hint: 'Unarchive it in its settings on the host, or set git.url to another repository.',
    });
  }
  if (state.mayAdminister === false) {
    throw new RunError(
      `the token does not administer ${cluster.repositoryUrl}, so it cannot add a deploy key or a webhook`,
      {
        hint: 'Set git.host.token to the token of a user who administers it, or provide your own key: git.credentials.sshKey.',
      },
    );
  }
}

export async function lookAtKeys(context: BootstrapContext, api: Api): Promise<KeysFound> {
  const { cluster } = context;
  const host = await context.access.host();
  const privateKey = await keyInCluster(api, context);
  return {
    cluster: cluster.name,
    host: host.name,
    ...(privateKey === undefined ? {} : { privateKey }),
    // A repository that the run created has none.
    atHost: (await context.remoteAtStart()) === undefined ? [] : await host.deployKeys(),
  };
}

/**
 * Decides about the deploy key: the one in the cluster is reused if the host has it. Pure.
 *
 * @param rotate true: create a new one
 */
export function decideKey({ cluster, host, privateKey, atHost }: KeysFound, rotate: boolean): Decision<KeyWork> {
  const publicKey = privateKey === undefined ? undefined : publicHalf(privateKey);
  const ours = atHost.filter((key) => isKeyOf(cluster, key));
  const same = atHost.filter((key) => key.publicKey === publicKey);
  if (rotate || publicKey === undefined) {
    const why = rotate ? 'a new deploy key (--rotate)' : 'a deploy key (ed25519, read-only)';
    return {
      kind: 'do',
      message: `create ${why} and add it to the repository on ${host}`,
      work: { make: true, add: true, remove: ours.map(({ id }) => id) },
    };
  }
  const good = same.some(({ readOnly }) => readOnly);
  const stale = ours.filter((key) => key.publicKey !== publicKey).map(({ id }) => id);
  if (good && stale.length === 0)
    return { kind: 'up-to-date', message: `the key in the cluster is the read-only deploy key on ${host}` };
  if (good)
    return {
      kind: 'do',
      message: `remove an older deploy key of this cluster from ${host}`,
      work: { make: false, add: false, remove: stale },
    };
  const writing = same.map(({ id }) => id);
  return {
    kind: 'do',
    message: `add the cluster's deploy key to the repository on ${host}, read-only${writing.length === 0 ? '' : ' (it could write)'}`,
    work: { make: writing.length > 0, add: true, remove: [...stale, ...writing] },
  };
}

/**
 * Adds the key to the host, writes a new one to the cluster's Secret, then removes old ones: in this order, a run that is killed
 * in between leaves a working key, or none, and the next run continues.
 */
export async function changeKeys(work: KeyWork, context: BootstrapContext, api: Api): Promise<string> {
  const { cluster, reporter } = context;
  const host = await context.access.host();
  const current = await keyInCluster(api, context);
  const pair =
    work.make || current === undefined
      ? makeSshKey(`Argo CD of cluster ${cluster.name}`)
      : { privateKey: current, publicKey: publicHalf(current) ?? '' };
  reporter.hide([pair.privateKey]);
  const title = deployKeyTitle(cluster.name, pair.publicKey);
  if (work.add) await host.changeDeployKeys({ add: { title, publicKey: pair.publicKey } });
  const secret = repositoryObject(cluster, { kind: 'ssh', privateKey: pair.privateKey });
  await applyRepository(api, secret, work.make, { report: (line) => reporter.status(`    ${line}`) });
  if (work.remove.length > 0) await host.changeDeployKeys({ remove: work.remove });
  const done = work.make
    ? 'created a deploy key'
    : work.add
      ? "added the cluster's deploy key"
      : 'removed an older deploy key';
  return `${done}: "${title}" on ${host.name} can only read ${cluster.repositoryUrl}`;
}
