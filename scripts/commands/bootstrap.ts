import { lstatSync } from 'node:fs';
import { join } from 'node:path';
import { connect } from '../cluster/connect.ts';
import { type Cluster, embeddedRemoteUrl } from '../config/cluster.ts';
import { listClusters, loadCluster } from '../config/load.ts';
import { closest } from '../config/suggest.ts';
import { ensureEmbeddedRemote } from '../git/embedded.ts';
import { openRepository } from '../git/repository.ts';
import { UsageError } from '../report/errors.ts';
import { bootstrap } from '../steps/bootstrap.ts';
import { type BootstrapContext, type BootstrapOptions, remoteOf } from '../steps/context.ts';
import { hostOf } from '../steps/hosting.ts';
import type { Outcome } from '../steps/step.ts';
import { summary } from '../steps/summary.ts';
import { writeInput } from '../workspace/write-input.ts';
import { chooseCluster } from './choose-cluster.ts';
import type { Invocation } from './invocation.ts';
import { minutesOf } from './minutes.ts';
import { prepareClusterFile } from './new.ts';

/** `npm run bootstrap`: from cluster.yaml to a registered platform. */
export async function run(invocation: Invocation): Promise<number> {
  const { root, options, reporter } = invocation;
  const asked = bootstrapOptions(options);
  const name = chooseCluster(invocation);
  const repository = await openRepository(root);
  if (!exists(join(root, 'clusters', name))) {
    requireNoSlip(name, listClusters(root));
    const answers = { context: typeof options.context === 'string' ? options.context : undefined };
    const made = await prepareClusterFile(root, name, answers, asked.dryRun || reporter.json);
    if (asked.dryRun) return tellNew(invocation, name, made.path);
    // What cannot be committed is not begun.
    await repository.requireCommittable();
    await writeInput(root, made.path, made.text, { exclusive: true });
    reporter.status(`+ new: wrote ${made.path}, with defaults for you to change`);
    if (made.reminder !== undefined) reporter.warn(made.reminder);
  }
  const cluster = loadCluster(root, name);
  if (asked.pullRequest) requireHost(cluster);
  const contextName = typeof options.context === 'string' ? options.context : cluster.kubernetes.context;
  const connection = contextName === undefined ? undefined : await connect({ context: contextName });
  if (cluster.repositoryUrl === embeddedRemoteUrl && asked.push && !asked.dryRun)
    await ensureEmbeddedRemote(root, cluster.git.branch);
  // Without a push, no credentials are needed either.
  const remote = asked.push ? await remoteOf(root, cluster, reporter) : { url: cluster.repositoryUrl };
  const context: BootstrapContext = {
    root,
    options: asked,
    reporter,
    repository,
    remote,
    host: hostOf(root, cluster, remote, reporter),
    cluster,
    connection,
    leftOut: [],
  };
  const outcomes = await bootstrap(context);
  reporter.result(
    {
      cluster: name,
      dryRun: asked.dryRun,
      steps: outcomes,
      ...(context.published === undefined ? {} : { commit: context.published.commit }),
      leftOut: context.leftOut,
    },
    summary(context),
  );
  return 0;
}

/** @throws UsageError when the remote has no pull requests */
function requireHost(cluster: Cluster): void {
  if (!cluster.embeddedRemote && /^(https|ssh):/.test(cluster.repositoryUrl.replace(/^[^/]+@[^/]+:/, 'ssh:'))) return;
  throw new UsageError(
    cluster.embeddedRemote ? '--pull-request needs git.url' : `--pull-request needs a Git host, and git.url is none`,
    { hint: `Set git.url in ${cluster.folder}/cluster.yaml to a repository on a Git host.` },
  );
}

/**
 * A slip of the finger must not make a cluster, and push it. Names that differ by a number or go on with "-" (prod-2 beside
 * prod-1, prod-eu beside prod) are no slips.
 *
 * @throws UsageError
 */
function requireNoSlip(name: string, names: readonly string[]): void {
  const letters = (text: string) => text.replaceAll(/[0-9]/g, '');
  const others = names.filter((other) => letters(other) !== letters(name) && !name.startsWith(`${other}-`));
  const near = closest(name, others);
  if (near === undefined) return;
  throw new UsageError(`there is no cluster "${name}" yet; did you mean "${near}"?`, {
    hint: `If you mean a new one, make it by name: npm run new -- ${name}`,
  });
}

/** A dry run for a cluster that is not there can say only so much: what follows is rendered from its file. */
function tellNew({ reporter }: Invocation, name: string, path: string): number {
  const outcome: Outcome = {
    step: 'new',
    outcome: 'would-do',
    message: `write ${path}, with defaults for you to change`,
  };
  reporter.status(`~ ${outcome.step}: ${outcome.message}`);
  reporter.result(
    { cluster: name, dryRun: true, steps: [outcome], leftOut: [] },
    `\nThis was a dry run: nothing was changed. Then the tree is rendered from that file, committed and published.\nTo see more: npm run new -- ${name}, and this again.`,
  );
  return 0;
}

function bootstrapOptions(options: Invocation['options']): BootstrapOptions {
  const list = (key: string) =>
    typeof options[key] === 'string' ? options[key].split(',').filter((entry) => entry !== '') : [];
  return {
    dryRun: options.dryRun === true,
    push: options.push !== false,
    pullRequest: options.pullRequest === true,
    wait: options.wait === true,
    timeoutMinutes: minutesOf(options),
    rotate: list('rotate'),
    remove: list('remove'),
    passwordsFile: typeof options.passwordsFile === 'string' ? options.passwordsFile : undefined,
  };
}

function exists(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
}
