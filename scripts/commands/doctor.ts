import { connect } from '../cluster/connect.ts';
import { facilities } from '../cluster/facilities.ts';
import { describeRights, missingRights, rightsFor } from '../cluster/preflight.ts';
import { requireOwnership } from '../cluster/require-ownership.ts';
import { lookAtSecrets, planSecrets } from '../cluster/secret-plan.ts';
import { prepareSecrets } from '../cluster/secret-values.ts';
import type { Cluster } from '../config/cluster.ts';
import { publishedSchemas } from '../config/json-schema.ts';
import { listClusters, loadCluster } from '../config/load.ts';
import { sharedNotes } from '../config/notes.ts';
import { removalsFile } from '../config/removals.ts';
import { templateFiles } from '../config/template-files.ts';
import { openRepository, type Repository } from '../git/repository.ts';
import { count } from '../report/count.ts';
import { checkDeleted, requireCleanRepository } from '../steps/check-repository.ts';
import { foreignNamespaces } from '../steps/foreign-namespaces.ts';
import { planWithHead } from '../steps/plan-cluster.ts';
import { ownershipQuestion, registrationObjects, repositoryObject } from '../steps/registration.ts';
import { requireValid } from '../steps/require-valid.ts';
import { tenantsWithoutNodes } from '../steps/tenant-nodes.ts';
import { requireUnblocked } from '../steps/write-tree.ts';
import { placePlatform } from '../tree/place.ts';
import { renderDocuments } from '../tree/render.ts';
import { secretResolver } from '../workspace/resolver.ts';
import { missingTemplateFiles } from '../workspace/template-files.ts';
import { chooseCluster, example, readableClusters } from './choose-cluster.ts';
import {
  attempt,
  checkDns,
  checkRelease,
  checkTools,
  type DoctorLine,
  type Found,
  placeholdersOf,
} from './doctor-checks.ts';
import { checkRemote } from './doctor-remote.ts';
import { hideSecrets } from './hide-secrets.ts';
import type { InvocationOf } from './invocation.ts';

const marks = {
  ok: ['✔', 'ok     ', 'green'],
  note: ['●', 'note   ', 'yellow'],
  missing: ['✖', 'MISSING', 'red'],
} as const;

/** `npm run doctor`: checks the prerequisites, one line each. Changes nothing. */
export async function run(invocation: InvocationOf<'doctor'>): Promise<number> {
  const { reporter, root } = invocation;
  const clusters = listClusters(root);
  // With several clusters and none named, ask first: the list would be about none of them.
  const name =
    clusters.length === 0 && invocation.options.cluster === undefined ? undefined : chooseCluster(invocation);
  if (name !== undefined && !clusters.includes(name)) loadCluster(root, name);
  const findings: DoctorLine[] = [];
  const found = (check: string, state: DoctorLine['state'], message: string): void => {
    findings.push({ check, state, message });
    reporter.marked(marks[state], `${check}: ${message}`);
  };
  found(
    'node',
    newEnough(process.versions.node) ? 'ok' : 'missing',
    `${process.versions.node} (20.20 or newer is needed)`,
  );
  const readable = readableClusters(root);
  hideSecrets(
    invocation,
    readable.filter((one) => one.name === name),
  );
  await checkFiles(invocation, found);
  const repository = await checkRepository(invocation, found);
  await checkTools(found);
  await checkRelease(root, found);
  const cluster = name === undefined ? undefined : await checkConfig(root, name, found);
  if (name !== undefined && name !== example && clusters.includes(example))
    found(
      'demo',
      'note',
      `clusters/${example}, the template's example, is still there. Remove it: git rm -r clusters/${example}, and list "- clusters/${example}" in ${removalsFile}`,
    );
  if (name === undefined) found('cluster.yaml', 'note', 'there is no cluster yet. Create one: npm run new -- NAME');
  const placeholders = cluster === undefined ? [] : placeholdersOf(cluster);
  if (cluster !== undefined) {
    if (placeholders.length > 0) found('placeholders', 'note', `still as in the template: ${placeholders.join(', ')}`);
    for (const note of sharedNotes([cluster, ...readable.filter(({ name }) => name !== cluster.name)]))
      found('shared settings', 'note', note);
    await checkDns(cluster, found);
    if (repository !== undefined) {
      await checkPublishable(invocation, cluster, repository, found);
      await checkRemote(invocation, cluster, repository, found);
    }
    await checkCluster(invocation, cluster, found);
  }
  const missing = findings.filter(({ state }) => state === 'missing');
  reporter.result(
    { findings },
    missing.length === 0
      ? `Nothing is missing.${placeholders.length === 0 ? '' : `\nPlaceholders are left: ${placeholders.join(', ')}.`}`
      : `${count(missing.length, 'check')} of ${findings.length} found something missing.`,
  );
  return missing.length === 0 ? 0 : 1;
}

function newEnough(version: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return major > 20 || (major === 20 && minor >= 20);
}

