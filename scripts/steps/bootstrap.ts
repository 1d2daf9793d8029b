import { loadCluster } from '../config/load.ts';
import { UsageError } from '../report/errors.ts';
import { deployKey, installArgocd, makeSecrets, registerRepository } from './cluster-steps.ts';
import { commitTree } from './commit.ts';
import { type BootstrapContext, withCluster } from './context.ts';
import { discoverHost } from './discover.ts';
import { makeRepository } from './make-repository.ts';
import { writeObjects } from './objects.ts';
import { publishCommits } from './publish.ts';
import { type CheckedStep, checkSteps, type RunProgress, runChecked } from './step.ts';
import { waitForPlatform } from './wait.ts';
import { requireRotatable, setWebhook } from './webhook.ts';
import { writeTree } from './write-tree.ts';

/** Files → Git. The repository is made once in a run, and published to as often as needed. */
const publishing = [writeTree, commitTree, publishCommits];

/** Git → cluster: what is applied is what was pushed. */
const registering = [writeObjects, installArgocd, makeSecrets, deployKey];

/**
 * The whole bootstrap. Each step first looks at the current state, so a killed run is simply run again.
 *
 * With host: auto the tree is published twice: components that need the host follow when its address is known.
 *
 * @returns the outcome of each step, and the last context
 * @throws UsageError, RunError; every refusal comes before the first write
 */
export async function bootstrap(start: BootstrapContext): Promise<RunProgress<BootstrapContext>> {
  const { dryRun } = start.options;
  type State = RunProgress<BootstrapContext>;
  const run = (steps: readonly CheckedStep<BootstrapContext>[], from: State) =>
    runChecked(steps, from, { dryRun, reporter: start.reporter });
  const publishAgain = async (from: State) => run(await checkSteps(publishing, from.context), from);

  requireOptions(start);
  const first = await checkSteps([makeRepository, ...publishing], start);
  const onCluster = await checkSteps(registering, start);
  const register = await checkSteps([registerRepository], start);
  const discover = await checkSteps([discoverHost], start);
  const last = await checkSteps([setWebhook, waitForPlatform], start);

  let state = await run(first, { context: start, outcomes: [] });
  // Commits of others may have changed an input: the registered objects must be rendered from the pushed inputs.
  for (let round = 0; round < 3 && hasForeignInputs(state.context); round += 1) {
    const context = await withCluster(state.context, loadCluster(start.root, start.cluster.name));
    state = await publishAgain({ ...state, context });
  }
  state = await run([...onCluster, ...register], state);
  const { knownHost } = state.context.cluster;
  state = await run(discover, state);
  if (knownHost !== state.context.cluster.knownHost) state = await run(register, await publishAgain(state));
  return await run(last, state);
}

/** @returns whether commits of others were found on the remote, and are in the work tree now */
function hasForeignInputs({ publication }: BootstrapContext): boolean {
  return publication.kind === 'published' && publication.foreign.length > 0 && publication.localBehind === undefined;
}

/** @throws UsageError for --rotate where nothing can be regenerated */
function requireOptions(context: BootstrapContext): void {
  const { options, connection, cluster } = context;
  if (options.rotate.length > 0 && connection === undefined)
    throw new UsageError('--rotate regenerates Secrets in a cluster, but no context is set', {
      hint: `Add --context NAME, or set kubernetes.context in ${cluster.folder}/cluster.yaml.`,
    });
  requireRotatable(context);
}
