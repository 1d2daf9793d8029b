import { keyOf } from '../cluster/inventory.ts';
import { describeObject, type LiveObject } from '../cluster/live.ts';
import { removeNamespace, removeObjects, stripFinalizers } from '../cluster/remove.ts';
import { argocd } from '../components/argocd.ts';
import { groupOf } from '../components/component.ts';
import { clusterLabel } from '../components/domain.ts';
import { namespaces } from '../tree/root-objects.ts';
import { type AnyStep, step } from './step.ts';
import { type Kept, keeping, type UninstallContext } from './uninstall-context.ts';
import { countKinds, isData, reasonToKeep, stagesOf } from './uninstall-plan.ts';

function objectsOf({ inventory }: UninstallContext): LiveObject[] {
  return [...inventory.values()].flat();
}

/** Keys of what the uninstall takes, or has taken, out. */
function goingKeys(context: UninstallContext): ReadonlySet<string> {
  const { deleteData, tenants } = context;
  const ofTenants = new Set(tenants.map(({ metadata }) => metadata.name));
  const entries = [...context.inventory].filter(([name]) => deleteData || !ofTenants.has(name));
  return new Set(
    entries.flatMap(([, objects]) => objects.filter((object) => deleteData || !isData(object))).map(keyOf),
  );
}

/** A namespace, and why it stays. */
interface Place {
  name: string;
  reason?: string;
  /** Whether it says itself that it is this cluster's, so that the next bootstrap takes it for its own. */
  marked: boolean;
}