async function checkConfig(root: string, name: string, found: Found): Promise<Cluster | undefined> {
  return await attempt('cluster.yaml', found, async () => {
    const loaded = loadCluster(root, name);
    found('cluster.yaml', 'ok', `${loaded.folder}/cluster.yaml is valid`);
    return loaded;
  });
}

async function checkFiles({ root }: InvocationOf<'doctor'>, found: Found): Promise<void> {
  const missing = await missingTemplateFiles(root, [...publishedSchemas.keys(), 'package.json', ...templateFiles]);
  const deleted = (await checkDeleted(root)).filter(({ file }) => !missing.includes(file));
  for (const { file, message } of deleted) found('deleted file', 'missing', `${file} ${message}`);
  if (missing.length === 0) found('template files', 'ok', 'all there');
  else found('template files', 'missing', `${missing.join(', ')} missing. Restore them: git checkout HEAD -- PATH`);
}

async function checkRepository({ root }: InvocationOf<'doctor'>, found: Found): Promise<Repository | undefined> {
  return await attempt('git', found, async () => {
    const repository = await openRepository(root);
    const state = await repository.state();
    found(
      'git',
      'ok',
      `repository on ${state.branch === undefined ? 'no branch (detached HEAD)' : `branch ${state.branch}`}`,
    );
    if (!state.identity)
      found(
        'git identity',
        'missing',
        'user.name or user.email is not set: git config user.name "Your Name"; git config user.email you@example.com',
      );
    if (state.branch === undefined) found('git branch', 'missing', 'HEAD is detached: git switch main');
    if (state.unfinished !== undefined) found('git state', 'missing', `a ${state.unfinished} is unfinished`);
    return repository;
  });
}

/** Finds what a bootstrap would refuse to publish. */
async function checkPublishable(
  { root }: InvocationOf<'doctor'>,
  cluster: Cluster,
  repository: Repository,
  found: Found,
) {
  await attempt('tree', found, async () => {
    await requireCleanRepository(root);
    const planned = await planWithHead(root, placePlatform(cluster), repository);
    requireUnblocked(planned);
    await requireValid({ root, cluster, repository, planned, options: { remove: [] } }, true);
    found('tree', 'ok', 'what a bootstrap would publish passes the checks of validate');
  });
}

async function checkCluster(
  { root, options, reporter }: InvocationOf<'doctor'>,
  cluster: Cluster,
  found: Found,
): Promise<void> {
  const context = options.context ?? cluster.kubernetes.context;
  if (context === undefined)
    return found(
      'cluster',
      'note',
      'no Kubernetes context is set: add --context NAME, or kubernetes.context in cluster.yaml',
    );
  await attempt('cluster', found, async () => {
    const connection = await connect({ context });
    found(
      'cluster',
      'ok',
      `${connection.server}, Kubernetes ${connection.version}, as ${connection.user ?? 'an unnamed user'}`,
    );
    for (const warning of connection.warnings) found('cluster', 'note', warning);
    await attempt('facilities', found, async () => {
      for (const { what, state, message } of await facilities(connection.api, cluster)) found(what, state, message);
    });
    const platform = placePlatform(cluster);
    const { secrets, ...registered } = registrationObjects(platform);
    const objects = [...registered.namespaces, repositoryObject(cluster), registered.project, registered.root];
    const missing = await missingRights(
      connection.api,
      rightsFor({ objects, secrets, argocdNamespace: cluster.argocd.namespace }),
    );
    if (missing.length > 0) return found('rights', 'missing', describeRights(missing).join('; '));
    found('rights', 'ok', 'all rights that the registration needs');
    await attempt('ownership', found, async () => {
      const verdict = await requireOwnership(
        connection.api,
        ownershipQuestion(platform, renderDocuments(platform).documents, context),
      );
      for (const { message, hint } of verdict.findings) found('ownership', 'note', `${message}. ${hint}`);
      found('ownership', 'ok', `nothing there belongs to anyone else (Argo CD: ${verdict.argocd})`);
    });
    await attempt('tenants', found, async () => {
      const foreign = await foreignNamespaces(root, connection, cluster);
      for (const { message, hint } of foreign) found('tenants', 'missing', `${message}. ${hint}`);
      if (foreign.length === 0) found('tenants', 'ok', "no tenant's namespace belongs to anyone else");
      const without = await tenantsWithoutNodes(root, connection.api, cluster);
      if (without.length > 0)
        found(
          'tenants',
          'note',
          `pods in tenant.yaml of ${without.join(', ')} has no effect here unless the API server runs PodNodeSelector and PodTolerationRestriction: Kubernetes ${connection.version} has no MutatingAdmissionPolicy`,
        );
    });
    await attempt('secrets', found, async () => {
      const plans = planSecrets(secrets, await lookAtSecrets(connection.api, secrets));
      const missing = plans.filter(({ need, keys }) => keys.some((key) => need.keys[key]?.kind === 'reference'));
      await prepareSecrets(missing, secretResolver(root, cluster.folder, reporter.hide));
      found('secrets', 'ok', 'existing Secrets are usable, and the values for new ones are available');
    });
  });
}
