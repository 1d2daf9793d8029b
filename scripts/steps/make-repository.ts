import type { RemoteState } from '../git/remote.ts';
import { RepositoryNotFound } from '../git/remote-failures.ts';
import type { Host } from '../hosts/host.ts';
import { RunError } from '../report/errors.ts';
import type { BootstrapContext } from './context.ts';
import { step } from './step.ts';

/** The parts of the context that probing the remote needs. */
type RemoteLook = Pick<BootstrapContext, 'cluster' | 'repository' | 'remote' | 'access'>;

/**
 * Asks the remote for its branches. If git finds no repository, asks the host's API whether it exists.
 *
 * @returns undefined when the repository does not exist and the run creates it
 * @throws RunError when it cannot be read, or does not exist and git.create is never
 */
export async function probeRemote(context: RemoteLook): Promise<RemoteState | undefined> {
  const { cluster, repository, remote } = context;
  try {
    return await repository.probe(remote);
  } catch (error) {
    if (!(error instanceof RepositoryNotFound)) throw error;
    const host = await context.access.host();
    if (!host.hasApi) throw error;
    if ((await host.repository()) !== undefined) {
      throw new RunError(`${cluster.repositoryUrl} exists, but git cannot read it`, {
        details: error.details,
        hint: "The API token can see the repository, but git's credentials cannot: check git.credentials.",
        cause: error,
      });
    }
    if (cluster.git.create === 'never') {
      throw new RunError(`${cluster.repositoryUrl} does not exist, or the token cannot see it`, {
        details: error.details,
        hint: 'Create it by hand (empty), or set git.create: private.',
        cause: error,
      });
    }
    return undefined;
  }
}

/** Creates the repository on its host, if it does not exist. Settings of an existing one are never changed. */
export const makeRepository = step<BootstrapContext, Host | undefined, Host>({
  name: 'repository',
  look: async (context) => {
    if (!context.options.push || context.cluster.embeddedRemote) return undefined;
    return (await context.remoteAtStart()) === undefined ? await context.access.host() : undefined;
  },
  decide: (host, { cluster, options }) => {
    if (!options.push) return { kind: 'skip', message: '--no-push' };
    if (cluster.embeddedRemote) return { kind: 'skip', message: 'the embedded remote is used' };
    if (host === undefined) return { kind: 'up-to-date', message: `${cluster.repositoryUrl} exists` };
    return {
      kind: 'do',
      message: `create the ${cluster.git.create} repository ${cluster.repositoryUrl} (${host.name})`,
      work: host,
    };
  },
  act: async (host, { cluster }) => {
    const { create } = cluster.git;
    await host.createRepository(create === 'never' ? 'private' : create);
    return `created the ${create} repository ${cluster.repositoryUrl}`;
  },
});
