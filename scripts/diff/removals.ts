/** What a state of the repository holds that somebody would miss. */
export interface Holdings {
  /** Applications by cluster. */
  applications: ReadonlyMap<string, ReadonlySet<string>>;
  /** CRDs by cluster, as far as they are known. */
  crds: ReadonlyMap<string, ReadonlySet<string>>;
  /** Folders of tenants/ with a tenant.yaml. */
  tenants: ReadonlySet<string>;
}

/** A loss that must be asked for by name. */
export interface Refusal {
  message: string;
  /** Lines that removals.yaml needs for it. */
  names: readonly string[];
}

/** More Applications than this do not vanish from a cluster in one change unless they are named. */
export const mostRemovals = 3;

/**
 * Judges what a change takes away. A slip in one file must not take half of a platform, a team's place or a kind with all its
 * objects away: argoproj/argo-cd#7412.
 *
 * @param named entries of removals.yaml
 * @param carriesCrds tells of an Application whether CRDs come with it, where charts were not rendered
 * @returns what is refused; none when all is named, or little enough
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
    ...tenants.map((name) => ({ message: `${name} is removed, and with it a team's namespaces`, names: [name] })),
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
    const message = `cluster ${cluster} is removed, with ${gone.length} Applications`;
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

/**
 * Finds entries of removals.yaml that would allow a later loss which nobody looked at: those that name what is there.
 *
 * @returns such entries
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
