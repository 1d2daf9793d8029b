import { applicationApi, type LiveApplication, sameRepository, sourcesOf } from '../cluster/applications.ts';
import type { Connection } from '../cluster/connect.ts';
import { takeInventory } from '../cluster/inventory.ts';
import { judgeOwnership } from '../cluster/judge-ownership.ts';
import type { LiveObject } from '../cluster/live.ts';
import { ownerOf } from '../cluster/owner.ts';
import { lookAtOwnership } from '../cluster/ownership.ts';
import { argocd } from '../components/argocd.ts';
import { allComponents } from '../components/index.ts';
import type { Platform } from '../components/platform.ts';
import { RunError } from '../report/errors.ts';
import { renderDocuments } from '../tree/render.ts';
import { wavesOf } from './follow-waves.ts';
import { ownershipQuestion } from './registration.ts';
import { type AnyStep, type RunProgress, runSteps } from './step.ts';
import type { UninstallContext } from './uninstall-context.ts';
import { findDefinitions, markDefinitions } from './uninstall-mark.ts';
import { removeArgocd, removeDefinitions, removeNamespaces } from './uninstall-rest.ts';
import { removeComponents, removeRoot, removeTenants } from './uninstall-waves.ts';

/** Findings about somebody else, which forbid an uninstall; the rest only forbids an installation. */
const forbidding = new Set([
  'root-foreign',
  'argocd-foreign',
  'project-foreign',
  'namespace-foreign',
  'workload-foreign',
]);

/**
 * Looks at all that an uninstall would touch, and whose it is. Changes nothing.
 *
 * @throws RunError when the cluster, or a part of it, belongs to another repository
 */
export async function lookBeforeUninstall(
  connection: Connection,
  platform: Platform,
  { reporter, deleteData }: Pick<UninstallContext, 'reporter' | 'deleteData'>,
): Promise<UninstallContext> {
  const { api } = connection;
  const { cluster } = platform;
  const question = ownershipQuestion(platform, renderDocuments(platform).documents);
  const found = await lookAtOwnership(api, question);
  const refused = judgeOwnership(found, question).findings.filter(({ code }) => forbidding.has(code));
  if (refused.length > 0)
    throw new RunError(`the cluster also has objects that do not belong to ${cluster.name}: ${refused[0]?.message}`, {
      details: refused.map(({ message }) => message),
      hint: 'Nothing was changed. Check --context and --cluster.',
    });
  const here = found.applications.filter(({ metadata }) => metadata.namespace === cluster.argocd.namespace);
  const names = new Set([...allComponents(cluster).map(({ name }) => name), cluster.argocd.root.name]);
  const reads = (application: LiveApplication) =>
    sourcesOf(application).some(({ repoURL }) => sameRepository(repoURL, cluster.repositoryUrl));
  const sets = (await api.list(applicationApi, 'ApplicationSet', { namespace: cluster.argocd.namespace })).items;
  const ourSets = new Set(sets.filter((set) => isOf(set, names)).map(({ metadata }) => metadata.name));
  const isTenant = ({ metadata }: LiveApplication) =>
    (metadata.ownerReferences ?? []).some(({ kind, name }) => kind === 'ApplicationSet' && ourSets.has(name));
  const tenants = here.filter(isTenant);
  const applications = here.filter((item) => reads(item) && !isTenant(item));
  const foreign = found.applications.filter((item) => !tenants.includes(item) && !applications.includes(item));
  if (cluster.argocd.install && foreign.length > 0)
    throw new RunError(`this platform's Argo CD also manages ${listOf(foreign)}, which would lose it`, {
      hint: 'Nothing was changed. Move those Applications to another Argo CD, or delete them, and run it again.',
    });
  const foreignNames = new Set(foreign.map(({ metadata }) => metadata.name));
  const all = [...names, ...applications.map(nameOf), ...tenants.map(nameOf)].filter((name) => !foreignNames.has(name));
  const inventory = await takeInventory(api, new Set(all));
  const definitions = await findDefinitions(api, applications);
  return {
    cluster,
    platform,
    connection,
    reporter,
    deleteData,
    applications,
    tenants,
    inventory,
    definitions,
    kept: [],
    keptNamespaces: [],
  };
}

function listOf(applications: readonly LiveApplication[]): string {
  const names = applications.slice(0, 5).map(nameOf).join(', ');
  return `${names}${applications.length > 5 ? ` and ${applications.length - 5} more` : ''}`;
}

function nameOf({ metadata }: LiveApplication): string {
  return metadata.name;
}

function isOf(object: LiveObject, names: ReadonlySet<string>): boolean {
  const owner = ownerOf(object);
  return owner.kind === 'application' && names.has(owner.name);
}

/** Reverse order of waves; components that the config no longer has go with the last wave. */
function steps({ cluster, platform, applications, inventory }: UninstallContext): AnyStep<UninstallContext>[] {
  const waves = wavesOf(platform);
  const placed = new Set(waves.flatMap((wave) => wave.applications));
  const { name: root } = cluster.argocd.root;
  const rest = [...new Set([...applications.map(nameOf), ...inventory.keys()])].filter(
    (name) => name !== '' && name !== root && name !== argocd.name && !placed.has(name),
  );
  const back = [...waves].reverse().map(({ wave, applications: names }) => ({
    name: `wave ${wave}`,
    components: names.filter((name) => name !== argocd.name),
  }));
  return [
    markDefinitions,
    removeRoot,
    removeTenants,
    ...(rest.length === 0 ? [] : [removeComponents('outside the waves', rest)]),
    ...back
      .filter(({ components }) => components.length > 0)
      .map(({ name, components }) => removeComponents(name, components)),
    removeNamespaces,
    removeDefinitions,
    removeArgocd,
  ];
}

/**
 * Removes the platform: the root first, so that nothing is re-created, then the waves from the last to the first, then their
 * namespaces and CRDs, and Argo CD at the end. It needs no working Argo CD. Killed anywhere, it is run again.
 *
 * @returns what became of each step, and in the context what stays
 * @throws RunError when something does not go
 */
export async function uninstall(context: UninstallContext, dryRun: boolean): Promise<RunProgress<UninstallContext>> {
  return await runSteps(steps(context), context, { dryRun, reporter: context.reporter });
}