async function placesOf(context: UninstallContext): Promise<Place[]> {
  const { cluster, platform, connection, deleteData, tenants, inventory } = context;
  const ofTenants = new Set(tenants.flatMap(({ metadata }) => (inventory.get(metadata.name) ?? []).map(keyOf)));
  const known = namespaces(cluster, platform.enabled).map(({ metadata }) => metadata.name);
  const tracked = objectsOf(context)
    .filter((object) => object.kind === 'Namespace' && !ofTenants.has(keyOf(object)))
    .map(({ metadata }) => metadata.name);
  const places: Place[] = [];
  for (const name of [...new Set([...tracked, ...known])].reverse()) {
    if (name === cluster.argocd.namespace || name === 'default' || name.startsWith('kube-')) continue;
    const live = await connection.api.find<LiveObject>({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
    if (live === undefined) continue;
    const reason = deleteData ? undefined : await whyKept(context, name);
    const marked = live.metadata.labels?.[clusterLabel] === cluster.name;
    places.push({ name, marked, ...(reason === undefined ? {} : { reason }) });
  }
  return places;
}

async function whyKept(context: UninstallContext, namespace: string): Promise<string | undefined> {
  const { api } = context.connection;
  const list = async (apiVersion: string, kind: string) => (await api.list(apiVersion, kind, { namespace })).items;
  const ours = new Set(objectsOf(context).map(keyOf));
  const workloads = await Promise.all(['Deployment', 'StatefulSet', 'DaemonSet'].map((kind) => list('apps/v1', kind)));
  return reasonToKeep({
    claims: await list('v1', 'PersistentVolumeClaim'),
    foreign: [...workloads.flat(), ...(await list('batch/v1', 'CronJob'))].filter(
      (object) => !ours.has(keyOf(object)) && (object.metadata.ownerReferences ?? []).length === 0,
    ),
  });
}

/** The platform's namespaces, but those that hold data or what others put there. */
export const removeNamespaces: AnyStep<UninstallContext> = step<
  UninstallContext,
  Place[],
  { going: readonly string[]; unmarked: readonly string[] }
>({
  name: 'namespaces',
  look: placesOf,
  decide: (places, context) => {
    const kept = places.flatMap(({ name, reason }) =>
      reason === undefined ? [] : [{ what: `Namespace ${name}, with its Secrets`, why: reason }],
    );
    const keptNamespaces = places.filter(({ reason }) => reason !== undefined).map(({ name }) => name);
    const next = { ...keeping(context, kept), keptNamespaces };
    const going = places.filter(({ reason }) => reason === undefined).map(({ name }) => name);
    const unmarked = places.filter(({ reason, marked }) => reason !== undefined && !marked).map(({ name }) => name);
    if (going.length === 0 && unmarked.length === 0)
      return {
        kind: 'up-to-date',
        message: places.length === 0 ? 'there are none' : 'existing ones are kept',
        next,
      };
    const messages = [
      ...(going.length === 0 ? [] : [`delete ${going.join(', ')}, with all Secrets in them`]),
      ...(unmarked.length === 0 ? [] : [`mark ${unmarked.join(', ')} as owned by this cluster (they are kept)`]),
    ];
    return { kind: 'do', message: messages.join('; '), work: { going, unmarked }, next };
  },
  act: async ({ going, unmarked }, context) => {
    const { api } = context.connection;
    const report = (line: string) => context.reporter.status(`    ${line}`);
    for (const name of going) await removeNamespace(api, name, { report });
    // The mark of an Application would say that somebody else owns it, once that is gone.
    for (const name of unmarked) {
      await api.merge(
        { apiVersion: 'v1', kind: 'Namespace', metadata: { name } },
        { metadata: { labels: { [clusterLabel]: context.cluster.name } } },
      );
    }
    return going.length === 0 ? `${unmarked.join(', ')} marked` : `${going.join(', ')} gone`;
  },
});

interface Definition extends LiveObject {
  spec: { group: string; names: { kind: string }; versions: { name: string; storage: boolean }[] };
}

interface Definitions {
  going: readonly Definition[];
  instances: readonly LiveObject[];
  kept: readonly Kept[];
}

function isArgocd({ metadata }: LiveObject): boolean {
  return metadata.name.endsWith('.argoproj.io') && metadata.labels?.['app.kubernetes.io/part-of'] === 'argocd';
}

async function instancesOf({ connection: { api } }: UninstallContext, { spec }: Definition): Promise<LiveObject[]> {
  const version = spec.versions.find(({ storage }) => storage)?.name ?? spec.versions[0]?.name ?? 'v1';
  return (await api.list(`${spec.group}/${version}`, spec.names.kind)).items;
}

async function splitDefinitions(context: UninstallContext, definitions: readonly LiveObject[]): Promise<Definitions> {
  const going: Definition[] = [];
  const instances: LiveObject[] = [];
  const kept: Kept[] = [];
  const taken = goingKeys(context);
  const places = await placesOf(context);
  const emptied = new Set(places.filter(({ reason }) => reason === undefined).map(({ name }) => name));
  for (const object of definitions) {
    const definition = await context.connection.api.find<Definition>(object);
    if (definition === undefined) continue;
    const found = await instancesOf(context, definition);
    // In a dry run the platform's own objects and namespaces are still there; what objects own goes with them, a moment later.
    const others = found.filter(
      (item) => !taken.has(keyOf(item)) && !emptied.has(item.metadata.namespace ?? '') && !isPart(item),
    );
    if (others.length > 0 && !context.deleteData) {
      const names = others
        .slice(0, 3)
        .map(({ metadata }) => `${metadata.namespace ?? ''}/${metadata.name}`.replace(/^\//, ''));
      kept.push({
        what: describeObject(definition),
        why: `${others.length} ${definition.spec.names.kind} of others (${names.join(', ')}${others.length > 3 ? ', …' : ''})`,
      });
      continue;
    }
    going.push(definition);
    instances.push(...found);
  }
  return { going, instances, kept };
}

/** A part of another object of its group, as a Challenge is of an Order: it counts there. */
function isPart({ apiVersion, metadata }: LiveObject): boolean {
  const group = groupOf({ apiVersion }).split('.').slice(-2).join('.');
  return (metadata.ownerReferences ?? []).some((owner) => groupOf(owner).endsWith(group));
}

async function dropDefinitions(context: UninstallContext, { going, instances }: Definitions): Promise<void> {
  const report = (line: string) => context.reporter.status(`    ${line}`);
  await removeObjects(context.connection.api, instances, { patience: 20, report });
  await removeObjects(context.connection.api, going, { report });
}

/** CRDs go with the last object of their kind: deleting one deletes all of them. */
export const removeDefinitions: AnyStep<UninstallContext> = step<UninstallContext, Definitions, Definitions>({
  name: 'definitions',
  look: (context) =>
    splitDefinitions(
      context,
      context.definitions.filter((object) => !isArgocd(object)),
    ),
  decide: (found, context) => {
    const next = keeping(context, found.kept);
    if (found.going.length > 0) return { kind: 'do', message: `delete ${found.going.length} CRDs`, work: found, next };
    return {
      kind: 'up-to-date',
      message: found.kept.length === 0 ? 'there are none' : 'existing ones are kept',
      next,
    };
  },
  act: async (found, context) => {
    await dropDefinitions(context, found);
    return `${found.going.length} CRDs gone`;
  },
});

interface Rest {
  /** Argo CD's namespace, where it is ours. */
  namespace: string | undefined;
  /** Cluster-wide objects, and single ones in namespaces that stay. */
  objects: readonly LiveObject[];
  definitions: Definitions;
}

/** istiod puts its CA's certificate into every namespace, and leaves it there; while one runs, it would put it back. */
async function meshLeftovers({ connection: { api }, inventory }: UninstallContext): Promise<LiveObject[]> {
  if (inventory.size === 0) return [];
  const runs = await api.list('apps/v1', 'Deployment', { labelSelector: 'app=istiod' });
  if (runs.items.length > 0) return [];
  const { items } = await api.list('v1', 'ConfigMap', { labelSelector: 'istio.io/config=true' });
  return items.filter(({ metadata }) => metadata.name.startsWith('istio-ca-'));
}

/** Argo CD goes last, and what the bootstrap had applied itself. One that was there before us stays. */
export const removeArgocd: AnyStep<UninstallContext> = step<UninstallContext, Rest, Rest>({
  name: 'argocd',
  look: async (context) => {
    const { cluster, inventory, connection, applications } = context;
    const { namespace } = cluster.argocd;
    const installed = cluster.argocd.install;
    const place = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } };
    const candidates = [
      ...(await meshLeftovers(context)),
      ...(inventory.get(argocd.name) ?? []),
      ...(inventory.get('') ?? []),
      ...(inventory.get(cluster.argocd.root.name) ?? []),
      ...applications,
    ];
    const found: LiveObject[] = [];
    for (const object of candidates) {
      if (object.kind === 'Namespace' || object.kind === 'CustomResourceDefinition' || isKept(context, object))
        continue;
      if (found.some((other) => keyOf(other) === keyOf(object))) continue;
      const live = await connection.api.find<LiveObject>(object);
      if (live !== undefined) found.push(live);
    }
    const crds = context.definitions.filter(isArgocd);
    return {
      namespace: installed && (await connection.api.find(place)) !== undefined ? namespace : undefined,
      objects: found,
      definitions: installed ? await splitDefinitions(context, crds) : { going: [], instances: [], kept: [] },
    };
  },
  decide: ({ namespace, objects, definitions }, context) => {
    const next = keeping(context, definitions.kept);
    const parts = [
      ...(objects.length === 0 ? [] : [countKinds(objects)]),
      ...(namespace === undefined ? [] : [`the namespace ${namespace}`]),
      ...(definitions.going.length === 0 ? [] : [`${definitions.going.length} CRDs`]),
    ];
    return parts.length === 0
      ? { kind: 'up-to-date', message: 'nothing to remove', next }
      : { kind: 'do', message: `delete ${parts.join(', ')}`, work: { namespace, objects, definitions }, next };
  },
  act: async ({ namespace, objects, definitions }, context) => {
    const { api } = context.connection;
    const report = (line: string) => context.reporter.status(`    ${line}`);
    const held = objects.filter(({ apiVersion }) => apiVersion.startsWith('argoproj.io/'));
    // Its controller may be gone already, and would not take its finalizers off.
    for (const object of held) await stripFinalizers(api, object);
    await removeObjects(api, held, { report });
    const { callers, custom, rest } = stagesOf(
      objects.filter((object) => !held.includes(object)),
      { deleteData: true },
    );
    for (const stage of [callers, custom, rest]) await removeObjects(api, stage, { report });
    if (namespace !== undefined) await removeNamespace(api, namespace, { report });
    await dropDefinitions(context, definitions);
    return namespace === undefined ? 'our objects in it are gone' : 'Argo CD is gone';
  },
});

/** Secrets stay with a namespace that stays: they belong to the data in it. */
function isKept({ keptNamespaces }: UninstallContext, { metadata }: LiveObject): boolean {
  return metadata.namespace !== undefined && keptNamespaces.includes(metadata.namespace);
}
