/** Files of one state of the repository: mode and object, as `100644 1a2b…`, by path. */
type Entries = ReadonlyMap<string, string>;

/** The three states that an upgrade knows. */
export interface UpgradeStates {
  /** The version in use, as released. */
  base: Entries;
  /** HEAD. */
  ours: Entries;
  /** The version to upgrade to, as released. */
  theirs: Entries;
}

/** What happens to each path that the release changed. */
export interface UpgradePlan {
  /** Taken from the release; undefined: the release removed it. */
  take: ReadonlyMap<string, string | undefined>;
  /** Changed on both sides: merged line by line. */
  merge: readonly string[];
  /** The user's files, kept although the release changed them, too. */
  kept: readonly string[];
}

/** The program's package files, which are merged key by key (upgrade-package.ts). */
export const packageFiles: ReadonlySet<string> = new Set(['package.json', 'package-lock.json']);

/**
 * Determines who owns a file:
 *
 * - `generated`: the program. Taken from the release, then rendered again
 * - `cluster`: the user, whatever the release contains
 * - `yours`: the user, once they have changed it; until then it follows the releases
 * - `breakwater`: the program. Edits are merged, and may conflict
 */
function ownerOf(path: string): 'generated' | 'cluster' | 'yours' | 'breakwater' {
  if (/^((clusters|apps|tenants)\/[^/]+|infrastructure\/(upstream|tenant\/values))\.schema\.json$/.test(path))
    return 'generated';
  if (path.startsWith('clusters/')) return 'cluster';
  return /^(infrastructure|apps|tenants)\/|^(removals\.yaml|README\.md)$/.test(path) ? 'yours' : 'breakwater';
}

/**
 * Plans an upgrade, file by file. Pure.
 *
 * @param keep Breakwater's files and folders that the user keeps unchanged
 * @param withRig restores scripts/dev where the user removed it; the program does not need it
 */
export function planUpgrade(
  { base, ours, theirs }: UpgradeStates,
  keep: readonly string[],
  withRig = false,
): UpgradePlan {
  const isRig = (path: string) => isIn(['scripts/dev'], path);
  const hasRig = [...ours.keys()].some(isRig);
  const take = new Map<string, string | undefined>();
  const merge: string[] = [];
  const kept: string[] = [];
  const changed = [...new Set([...base.keys(), ...theirs.keys()])].filter(
    (path) => base.get(path) !== theirs.get(path) && !packageFiles.has(path),
  );
  if (withRig && !hasRig) for (const path of [...theirs.keys()].filter(isRig)) take.set(path, theirs.get(path));
  for (const path of changed.filter((path) => hasRig || !isRig(path)).sort()) {
    const [before, mine, released] = [base.get(path), ours.get(path), theirs.get(path)];
    if (mine === released) continue;
    const owner = ownerOf(path);
    if (owner === 'cluster') {
      if (mine !== undefined && /^clusters\/[^/]+\/(cluster\.yaml$|overrides\/)/.test(path)) kept.push(path);
    } else if (owner === 'generated' || mine === before) take.set(path, released);
    else if (owner === 'yours' || isIn(keep, path)) kept.push(path);
    else merge.push(path);
  }
  return { take, merge, kept };
}

/** @returns true when the path is one of the files, or in one of the folders */
export function isIn(places: readonly string[], path: string): boolean {
  return places.some((place) => path === place || path.startsWith(`${place}/`));
}

/** Explains a conflict by what each side did. */
export function conflictText(path: string, { base, ours, theirs }: UpgradeStates): string {
  if (ours.get(path) === undefined) return `${path}: you deleted it, and the release changed it`;
  if (theirs.get(path) === undefined) return `${path}: you changed it, and the release deleted it`;
  if (base.get(path) === undefined) return `${path}: you and the release added different files`;
  return `${path}: you and the release changed the same lines`;
}
