import { lstatSync } from 'node:fs';
import { join } from 'node:path';
import { connect } from '../cluster/connect.ts';
import { embeddedRemoteUrl } from '../config/cluster.ts';
import { loadCluster } from '../config/load.ts';
import { ensureEmbeddedRemote } from '../git/embedded.ts';
import { openRepository } from '../git/repository.ts';
import { UsageError } from '../report/errors.ts';
import { bootstrap } from '../steps/bootstrap.ts';
import { type BootstrapContext, type BootstrapOptions, remoteOf } from '../steps/context.ts';
import { summary } from '../steps/summary.ts';
import { chooseCluster } from './choose-cluster.ts';
import type { Invocation } from './index.ts';
import { makeClusterFile } from './new.ts';

/** `npm run bootstrap`: from cluster.yaml to a registered platform. */
export async function run(invocation: Invocation): Promise<number> {
  const { root, options, reporter } = invocation;
  const asked = bootstrapOptions(options);
  const name = chooseCluster(invocation);
  const repository = await openRepository(root);
  if (!exists(join(root, 'clusters', name))) {
    if (asked.dryRun)
      throw new UsageError(`there is no cluster "${name}" yet`, {
        hint: `Without --dry-run this makes clusters/${name}/cluster.yaml first; or make it alone: npm run new -- ${name}`,
      });
    const file = await makeClusterFile(
      root,
      name,
      { context: typeof options.context === 'string' ? options.context : undefined },
      reporter.json,
    );
    reporter.status(`+ new: wrote ${file}, with defaults for you to change`);
  }
  const cluster = loadCluster(root, name);
  const contextName = typeof options.context === 'string' ? options.context : cluster.kubernetes.context;
  const connection = contextName === undefined ? undefined : await connect({ context: contextName });
  if (cluster.repositoryUrl === embeddedRemoteUrl && asked.push && !asked.dryRun)
    await ensureEmbeddedRemote(root, cluster.git.branch);
  const context: BootstrapContext = {
    root,
    options: asked,
    reporter,
    repository,
    remote: await remoteOf(root, cluster, reporter),
    cluster,
    connection,
  };
  const outcomes = await bootstrap(context);
  reporter.result(
    {
      cluster: name,
      dryRun: asked.dryRun,
      steps: outcomes,
      ...(context.published === undefined ? {} : { commit: context.published.commit }),
    },
    summary(context),
  );
  return 0;
}

function bootstrapOptions(options: Invocation['options']): BootstrapOptions {
  const list = (key: string) =>
    typeof options[key] === 'string' ? options[key].split(',').filter((entry) => entry !== '') : [];
  const minutes = options.timeout === undefined ? 60 : Number(options.timeout);
  if (!Number.isFinite(minutes) || minutes <= 0)
    throw new UsageError(`--timeout takes minutes, and ${JSON.stringify(options.timeout)} is no number above 0`);
  return {
    dryRun: options.dryRun === true,
    push: options.push !== false,
    wait: options.wait === true,
    timeoutMinutes: minutes,
    rotate: list('rotate'),
    remove: list('remove'),
    passwordsFile: typeof options.passwordsFile === 'string' ? options.passwordsFile : undefined,
  };
}

function exists(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
}
