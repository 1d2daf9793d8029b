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

/** What is there: the private half in the cluster, public halves at the host. */
export interface KeysFound {
  cluster: string;
  host: string;
  /** From the repository Secret; absent: none yet. */
  privateKey?: string;
  atHost: readonly DeployKey[];
}

/** What is to be done about the deploy key. */
export interface KeyWork {
  /** True: a new pair; else the one in the cluster is added to the host. */
  make: boolean;
  /** Whether the public half has to be added to the host. */
  add: boolean;
  /** The host's names of keys to take away, afterwards. */
  remove: readonly string[];
}

/**
 * Title of a key at the host. It holds the cluster, so that those of two clusters do not replace each other, and tells keys
 * of one cluster apart: Gitea takes each title once, and a new key is added before the old one goes.
 */
export function deployKeyTitle(cluster: string, publicKey: string): string {
  const short = createHash('sha256').update(publicKey).digest('hex').slice(0, 8);
  return `${titleBegin(cluster)}${short})`;
}

/** @returns whether a key at the host was made for this cluster */
export function isKeyOf(cluster: string, { title }: Pick<DeployKey, 'title'>): boolean {
  return title.startsWith(titleBegin(cluster));
}

function titleBegin(cluster: string): string {
  return `Argo CD of cluster ${cluster} (Breakwater `;
}

/** @returns the private half that the cluster has already, masked from then on */
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
 * Looks whether the host lets the token administer the repository, before anything is written.
 *
 * @throws RunError when it is archived, or the token's user does not administer it
 */
export async function requireAdministrator(context: BootstrapContext): Promise<void> {
  const { cluster } = context;
  // One that is made by the run is the token's own.
  if ((await context.remoteAtStart()) === undefined) return;
  const host = await context.host();
  const state = await host.repository();
  if (state === undefined) {
    throw new RunError(`${cluster.repositoryUrl} is not shown to the token by ${host.name}`, {
      hint: 'Give the token of git.host.token access to the repository.',
    });
  }
  if (state.archived) {
    throw new RunError(`${cluster.repositoryUrl} is archived: no deploy key and no webhook can be added`, {
      hint: 'Take it out of the archive in its settings at the host, or set git.url to another one.',
    });
  }
  if (state.mayAdminister === false) {
    throw new RunError(
      `The token does not administer ${cluster.repositoryUrl}, so it can add no deploy key and no webhook`,
      {
        hint: 'Give git.host.token a token of somebody who administers it, or bring a key of your own: git.credentials.sshKey.',
      },
    );
  }
}

export async function lookAtKeys(context: BootstrapContext, api: Api): Promise<KeysFound> {
  const { cluster } = context;
  const host = await context.host();
  const privateKey = await keyInCluster(api, context);
  return {
    cluster: cluster.name,
    host: host.name,
    ...(privateKey === undefined ? {} : { privateKey }),
    // One that was made by the run has none.
    atHost: (await context.remoteAtStart()) === undefined ? [] : await host.deployKeys(),
  };
}

/**
 * Decides about the deploy key: the one in the cluster is used again when the host knows it. Pure.
 *
 * @param rotate true: a new one is asked for
 */
export function decideKey({ cluster, host, privateKey, atHost }: KeysFound, rotate: boolean): Decision<KeyWork> {
  const publicKey = privateKey === undefined ? undefined : publicHalf(privateKey);
  const ours = atHost.filter((key) => isKeyOf(cluster, key));
  const same = atHost.filter((key) => key.publicKey === publicKey);
  if (rotate || publicKey === undefined) {
    const why = rotate ? 'a new deploy key (--rotate)' : 'a deploy key (ed25519, read-only)';
    return {
      kind: 'do',
      message: `make ${why} and add it to the repository at ${host}`,
      work: { make: true, add: true, remove: ours.map(({ id }) => id) },
    };
  }
  const good = same.some(({ readOnly }) => readOnly);
  const stale = ours.filter((key) => key.publicKey !== publicKey).map(({ id }) => id);
  if (good && stale.length === 0)
    return { kind: 'up-to-date', message: `the key in the cluster is the one at ${host}, and may only read` };
  if (good)
    return {
      kind: 'do',
      message: `take away an older deploy key of this cluster at ${host}`,
      work: { make: false, add: false, remove: stale },
    };
  const writing = same.map(({ id }) => id);
  return {
    kind: 'do',
    message: `add the deploy key that the cluster has to the repository at ${host}, read-only${writing.length === 0 ? '' : ' (it could write)'}`,
    work: { make: writing.length > 0, add: true, remove: [...stale, ...writing] },
  };
}

/**
 * Adds the key to the host, writes a new one to the cluster's Secret, then takes old ones away: in this order, so that a run
 * that is killed in between leaves a key that works, or none, and the next run goes on.
 */
export async function changeKeys(work: KeyWork, context: BootstrapContext, api: Api): Promise<string> {
  const { cluster, reporter } = context;
  const host = await context.host();
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
    ? 'made a deploy key'
    : work.add
      ? "added the cluster's deploy key"
      : 'took an older deploy key away';
  return `${done}: "${title}" at ${host.name} may only read ${cluster.repositoryUrl}`;
}
