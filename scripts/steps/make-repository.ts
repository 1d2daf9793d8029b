import { longSilence } from '../git/connect.ts';
import type { Remote, RemoteState } from '../git/remote.ts';
import { RepositoryNotFound } from '../git/remote-failures.ts';
import type { Host } from '../hosts/host.ts';
import { RunError } from '../report/errors.ts';
import type { Reporter } from '../report/reporter.ts';
import type { BootstrapContext } from './context.ts';
import { step } from './step.ts';

/** What a look at the remote takes. */
type RemoteLook = Pick<BootstrapContext, 'cluster' | 'repository' | 'remote' | 'host'>;

/** @returns the remote, of which a person is told what is waited for while nothing comes from it */
export function toldOf(remote: Remote, reporter: Pick<Reporter, 'status'>): Remote {
  const limit = `given up after ${longSilence / 1000} s without an answer`;
  return { ...remote, waiting: (seconds) => reporter.status(`    waiting for ${remote.url} (${seconds} s; ${limit})`) };
}

/**
 * Asks the remote for its branches. Where git finds no repository, the host's API is asked whether there is one.
 *
 * @returns undefined when there is none and it is to be made
 * @throws RunError when it can't be read, or is absent and not to be made
 */
export async function probeRemote(context: RemoteLook): Promise<RemoteState | undefined> {
  const { cluster, repository, remote } = context;
  try {
    return await repository.probe(remote);
  } catch (error) {
    if (!(error instanceof RepositoryNotFound)) throw error;
    const host = await context.host();
    if (!host.hasApi) throw error;
    if ((await host.repository()) !== undefined) {
      throw new RunError(`${cluster.repositoryUrl} is there, and git may not read it`, {
        details: error.details,
        hint: "The host's token sees the repository; those credentials with which git gets there do not: check git.credentials.",
        cause: error,
      });
    }
    if (cluster.git.create === 'never') {
      throw new RunError(`${cluster.repositoryUrl} does not exist, or the token may not see it`, {
        details: error.details,
        hint: 'Make it by hand (empty), or let it be made: git.create: private.',
        cause: error,
      });
    }
    return undefined;
  }
}

/** Makes the repository at its host, where there is none. Settings of one that exists are never touched. */
export const makeRepository = step<BootstrapContext, Host | undefined, Host>({
  name: 'repository',
  look: async (context) => {
    if (!context.options.push || context.cluster.embeddedRemote) return undefined;
    return (await context.remoteAtStart()) === undefined ? await context.host() : undefined;
  },
  decide: (host, { cluster, options }) => {
    if (!options.push) return { kind: 'skip', message: '--no-push' };
    if (cluster.embeddedRemote) return { kind: 'skip', message: 'the embedded remote is used' };
    if (host === undefined) return { kind: 'up-to-date', message: `${cluster.repositoryUrl} is there` };
    return {
      kind: 'do',
      message: `make the ${cluster.git.create} repository ${cluster.repositoryUrl} (${host.name})`,
      work: host,
    };
  },
  act: async (host, { cluster }) => {
    const { create } = cluster.git;
    await host.createRepository(create === 'never' ? 'private' : create);
    return `made the ${create} repository ${cluster.repositoryUrl}`;
  },
});
