import { loadCluster } from '../config/load.ts';
import { commitTree } from './commit.ts';
import type { BootstrapContext } from './context.ts';
import { discoverHost } from './discover.ts';
import { makeRepository } from './make-repository.ts';
import { writeObjects } from './objects.ts';
import { preflight } from './preflight.ts';
import { publish } from './publish.ts';
import { deployKey, installArgocd, makeSecrets, registerRepository } from './register.ts';
import { useCluster } from './registration.ts';
import { requireValid } from './require-valid.ts';
import { type Outcome, runSteps } from './step.ts';
import { waitForPlatform } from './wait.ts';
import { setWebhook } from './webhook.ts';
import { writeTree } from './write-tree.ts';

/** Files → Git. */
const publishing = [makeRepository, writeTree, commitTree, publish];

/** Git → cluster: what is applied is what was pushed. */
const registering = [writeObjects, installArgocd, makeSecrets, deployKey, registerRepository];

/**
 * The whole bootstrap. Each step looks at what is there first, so that a run which was killed is simply run again.
 *
 * With host: auto the tree is published twice: what needs the host follows when its address is known.
 *
 * @throws UsageError, RunError; everything that can refuse does so before the first write
 */
export async function bootstrap(context: BootstrapContext): Promise<Outcome[]> {
  const { options, reporter } = context;
  const run = (steps: Parameters<typeof runSteps<BootstrapContext>>[0]) =>
    runSteps(steps, context, { dryRun: options.dryRun, reporter });
  await preflight(context);
  const outcomes = await run(publishing);
  // Commits of others may have changed an input: what is registered must be rendered from what was pushed.
  for (let round = 0; round < 3 && (context.published?.foreign.length ?? 0) > 0; round += 1) {
    if (context.published?.localBehind !== undefined) break;
    useCluster(context, loadCluster(context.root, context.cluster.name));
    await requireValid(context, true);
    outcomes.push(...(await run(publishing)));
  }
  outcomes.push(...(await run(registering)));
  const unknown = context.cluster.knownHost === undefined;
  outcomes.push(...(await run([discoverHost])));
  if (unknown && context.cluster.knownHost !== undefined) {
    await requireValid(context, true);
    outcomes.push(...(await run([...publishing, registerRepository])));
  }
  return [...outcomes, ...(await run([setWebhook, waitForPlatform]))];
}
