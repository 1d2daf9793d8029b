import { stringify } from 'yaml';
import { waitForAddress } from '../cluster/address.ts';
import type { Connection } from '../cluster/connect.ts';
import { loadCluster } from '../config/load.ts';
import { RunError } from '../report/errors.ts';
import { writeInput } from '../workspace/write-input.ts';
import { type BootstrapContext, notRegistered, withCluster } from './context.ts';
import { followWaves } from './follow-waves.ts';
import { gatewayService } from './registration.ts';
import { step } from './step.ts';

/**
 * With host: auto, waits for the gateway's address from the load balancer, and writes it to discovered.yaml: a committed input
 * like cluster.yaml, so that rendering never needs a cluster.
 */
export const discoverHost = step<BootstrapContext, string | undefined, Connection>({
  name: 'discover',
  look: async ({ cluster }) => cluster.knownHost,
  decide: (host, context) => {
    const { cluster, connection, options } = context;
    if (host !== undefined) return { kind: 'up-to-date', message: `the host is ${host}` };
    if (connection === undefined || notRegistered(context) !== undefined)
      return { kind: 'skip', message: 'host: auto needs a registered cluster' };
    if (!options.wait)
      return {
        kind: 'skip',
        message: 'host: auto: run it again with --wait to discover the address and publish the rest',
      };
    return {
      kind: 'do',
      message: `wait for the address of Service ${gatewayService.namespace}/${gatewayService.name}, and write it to ${cluster.folder}/discovered.yaml`,
      work: connection,
    };
  },
  act: async (connection, context) => {
    const { root, cluster } = context;
    const host = await addressOnTheWay(context, connection);
    const path = `${cluster.folder}/discovered.yaml`;
    await writeInput(
      root,
      path,
      `# Written by the bootstrap: the gateway's address, assigned by the load balancer. Delete the file to discover it again.\n${stringify({ host })}`,
    );
    const next = await withCluster(context, loadCluster(root, cluster.name));
    if (next.cluster.knownHost !== host)
      throw new RunError(`${path} was written, and reads ${next.cluster.knownHost} instead of ${host}`);
    return { message: `the gateway's address is ${host}`, next };
  },
});

/** Waits for the address, and follows the waves before it: when one fails, there will be no address. */
async function addressOnTheWay(context: BootstrapContext, connection: Connection): Promise<string> {
  const { options, reporter } = context;
  const stop = new AbortController();
  const address = waitForAddress(connection.api, {
    ...gatewayService,
    timeoutSeconds: options.timeoutMinutes * 60,
    report: (line) => reporter.status(`    ${line}`),
    signal: stop.signal,
  });
  const waves = followWaves(context, connection, stop.signal);
  try {
    return await Promise.race([address, waves.then(() => address)]);
  } finally {
    stop.abort();
    await Promise.allSettled([address, waves]);
  }
}
