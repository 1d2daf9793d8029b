import { keyOf, kindName, type Snapshot } from '../cluster/inventory.ts';
import { describeObject, type LiveObject } from '../cluster/live.ts';
import { describeOwner, type Owner, ownerOf, trackingAnnotation } from '../cluster/owner.ts';
import type { KubernetesObject } from '../components/component.ts';
import { clusterLabel } from '../components/domain.ts';
import type { Cluster } from '../config/cluster.ts';
import { count } from '../report/count.ts';
import { at } from '../tree/rules/parsed-tree.ts';
import { obstaclesOf, uncovered } from './adopt-immutable.ts';
import { listed } from './adopt-settings.ts';

/** What becomes of something that is there. */
export type Fate = 'in the way' | 'open today' | 'becomes ours' | 'stays yours';

/** One line of the list. */
export interface AdoptRow {
  fate: Fate;
  what: string;
  reason: string;
  /** One thing to do; absent: nothing. */
  todo?: string;
}

/** An object that the platform would apply. */
export interface PlannedObject {
  /** Name of its Application; the root's own objects have the root's. */
  application: string;
  /** With its namespace. */
  object: KubernetesObject;
}

/** What programs are judged by: the cluster's objects, and the platform as its cluster.yaml describes it. */
export interface Surroundings {
  /** All objects. */
  all: Snapshot;
  /** Those that are not the platform's. */
  snapshot: Snapshot;
  cluster: Cluster;
  planned: readonly PlannedObject[];
}

/** What the objects are judged by. */
export interface Handover {
  /** Name of the cluster's folder. */
  cluster: string;
  planned: readonly PlannedObject[];
  snapshot: Snapshot;
  /** Whether an object is the platform's already. */
  isOurs(object: LiveObject): boolean;
}

interface Pair {
  application: string;
  wanted: KubernetesObject;
  live: LiveObject;
  owner: Owner;
}

const workloads = ['Deployment', 'StatefulSet', 'DaemonSet'];

/** @returns a line for each Application whose objects are there already, and for each object that cannot change hands. Pure */
export function judgeObjects(handover: Handover): AdoptRow[] {
  const pairs = pairsOf(handover);
  // Argo CD leaves no mark on CRDs, so nothing says whose they are.
  const marked = pairs.filter(({ wanted }) => wanted.kind !== 'CustomResourceDefinition');
  const applications = [...new Set(marked.map(({ application }) => application))];
  return [
    ...pairs.flatMap(({ wanted, live }) =>
      obstaclesOf(wanted, live).map(
        ({ field, reason, todo }): AdoptRow => ({
          fate: 'in the way',
          what: `${describeObject(wanted)} (${field})`,
          reason,
          todo,
        }),
      ),
    ),
    ...managed(marked, handover.snapshot),
    ...applications.map((name) => becomesOurs(name, marked, handover)),
    ...leftOver(handover),
  ];
}

function pairsOf({ planned, snapshot, isOurs }: Handover): Pair[] {
  const live = new Map([...snapshot.values()].flat().map((object) => [keyOf(object), object] as const));
  return planned.flatMap(({ application, object }) => {
    const found = live.get(keyOf(object));
    if (found === undefined || isTaken(found, isOurs)) return [];
    return [{ application, wanted: object, live: found, owner: ownerOf(found) }];
  });
}

/** Handed over, but not applied by Argo CD yet: still something to do, by the bootstrap. */
function isTaken(object: LiveObject, isOurs: Handover['isOurs']): boolean {
  return isOurs(object) && ownerOf(object).kind === 'application';
}

/** Objects that another program would change back, or whose mark is still on them. */
function managed(pairs: readonly Pair[], snapshot: Snapshot): AdoptRow[] {
  const running = new Set(listed(snapshot, 'Application.argoproj.io').map(({ metadata }) => metadata.name));
  const owners = new Map(pairs.map(({ owner }) => [describeOwner(owner), owner]));
  return [...owners].flatMap(([what, owner]): AdoptRow[] => {
    if (owner.kind !== 'application' && owner.kind !== 'parent') return [];
    const held = pairs.filter((pair) => describeOwner(pair.owner) === what);
    const objects = `${count(held.length, 'object')} of the platform: ${shortened(held.map(({ live }) => describeObject(live)))}`;
    if (owner.kind === 'parent')
      return [
        {
          fate: 'in the way',
          what,
          reason: `it manages ${objects}; it would change them back`,
          todo: `Take ${owner.name} away where it is managed, so that the objects stay (kubectl delete --cascade=orphan).`,
        },
      ];
    if (!running.has(owner.name))
      return [
        {
          fate: 'in the way',
          what,
          reason: `it is gone, and its mark is still on ${objects}. Argo CD does not sync objects with the mark of another Application`,
          todo: unmark(held),
        },
      ];
    const application = `application ${owner.name}`;
    return [
      {
        fate: 'in the way',
        what,
        reason: `it manages ${objects}; it would change them back`,
        todo: `Take it away without its objects, after the Application that makes it: kubectl -n ARGOCD patch ${application} --type merge -p '{"metadata":{"finalizers":null}}' && kubectl -n ARGOCD delete ${application}. Then run this again`,
      },
    ];
  });
}

