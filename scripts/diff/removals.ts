/** Contents of one state of the repository that must not disappear unnoticed. */
export interface Holdings {
  /** Applications by cluster. */
  applications: ReadonlyMap<string, ReadonlySet<string>>;
  /** CRDs by cluster, where known. */
  crds: ReadonlyMap<string, ReadonlySet<string>>;
  /** Folders of tenants/ with a tenant.yaml. */
  tenants: ReadonlySet<string>;
}

/** A deletion that must be listed by name. */
export interface Refusal {
  message: string;
  /** Entries that removals.yaml needs for it. */
  names: readonly string[];
}

/** Most Applications that one change may remove from a cluster without naming them. */
export const mostRemovals = 3;

/**
 * Judges the deletions of a change. A typo in one file must not delete half a platform, a team's namespaces, or a kind with all its
 * objects: argoproj/argo-cd#7412.
 *
 * @param named entries of removals.yaml
 * @param carriesCrds whether an Application includes CRDs, for when charts were not rendered
 * @returns refused deletions; none if all are named, or few enough
 */
export function refusedRemovals(
  before: Holdings,
  after: Holdings,
  named: ReadonlySet<string>,
  carriesCrds: (application: string) => boolean,
): Refusal[] {
  const clusters = [...before.applications.keys()].filter((cluster) => !named.has(`clusters/${cluster}`)).sort();
  const tenants = missing(before.tenants, after.tenants)
    .map((tenant) => `tenants/${tenant}`)
    .filter((name) => !named.has(name));
  return [
    ...clusters.flatMap((cluster) => refusedIn(cluster, before, after, named, carriesCrds)),
    ...tenants.map((name) => ({
      message: `${name} is removed, and with it a team's namespaces${renamed(before.tenants, after.tenants, 'namespaces do not move, and the new tenant starts without data')}`,
      names: [name],
    })),
  ];
}

function refusedIn(
  cluster: string,
  before: Holdings,
  after: Holdings,
  named: ReadonlySet<string>,
  carriesCrds: (application: string) => boolean,
): Refusal[] {
  const path = (name: string) => `clusters/${cluster}/${name}`;
  const list = (names: readonly string[]) => names.join(', ');
  const gone = missing(before.applications.get(cluster), after.applications.get(cluster));
  if (!after.applications.has(cluster)) {
    const known = [before, after].map(({ applications }) => new Set(applications.keys()));
    const rename = renamed(known[0], known[1], 'its Argo CD reads the old folder until you register it again');
    const message = `cluster ${cluster} is removed, with ${gone.length} Applications${rename}`;
    return [{ message, names: [`clusters/${cluster}`] }];
  }
  const unnamed = gone.filter((name) => !named.has(path(name)));
  if (gone.length > mostRemovals && unnamed.length > 0) {
    const message = `${cluster} loses ${gone.length} Applications: ${list(gone)}`;
    return [{ message, names: unnamed.map(path) }];
  }
  const kinds = unnamed.filter(carriesCrds);
  const crds = missing(before.crds.get(cluster), after.crds.get(cluster)).filter((name) => !named.has(path(name)));
  return [
    ...kinds.map((name) => ({
      message: `${cluster} loses ${name}, which has CRDs: deleting a CRD deletes every object of its kind`,
      names: [path(name)],
    })),
    ...(crds.length === 0 || gone.some((name) => named.has(path(name)))
      ? []
      : [
          {
            message: `${cluster} loses CRDs, and with each CRD every object of its kind: ${list(crds)}`,
            names: crds.map(path),
          },
        ]),
  ];
}

/** @returns a sentence about what is new beside something that is gone, which may be the same thing renamed */
function renamed(
  before: ReadonlySet<string> | undefined,
  after: ReadonlySet<string> | undefined,
  effect: string,
): string {
  const added = missing(after, before);
  return added.length === 0 ? '' : `; if you renamed it to ${added.join(' or ')}: ${effect}`;
}

/**
 * @returns entries of removals.yaml that name existing objects: they would permit a later deletion without review
 */
export function staleEntries(named: ReadonlySet<string>, now: Holdings): string[] {
  return [...named].filter((entry) => {
    const [folder, name = '', inner] = entry.split('/');
    if (folder === 'tenants') return now.tenants.has(name);
    if (inner === undefined) return now.applications.has(name);
    return now.applications.get(name)?.has(inner) === true || now.crds.get(name)?.has(inner) === true;
  });
}

function missing(before: ReadonlySet<string> = new Set(), after: ReadonlySet<string> = new Set()): string[] {
  return [...before].filter((name) => !after.has(name)).sort();
}
