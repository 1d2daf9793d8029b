import { isSettled, type LiveApplication, pinOf, waveOf } from '../applications.ts';

/** One state of an Application, in the order in which the API server sent them. */
export interface ApplicationEvent {
  /** Time of the event, in milliseconds since the epoch. */
  at: number;
  application: LiveApplication;
}

/** An Application's passage through one commit; times in milliseconds since the epoch. */
export interface Passage {
  name: string;
  wave: number;
  commit: string;
  /** The root reached its wave: it was pinned to the commit. */
  reached: number;
  /** A sync of it was observed. */
  syncing?: number;
  /** It was Synced and Healthy at the commit. */
  healthy?: number;
}

/**
 * Derives each Application's passage through each commit from a watch's record. Pure.
 *
 * @param events in the order of the watch
 * @returns passages, in the order in which the root reached them
 */
export function passages(events: readonly ApplicationEvent[]): Passage[] {
  const found = new Map<string, Passage>();
  for (const { at, application } of events) {
    const commit = pinOf(application);
    if (commit === undefined) continue;
    const { name } = application.metadata;
    const key = `${name}@${commit}`;
    const passage = found.get(key) ?? { name, wave: waveOf(application), commit, reached: at };
    found.set(key, passage);
    if (application.status?.operationState?.phase === 'Running') passage.syncing ??= at;
    if (isSettled(application)) passage.healthy ??= at;
  }
  return [...found.values()];
}

/** An Application that the root reached although one in an earlier wave was not Healthy at the same commit. */
export interface Overtaking {
  commit: string;
  early: Passage;
  late: Passage;
}

/**
 * Finds waves that did not wait. An Application's first sync counts as its first commit. Pure.
 *
 * @param passed the {@link passages} of a single watch, so that their order is the cluster's
 * @param commits those pushed while the watch ran: earlier objects arrive in any order
 */
export function overtakings(passed: readonly Passage[], commits: readonly string[]): Overtaking[] {
  return passed
    .filter(({ commit }) => commits.includes(commit))
    .flatMap((early) =>
      passed
        .filter((late) => late.commit === early.commit && late.wave < early.wave)
        .filter((late) => late.healthy === undefined || late.healthy > early.reached)
        .map((late) => ({ commit: early.commit, early, late })),
    );
}

/** @returns overtakings as a sentence for a report */
export function describeOvertakings(found: readonly Overtaking[]): string {
  if (found.length === 0) return 'no wave overtook another';
  return found
    .map(({ early, late, commit }) => `${early.name} before ${late.name} at ${commit.slice(0, 7)}`)
    .join(', ');
}