/** Commands that take Argo CD's mark off objects, one for each namespace. */
function unmark(pairs: readonly Pair[]): string {
  const places = [...new Set(pairs.map(({ wanted }) => wanted.metadata.namespace))];
  return places
    .map((place) => {
      const names = pairs
        .filter(({ wanted }) => wanted.metadata.namespace === place)
        .map(({ wanted }) => `${kindName(wanted).toLowerCase()}/${wanted.metadata.name}`);
      return `kubectl${place === undefined ? '' : ` -n ${place}`} annotate ${names.join(' ')} ${trackingAnnotation}-`;
    })
    .join('; ');
}

function becomesOurs(name: string, pairs: readonly Pair[], { cluster, planned, isOurs }: Handover): AdoptRow {
  const own = pairs.filter(({ application }) => application === name);
  const all = planned.filter(({ application }) => application === name).length;
  const owners = [...new Set(own.map(({ live }) => describeOwner(ownerOf(live))))];
  const restarts = own.flatMap(({ wanted, live }) => {
    if (!workloads.includes(wanted.kind)) return [];
    const [first] = uncovered(at(wanted, 'spec', 'template'), at(live, 'spec', 'template'));
    return first === undefined ? [] : [`${wanted.metadata.namespace}/${wanted.metadata.name} (${first})`];
  });
  const claims = own.filter(({ wanted }) => wanted.kind === 'PersistentVolumeClaim');
  const reason = [
    `${own.length} of its ${count(all, 'object')} exist, from ${shortened(owners)}, and keep their uids`,
    ...(claims.length === 0 ? [] : [`${shortened(claims.map(({ live }) => describeObject(live)))} keep their data`]),
    ...(restarts.length === 0 ? [] : [`new pods for ${shortened(restarts)}`]),
  ];
  const commands = [...handOver(cluster, own, isOurs), ...releases(own)];
  return {
    fate: 'becomes ours',
    what: name,
    reason: reason.join('; '),
    ...(commands.length === 0 ? {} : { todo: commands.join('; ') }),
  };
}

/** The bootstrap refuses a namespace or a Deployment of another owner, unless a person has put our label on it. */
function handOver(cluster: string, pairs: readonly Pair[], isOurs: Handover['isOurs']): string[] {
  const mine = pairs.filter(({ live }) => !isOurs(live));
  const mark = `${clusterLabel}=${cluster}`;
  const namespaces = mine.filter(({ wanted }) => wanted.kind === 'Namespace').map(({ wanted }) => wanted.metadata.name);
  const deployments = mine.filter(
    ({ wanted, owner }) =>
      wanted.kind === 'Deployment' &&
      (owner.kind === 'helm' || owner.kind === 'application' || owner.kind === 'parent'),
  );
  const places = [...new Set(deployments.map(({ wanted }) => wanted.metadata.namespace ?? ''))];
  return [
    ...(namespaces.length === 0 ? [] : [`kubectl label namespace ${namespaces.join(' ')} ${mark}`]),
    ...places.map((place) => {
      const names = deployments
        .filter(({ wanted }) => wanted.metadata.namespace === place)
        .map(({ wanted }) => wanted.metadata.name);
      return `kubectl -n ${place} label deployment ${names.join(' ')} ${mark}`;
    }),
  ];
}

/** Helm's record of a release: with it, a later `helm upgrade` or `helm uninstall` would still act on the objects. */
function releases(pairs: readonly Pair[]): string[] {
  const names = pairs.flatMap(({ live }) => {
    const { annotations = {}, namespace = '' } = live.metadata;
    const name = annotations['meta.helm.sh/release-name'];
    return name === undefined ? [] : [`${annotations['meta.helm.sh/release-namespace'] ?? namespace}/${name}`];
  });
  return [...new Set(names)].map((release) => {
    const [namespace, name] = release.split('/');
    return `after the bootstrap: kubectl -n ${namespace} delete secret -l owner=helm,name=${name} (Helm's record; the objects stay)`;
  });
}

/** Programs in the platform's namespaces that no part of the tree is. Nothing prunes them. */
function leftOver({ planned, snapshot, isOurs }: Handover): AdoptRow[] {
  const known = new Set(planned.map(({ object }) => keyOf(object)));
  const places = new Set(planned.flatMap(({ object }) => (object.kind === 'Namespace' ? [object.metadata.name] : [])));
  const others = workloads
    .flatMap((kind) => listed(snapshot, `${kind}.apps`))
    .filter((object) => places.has(object.metadata.namespace ?? '') && !known.has(keyOf(object)) && !isOurs(object));
  return others.map((object) => ({
    fate: 'stays yours',
    what: describeObject(object),
    reason: `the tree does not have it, though it is in a namespace of the platform (from ${describeOwner(ownerOf(object))}); nothing removes it`,
  }));
}

function shortened(names: readonly string[]): string {
  return `${names.slice(0, 4).join(', ')}${names.length > 4 ? ` and ${names.length - 4} more` : ''}`;
}

/** @returns the kinds of the objects, for reading them; Secrets are not read */
export function kindsOfObjects(planned: readonly PlannedObject[]): Set<string> {
  const kinds = new Set(planned.map(({ object }) => kindName(object)));
  kinds.delete('Secret');
  return kinds;
}
