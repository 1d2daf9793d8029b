import type { Change } from './compare.ts';

/** All that a pull request changes in one cluster. */
export interface ClusterDifference {
  cluster: string;
  changes: readonly Change[];
  /** What could not be rendered and how it was compared instead, in whole sentences. */
  notes: readonly string[];
}

/** Numbers of resources. */
export interface Tally {
  added: number;
  changed: number;
  removed: number;
}

/** The same for one Application. */
export interface ApplicationTally extends Tally {
  application: string;
  wave: number;
}

/** @returns how many resources come, change and go */
export function tally(changes: readonly Change[]): Tally {
  const number = (what: Change['change']) => changes.filter(({ change }) => change === what).length;
  return { added: number('added'), changed: number('changed'), removed: number('removed') };
}

/** @returns the same by Application, in the order of the waves */
export function byApplication(changes: readonly Change[]): ApplicationTally[] {
  const names = new Map(changes.map(({ application, wave }) => [`${wave} ${application}`, { application, wave }]));
  return [...names.values()].map(({ application, wave }) => ({
    application,
    wave,
    ...tally(changes.filter((change) => change.application === application && change.wave === wave)),
  }));
}

/** @returns as `1 added, 2 changed, 0 removed` */
export function tallyText({ added, changed, removed }: Tally): string {
  return `${added} added, ${changed} changed, ${removed} removed`;
}

/** @returns as `Deployment auth/dex` */
export function resourceName({ kind, namespace, name }: Change): string {
  return `${kind} ${namespace === '' ? '' : `${namespace}/`}${name}`;
}

/** @returns the wave as people read it */
export function waveText(wave: number): string {
  return wave < 0 ? 'root' : `wave ${wave}`;
}
