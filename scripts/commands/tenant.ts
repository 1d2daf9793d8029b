import { join } from 'node:path';
import type { Cluster } from '../config/cluster.ts';
import { loadAllClusters } from '../config/load.ts';
import { asTyped, type NewTenant, newTenantFile } from '../config/new-tenant.ts';
import { readRemovals, removalsFile, withoutRemovals, withRemovals } from '../config/removals.ts';
import { tenantName } from '../config/schema/tenant.ts';
import { closest } from '../config/suggest.ts';
import type { Tenant } from '../config/tenant.ts';
import { belongsTo, namespacesOf } from '../config/tenant-rules.ts';
import { listTenants, loadTenants } from '../config/tenants.ts';
import { count } from '../report/count.ts';
import { UsageError } from '../report/errors.ts';
import { orphanedTenants } from '../steps/orphaned-tenants.ts';
import { removeInputs } from '../workspace/remove-inputs.ts';
import { readText, writeInput } from '../workspace/write-input.ts';
import { declarations } from './declarations.ts';
import type { InvocationOf } from './invocation.ts';
import { connectIfNamed, purge } from './tenant-live.ts';
import { describeTenant } from './tenant-objects.ts';

const actions: readonly string[] = declarations.tenant.words;

/** `npm run tenant -- ACTION NAME`: edits tenants/<team>/; a merge applies it. */
export async function run(invocation: InvocationOf<'tenant'>): Promise<number> {
  const [action = '', name] = invocation.positional;
  if (action === 'list' && name === undefined) return await list(invocation);
  if (!actions.includes(action)) {
    const near = closest(action, actions);
    throw new UsageError(`${JSON.stringify(action)} is not one of ${actions.join(', ')}`, {
      ...(near === undefined ? {} : { hint: `Did you mean "${near}"?` }),
    });
  }
  if (name === undefined)
    throw new UsageError(`which tenant? "${action}" needs its name`, { hint: `npm run tenant -- ${action} NAME` });
  if (action === 'list') throw new UsageError('"list" takes no name', { hint: `npm run tenant -- show ${name}` });
  if (action === 'add') return await add(invocation, name);
  if (action === 'show') return await show(invocation, name);
  return action === 'remove' ? await remove(invocation, name) : await purge(invocation, name);
}

async function add(invocation: InvocationOf<'tenant'>, name: string): Promise<number> {
  const { root, options, reporter } = invocation;
  const path = `tenants/${name}/tenant.yaml`;
  const wrong = tenantName.safeParse(name).error?.issues[0];
  if (wrong !== undefined)
    throw new UsageError(`${JSON.stringify(name)} cannot be a tenant's name: ${wrong.message}`, {
      hint: 'Nothing was written. Choose another name.',
    });
  if (listTenants(root).includes(name))
    throw new UsageError(`the tenant ${name} already exists and was not changed`, {
      hint: `Change ${path} by hand.`,
    });
  const owner = options.owner;
  if (owner === undefined)
    throw new UsageError('a tenant needs an owner', { hint: `For example --owner ann@example.com` });
  const clusters = loadAllClusters(root);
  const given = {
    name,
    owner,
    kind: options.kind ?? 'namespace',
    displayName: options.displayName,
    members: options.members,
    quota: quotaOf(options.quota),
    clusters: options.clusters,
    repositories: options.repositories,
  };
  const file = newTenantFile(given);
  const tenant = readBack(root, clusters, given, { path, file });
  const noted = (await readText(root, removalsFile)) ?? '';
  const cleared = withoutRemovals(noted, [`tenants/${name}`]);
  // Before anything is written: a tenant that cannot be rendered here would fail there, too.
  const cluster = clusters.find((one) => belongsTo(tenant, one));
  const gets = cluster === undefined ? undefined : await describeTenant(root, cluster, name, file);
  if (!options.dryRun) {
    await writeInput(root, path, file, { exclusive: true });
    if (cleared !== noted) await writeInput(root, removalsFile, cleared);
  }
  reporter.result(
    { tenant: name, file: path, written: !options.dryRun, objects: gets?.objects },
    [
      options.dryRun ? `would write ${path}:\n\n${file}` : `wrote ${path}`,
      ...(gets === undefined || cluster === undefined ? [] : [`${cluster.name} gets:`, ...gets.lines]),
      ...(options.dryRun
        ? []
        : [
            ...(tenant.members?.some((member) => 'group' in member)
              ? ['The gateway knows groups by name: npm run render -- --all writes them to its filter.']
              : []),
            'Next: read it, commit it, and open a pull request. The merge creates the namespaces.',
          ]),
    ].join('\n'),
  );
  return 0;
}

/** @throws UsageError with the options that cause mistakes in the new file: it is not written, so line numbers would not help */
function readBack(
  root: string,
  clusters: readonly Cluster[],
  given: NewTenant,
  { path, file }: { path: string; file: string },
): Tenant {
  try {
    const tenant = loadTenants(root, clusters, new Map([[path, file]])).find(({ name }) => name === given.name);
    if (tenant === undefined) throw new Error(`${given.name} was not read back`);
    return tenant;
  } catch (error) {
    if (!(error instanceof UsageError) || error.problems.length === 0) throw error;
    const problems = error.problems.map((problem) => (problem.file === path ? asTyped(problem, given) : problem));
    const typed = problems.every((problem) => problem.typed !== undefined);
    throw new UsageError(
      `${count(problems.length, 'mistake')}${typed ? ' on the command line' : ''}; nothing was written`,
      { problems },
    );
  }
}

