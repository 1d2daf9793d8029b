import { isSettled, type LiveApplication, waveOf } from './applications.ts';
import type { ApplicationTimes } from './record.ts';
import { rootName } from './site.ts';

/** Records when each Application began its first sync, and when it first became Healthy. */
export interface Timeline {
  /** Adds the current Applications. */
  look(applications: readonly LiveApplication[], now: number): void;
  /** In the order of waves, then of first syncs. */
  times(): ApplicationTimes[];
}

/** @param begin time 0, in milliseconds since 1970 */
export function createTimeline(begin: number): Timeline {
  const seen = new Map<string, ApplicationTimes>();
  const seconds = (moment: string | undefined) =>
    moment === undefined ? undefined : Math.max(0, Math.round((Date.parse(moment) - begin) / 1000));
  return {
    look: (applications, now) => {
      for (const application of applications) {
        const { name } = application.metadata;
        const entry = seen.get(name) ?? { name, wave: name === rootName ? -1 : waveOf(application) };
        seen.set(name, entry);
        const began = seconds(application.status?.operationState?.startedAt);
        if (entry.firstSync === undefined && began !== undefined) entry.firstSync = began;
        if (entry.healthy === undefined && entry.firstSync !== undefined && isSettled(application)) {
          const since = seconds(application.status?.health?.lastTransitionTime) ?? 0;
          // Healthy before anything exists does not count.
          entry.healthy = Math.max(since, seconds(application.status?.operationState?.finishedAt) ?? 0);
          if (entry.healthy === 0) entry.healthy = Math.round((now - begin) / 1000);
        }
      }
    },
    times: () => [...seen.values()].sort((a, b) => a.wave - b.wave || (a.firstSync ?? 0) - (b.firstSync ?? 0)),
  };
}

/**
 * Reads the Applications every two seconds until it is stopped. Having none yet is not an error.
 *
 * @param read returns all Applications
 * @returns a function that stops it, after a last read, and returns the times
 */
export function watchApplications(
  read: () => Promise<LiveApplication[]>,
  keep: (times: ApplicationTimes[]) => void,
): () => Promise<ApplicationTimes[]> {
  const timeline = createTimeline(Date.now());
  let stopped = false;
  const look = async () => {
    try {
      timeline.look(await read(), Date.now());
      keep(timeline.times());
    } catch {
      // Argo CD does not exist yet, or the API server is busy: the next read succeeds.
    }
  };
  const work = (async () => {
    while (!stopped) {
      await look();
      await new Promise((resolve) => setTimeout(resolve, 2_000));
    }
  })();
  return async () => {
    stopped = true;
    await work;
    await look();
    return timeline.times();
  };
}
