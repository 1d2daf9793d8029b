import type { ApplicationStatus, PlatformStatus } from '../cluster/status.ts';
import type { ApplicationRow, Bar, Fact, Page, Timeline } from '../page/types.ts';
import type { StatusLinks } from './status-links.ts';
import { shortRevision, statusLines } from './status-text.ts';

/**
 * @param facts what else is known, as the context
 * @param now milliseconds since the epoch
 * @returns the state of a platform as a page
 */
export function statusPage(status: PlatformStatus, facts: readonly Fact[], now: number, links: StatusLinks = {}): Page {
  const rowOf = (application: ApplicationStatus) => row(application, links);
  const all = [...status.waves.flatMap(({ applications }) => applications), ...status.tenants, status.root];
  const bad = all.some(({ stage }) => stage === 'failed');
  const timeline = lastSyncs(status, now);
  return {
    title: `Status of ${status.cluster}`,
    made: new Date(now).toISOString(),
    verdict: {
      state: status.ok ? 'good' : bad ? 'bad' : 'waiting',
      text: status.summary,
      details: [...failures(all), ...statusLines(status)],
    },
    facts,
    waves: [
      ...status.waves.map(({ wave, applications }) => ({ wave, applications: applications.map(rowOf) })),
      ...(status.tenants.length === 0 ? [] : [{ wave: 'tenants', applications: status.tenants.map(rowOf) }]),
      ...(status.orphaned.length === 0 ? [] : [{ wave: 'not in the tree', applications: status.orphaned.map(rowOf) }]),
    ],
    ...(timeline === undefined ? {} : { timelines: [timeline] }),
  };
}

function stateOf({ stage }: ApplicationStatus): ApplicationRow['state'] {
  return stage === 'healthy' ? 'good' : stage === 'failed' ? 'bad' : 'waiting';
}

function row(application: ApplicationStatus, { application: linkOf, commit }: StatusLinks): ApplicationRow {
  const { name, sync, health, revision, message, stage, healthSince, syncFinished } = application;
  const since = healthSince ?? syncFinished;
  return {
    name,
    sync,
    health,
    revision: shortRevision(revision),
    message,
    state: stateOf(application),
    ...(linkOf === undefined || stage === 'absent' ? {} : { link: linkOf(name) }),
    // Others are versions of charts.
    ...(commit === undefined || !/^[0-9a-f]{40}$/.test(revision) ? {} : { revisionLink: commit(revision) }),
    ...(since === undefined ? {} : { since }),
  };
}

/** What is wrong, first. */
function failures(all: readonly ApplicationStatus[]): string[] {
  return all
    .filter(({ stage }) => stage === 'failed')
    .map(({ name, health, message }) => `${name} failed: ${message === '' ? health : message}`);
}

/** Longest time, in hours, over which the last syncs make a picture; days between them would hide each bar. */
const pictureHours = 3;

/** The last sync of each Application, where they belong together. */
function lastSyncs({ waves }: PlatformStatus, now: number): Timeline | undefined {
  const bars = waves.flatMap(({ wave, applications }) => applications.map((application) => barOf(wave, application)));
  const begins = bars.flatMap(({ started }) => (started === undefined ? [] : [Date.parse(started)]));
  const ends = bars.flatMap(({ started, healthy }) => {
    if (healthy !== undefined) return [Date.parse(healthy)];
    return started === undefined ? [] : [now];
  });
  if (begins.length < 2 || Math.max(...ends) - Math.min(...begins) > pictureHours * 3_600_000) return undefined;
  const waiting = bars.some(({ started, healthy }) => started !== undefined && healthy === undefined);
  return {
    title: 'Last sync of each Application',
    bars,
    ...(waiting ? { marks: [{ at: new Date(now).toISOString(), text: 'now' }] } : {}),
  };
}

function barOf(wave: number, application: ApplicationStatus): Bar {
  const { name, stage, syncStarted, syncFinished, healthSince } = application;
  if (stage === 'absent' || stage === 'waiting' || syncStarted === undefined) return { name, wave, outcome: 'waiting' };
  const outcome = stage === 'healthy' ? 'healthy' : stage === 'failed' ? 'failed' : 'waiting';
  const end = [syncFinished, healthSince]
    .filter((time) => time !== undefined)
    .sort()
    .at(-1);
  return {
    name,
    wave,
    started: syncStarted,
    outcome,
    ...(stage === 'healthy' && end !== undefined ? { healthy: end } : {}),
  };
}