async function list(invocation: InvocationOf<'tenant'>): Promise<number> {
  const { root, reporter } = invocation;
  const clusters = loadAllClusters(root);
  const tenants = loadTenants(root, clusters);
  const rows = tenants.map((tenant) => ({
    tenant: tenant.name,
    kind: tenant.kind,
    owner: typeof tenant.owner === 'string' ? tenant.owner : `group ${tenant.owner.group}`,
    members: tenant.members?.length ?? 0,
    namespaces: namespacesOf(tenant),
    clusters: clusters.filter((cluster) => belongsTo(tenant, cluster)).map(({ name }) => name),
    apps: tenant.hasApps,
  }));
  const live = await connectIfNamed(invocation);
  const kept = live === undefined ? [] : await orphanedTenants(live.connection, live.cluster, tenants);
  const line = (name: string, kind: string, owner: string, where: string) =>
    reporter.status(`${name.padEnd(24)} ${kind.padEnd(10)} ${owner.padEnd(32)} ${where}`);
  if (rows.length + kept.length > 0) line('TENANT', 'KIND', 'OWNER', 'CLUSTERS');
  for (const row of rows) line(row.tenant, row.kind, row.owner, row.clusters.join(', '));
  for (const place of kept)
    reporter.status(
      `${place.tenant.padEnd(24)} orphaned   kept in ${live?.context}: ${place.namespaces.map((one) => one.name).join(', ')} (npm run tenant -- purge ${place.tenant})`,
    );
  reporter.result(
    { tenants: rows, ...(live === undefined ? {} : { orphaned: kept }) },
    rows.length + kept.length === 0 ? 'There are no tenants. Add one: npm run tenant -- add NAME --owner ADDRESS' : '',
  );
  return 0;
}

async function show(invocation: InvocationOf<'tenant'>, name: string): Promise<number> {
  const { root, options, reporter } = invocation;
  const clusters = loadAllClusters(root);
  const tenant = find(loadTenants(root, clusters), name);
  const asked = options.cluster;
  const chosen = clusters.filter((cluster) => asked === undefined || cluster.name === asked);
  if (chosen.length === 0) throw new UsageError(`there is no cluster ${JSON.stringify(asked)}`);
  const file = (await readText(root, tenant.source)) ?? '';
  const results = [];
  for (const cluster of chosen) {
    if (!belongsTo(tenant, cluster)) {
      reporter.status(`${cluster.name}: tenant ${name} is not assigned to this cluster`);
      continue;
    }
    const gets = await describeTenant(root, cluster, name, file);
    results.push({ cluster: cluster.name, ...gets.objects });
    reporter.status(`objects of ${name} in ${cluster.name}:`);
    for (const line of options.manifests ? gets.manifests : gets.lines) reporter.status(line);
  }
  reporter.result({ tenant: name, clusters: results }, '');
  return 0;
}

async function remove(invocation: InvocationOf<'tenant'>, name: string): Promise<number> {
  const { root, reporter, options } = invocation;
  if (!listTenants(root).includes(name)) throw unknown(root, name);
  const deletes = /^deletionPolicy:\s*['"]?delete\b/m.test((await readText(root, `tenants/${name}/tenant.yaml`)) ?? '');
  // Note it first: after a kill in between, the next run finds the entry, and the folder still exists.
  const noted = withRemovals(await readText(root, removalsFile), [`tenants/${name}`]);
  readRemovals(root);
  if (!options.dryRun) await writeInput(root, removalsFile, noted);
  const removed = await removeInputs(root, `tenants/${name}`, { dryRun: options.dryRun });
  const what = deletes
    ? 'Its namespaces are deleted with all data at once: its deletionPolicy is delete.'
    : `Kept: its namespaces, with volumes, quota and what runs there (without access for anyone). To delete them: npm run tenant -- purge ${name}`;
  reporter.result(
    {
      tenant: name,
      removed,
      noted: { file: removalsFile, entry: `tenants/${name}` },
      deletionPolicy: deletes ? 'delete' : 'keep',
      dryRun: options.dryRun,
    },
    [
      `${options.dryRun ? 'would remove' : 'removed'} ${removed.join(', ')}`,
      `${options.dryRun ? 'would note' : 'noted'} tenants/${name} in ${removalsFile}, where reviewers see it`,
      'After the merge these end at once: roles, contributors, routes, AuthorizationPolicies, network openings, and the rights of its Applications.',
      what,
      ...(options.dryRun
        ? []
        : [`Undo, before you commit: git checkout -- tenants/${name}, and remove its entry from ${removalsFile}`]),
    ].join('\n'),
  );
  return 0;
}

function find(tenants: readonly Tenant[], name: string): Tenant {
  const tenant = tenants.find((one) => one.name === name);
  if (tenant !== undefined) return tenant;
  const near = closest(
    name,
    tenants.map((one) => one.name),
  );
  throw new UsageError(`there is no tenant ${JSON.stringify(name)}`, {
    hint: near === undefined ? 'See: npm run tenant -- list' : `Did you mean "${near}"?`,
  });
}

function unknown(root: string, name: string): UsageError {
  const near = closest(name, listTenants(root));
  return new UsageError(`there is no tenant ${JSON.stringify(name)}: ${join('tenants', name)} does not exist`, {
    hint: near === undefined ? 'See: npm run tenant -- list' : `Did you mean "${near}"?`,
  });
}

function quotaOf(quota: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    quota.map((entry) => {
      const [key, amount, ...rest] = entry.split('=');
      if (key === undefined || amount === undefined || rest.length > 0)
        throw new UsageError(`--quota expects NAME=AMOUNT, got ${JSON.stringify(entry)}`, {
          hint: 'For example --quota cpu=8,memory=32Gi,gpus=2',
        });
      return [key, amount];
    }),
  );
}
