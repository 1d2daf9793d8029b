import type { Change } from './compare.ts';

/** All changes of a pull request in one cluster. */
export interface ClusterDifference {
  cluster: string;
  changes: readonly Change[];
  /** What could not be rendered, and how it was compared instead; whole sentences. */
  notes: readonly string[];
}

/** All changes of a pull request. */
export interface Difference {
  differences: readonly ClusterDifference[];
  /** Paths of files that Argo CD may read and the difference does not show. */
  notShown: readonly string[];
}

/** @returns the warning about files that are not shown; undefined if there are none */
export function notShownText(paths: readonly string[]): string | undefined {
  if (paths.length === 0) return undefined;
  const named = `${paths.slice(0, 20).join(', ')}${paths.length > 20 ? ', …' : ''}`;
  return `${paths.length} ${paths.length === 1 ? 'file' : 'files'} that Argo CD might read and this command cannot show: ${named}. "npm run validate" explains what to do.`;
}

/** Numbers of resources. */
export interface ChangeCounts {
  added: number;
  changed: number;
  removed: number;
  /** No longer in Git, but kept in the cluster. */
  kept: number;
}

/** The same for one Application. */
export interface ApplicationTally extends ChangeCounts {
  application: string;
  wave: number;
}

/** @returns the number of resources added, changed, removed, and kept without Git */
export function countChanges(changes: readonly Change[]): ChangeCounts {
  const number = (what: Change['change']) => changes.filter(({ change }) => change === what).length;
  return { added: number('added'), changed: number('changed'), removed: number('removed'), kept: number('kept') };
}

/** @returns the same by Application, in the order of the waves */
export function byApplication(changes: readonly Change[]): ApplicationTally[] {
  const names = new Map(changes.map(({ application, wave }) => [`${wave} ${application}`, { application, wave }]));
  return [...names.values()].map(({ application, wave }) => ({
    application,
    wave,
    ...countChanges(changes.filter((change) => change.application === application && change.wave === wave)),
  }));
}

/** @returns as `1 added, 2 changed, 0 removed`, and `1 kept` if any */
export function changesText({ added, changed, removed, kept }: ChangeCounts): string {
  return `${added} added, ${changed} changed, ${removed} removed${kept === 0 ? '' : `, ${kept} kept`}`;
}

/** As `Deployment auth/dex`. */
function resourceName({ kind, namespace, name }: Change): string {
  return `${kind} ${namespace === '' ? '' : `${namespace}/`}${name}`;
}

/** Before the title of a change. */
const marks = { added: '+', changed: '~', removed: '-', kept: '=' } as const;

/** @returns one line: the change, the Application and the resource */
export function changeTitle(cluster: string, change: Change): string {
  const { application, movedFrom, wave } = change;
  const moved = movedFrom === undefined ? '' : ` (moved from ${movedFrom})`;
  const kept = change.change === 'kept' ? ' (stays in the cluster, no longer managed)' : '';
  return `${marks[change.change]} ${cluster}, ${waveText(wave)}, ${application}: ${resourceName(change)}${moved}${kept}`;
}

/** @returns the wave as text */
export function waveText(wave: number): string {
  return wave < 0 ? 'root' : `wave ${wave}`;
}
