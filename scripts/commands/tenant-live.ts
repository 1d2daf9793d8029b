import { type Connection, connect } from '../cluster/connect.ts';
import { requirePlatform } from '../cluster/require-platform.ts';
import { purgePlace, type TenantPlace, tenantPlaces } from '../cluster/tenants.ts';
import type { Cluster } from '../config/cluster.ts';
import { loadAllClusters } from '../config/load.ts';
import type { Tenant } from '../config/tenant.ts';
import { belongsTo, namespacesOf } from '../config/tenant-rules.ts';
import { listTenants, loadTenants } from '../config/tenants.ts';
import { count } from '../report/count.ts';
import { RunError, UsageError } from '../report/errors.ts';
import { expectedRoot } from '../steps/registration.ts';
import { chooseCluster } from './choose-cluster.ts';
import type { InvocationOf } from './invocation.ts';
import { ask, asksOnTerminal } from './terminal.ts';

/** A cluster with its connection. */
export interface Live {
  cluster: Cluster;
  context: string;
  connection: Connection;
}

/** @returns the cluster that --context or --cluster names; undefined when neither is given */
export async function connectIfNamed(invocation: InvocationOf<'tenant'>): Promise<Live | undefined> {
  const { options, root } = invocation;
  if (options.context === undefined && options.cluster === undefined) return undefined;
  const name = chooseCluster(invocation);
  const cluster = loadAllClusters(root).find((one) => one.name === name);
  if (cluster === undefined) throw new UsageError(`there is no cluster ${JSON.stringify(name)}`);
  const context = options.context ?? cluster.kubernetes.context;
  if (context === undefined)
    throw new UsageError('which cluster? No context is named', {
      hint: `Add --context NAME, or set kubernetes.context in clusters/${name}/cluster.yaml.`,
    });
  const connection = await connect({ context });
  await requirePlatform(connection, expectedRoot(cluster), { absent: 'allowed' });
  return { cluster, context, connection };
}

/**
 * `npm run tenant -- purge NAME`: shows the namespaces that a removed tenant left, or that a tenant dropped, and deletes them
 * after confirmation.
 */
export async function purge(invocation: InvocationOf<'tenant'>, name: string): Promise<number> {
  const { root, options, reporter } = invocation;
  const live = await connectIfNamed({ ...invocation, options: { ...options, cluster: chooseCluster(invocation) } });
  if (live === undefined) throw new Error('no cluster was chosen');
  const here = tenantHere(root, name, live.cluster);
  const own = here === undefined ? [] : namespacesOf(here);
  const [place] = await tenantPlaces(live.connection.api, live.cluster.argocd.namespace, {
    only: name,
    include: ({ namespace, dropped }) => here === undefined || (dropped && !own.includes(namespace)),
  });
  if (place === undefined && here !== undefined)
    throw new UsageError(`tenants/${name} still exists, so Argo CD would re-create its namespaces`, {
      hint: `First remove the tenant (npm run tenant -- remove ${name}), or delete the namespace from its tenant.yaml, and merge.`,
    });
  if (place === undefined) {
    reporter.result({ tenant: name, deleted: [] }, `Nothing of ${name} is left in ${live.context}.`);
    return 0;
  }
  if (!place.orphaned && here === undefined)
    throw new RunError(`${name} still has Applications in ${live.context}: its removal is not applied there yet`, {
      hint: 'Check that it is merged. Argo CD checks Git every minute.',
    });
  for (const line of contents(place)) reporter.status(line);
  if (options.dryRun) {
    reporter.result({ tenant: name, place, deleted: [] }, 'This was a dry run: nothing was deleted.');
    return 0;
  }
  const question = `This cannot be undone. Type ${name} to delete all of it: `;
  if (!options.yes && !(asksOnTerminal(reporter.json) && (await ask(question)) === name)) {
    throw new UsageError('nothing was deleted', { hint: 'Type the name to confirm, or add --yes.' });
  }
  const deleted = await purgePlace(live.connection.api, place);
  reporter.result(
    { tenant: name, place, deleted },
    `Deleted: ${deleted.join(', ')}. Kubernetes takes a moment to delete their contents.`,
  );
  return 0;
}

/** @returns the tenant, when the repository has it and it belongs to the cluster */
function tenantHere(root: string, name: string, cluster: Cluster): Tenant | undefined {
  if (!listTenants(root).includes(name)) return undefined;
  const tenant = loadTenants(root, loadAllClusters(root)).find((one) => one.name === name);
  return tenant !== undefined && belongsTo(tenant, cluster) ? tenant : undefined;
}

function contents(place: TenantPlace): string[] {
  return [
    `What is left of ${place.tenant}:`,
    ...place.profiles.map((profile) => `  Profile ${profile}`),
    ...place.namespaces.map(({ name, claims, pods }) => {
      const volumes =
        claims.length === 0 ? '' : ` (${claims.slice(0, 10).join(', ')}${claims.length > 10 ? ', …' : ''})`;
      return `  Namespace ${name}: ${count(pods, 'pod')}, ${count(claims.length, 'volume claim')}${volumes}, and everything else in it`;
    }),
  ];
}
