import { requirePlatform } from '../cluster/require-platform.ts';
import { loadCluster } from '../config/load.ts';
import { openRepository } from '../git/repository.ts';
import { wavesOf } from '../steps/follow-waves.ts';
import { expectedRoot } from '../steps/registration.ts';
import { newestCommit } from '../steps/status.ts';
import { runSteps } from '../steps/step.ts';
import { syncSteps } from '../steps/sync.ts';
import { placePlatform } from '../tree/place.ts';
import { chooseCluster } from './choose-cluster.ts';
import { connectTo } from './connect-to.ts';
import { hideSecrets } from './hide-secrets.ts';
import type { InvocationOf } from './invocation.ts';

/** `npm run sync`: ends the sync that blocks the root, and makes it apply the newest commit at once. */
export async function run(invocation: InvocationOf<'sync'>): Promise<number> {
  const { root, options, reporter } = invocation;
  const platform = placePlatform(loadCluster(root, chooseCluster(invocation)));
  const { cluster } = platform;
  hideSecrets(invocation, [cluster]);
  const connection = await connectTo(cluster, invocation);
  await requirePlatform(connection, expectedRoot(cluster), { absent: 'allowed' });
  const newest = await newestCommit(root, cluster, await openRepository(root), reporter);
  if (newest.problem !== undefined)
    reporter.warn(`cannot read ${newest.revision}: ${newest.problem}. Argo CD applies the commit that it finds there`);
  const { dryRun } = options;
  const { outcomes: steps } = await runSteps(
    syncSteps,
    {
      cluster,
      waves: wavesOf(platform),
      connection,
      newest,
      reporter,
      wait: options.wait,
      timeoutMinutes: options.timeout,
    },
    { dryRun, reporter },
  );
  reporter.result(
    {
      cluster: cluster.name,
      dryRun,
      ...(newest.commit === undefined ? {} : { newest: newest.commit }),
      steps,
    },
    dryRun ? '\nThis was a dry run: nothing was changed. Run it again without --dry-run.' : '',
  );
  return 0;
}
