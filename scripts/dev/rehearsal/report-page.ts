import { moment } from '../../page/time.ts';
import type { Page, Picture } from '../../page/types.ts';
import type { ApplicationTimes, Phase, RecordData } from './record.ts';

/**
 * A record as the content of a page.
 *
 * @param pictures of the record, read from their files
 * @param made time of the report, ISO 8601
 */
export function reportPage(data: RecordData, pictures: readonly Picture[], made: string): Page {
  const { passed, failed, skipped, failure } = data;
  const bad = failed > 0 || failure !== undefined;
  const text = `${passed} passed, ${failed} failed, ${skipped} not tried`;
  const wrong = data.checks.filter(({ ok, skipped: why }) => !ok && why === undefined);
  return {
    title: 'Rehearsal',
    made,
    verdict: {
      state: bad ? 'bad' : 'good',
      text: failure === undefined ? text : `The run ended early. ${text}`,
      details: [...(failure === undefined ? [] : [failure]), ...wrong.map(({ group, name }) => `${group}: ${name}`)],
    },
    facts: [
      { name: 'Started', value: moment(data.started) },
      { name: 'Duration', value: minutes(data.seconds) },
      { name: 'Command', value: `npm run ${data.command}` },
      ...Object.entries(data.versions).map(([name, value]) => ({ name, value })),
    ],
    ...(data.replacements.length > 0 ? { fakes: data.replacements } : {}),
    ...(data.applications.length > 0 ? { timelines: [timeline(data)] } : {}),
    ...(data.checks.length > 0
      ? {
          checks: data.checks.map(({ group, name, tried, expected, got, ok, skipped: why }) => ({
            ...{ group, name, tried, expected },
            got: why ?? got,
            outcome: why !== undefined ? ('skipped' as const) : ok ? ('passed' as const) : ('failed' as const),
          })),
        }
      : {}),
    ...(data.requests.length > 0 ? { requests: data.requests } : {}),
    ...(pictures.length > 0 ? { pictures } : {}),
    phases: data.phases.map((phase) => {
      const { name, seconds, error } = phase;
      const depth = depthOf(phase, data.phases);
      return {
        name,
        seconds,
        ...(depth === 0 ? {} : { depth }),
        ...(error === undefined ? {} : { outcome: 'failed' as const, note: error }),
      };
    }),
  };
}

/** Number of phases around a phase. Start and length are rounded separately. */
function depthOf(phase: Phase, phases: readonly Phase[]): number {
  const times = ({ start, seconds }: Phase) => [Date.parse(start), Date.parse(start) + seconds * 1000] as const;
  const [begin, end] = times(phase);
  return phases.filter((other) => {
    const [from, to] = times(other);
    return other !== phase && other.seconds > phase.seconds && from <= begin && end <= to + 1000;
  }).length;
}

function timeline({ applications, phases, started }: RecordData) {
  const begin = Date.parse(phases.find(({ name }) => name === bootstrapPhase)?.start ?? started);
  const moment = (seconds: number) => new Date(begin + seconds * 1000).toISOString();
  return {
    title: 'The bootstrap: each Application from its first sync to Healthy',
    note: 'No bar begins before every bar of the wave above it has ended.',
    bars: applications
      .filter(({ wave }) => wave >= 0)
      .map(({ name, wave, firstSync, healthy }: ApplicationTimes) => ({
        name,
        wave,
        ...(firstSync === undefined ? {} : { started: moment(firstSync) }),
        ...(healthy === undefined ? {} : { healthy: moment(healthy) }),
        outcome: healthy === undefined ? ('waiting' as const) : ('healthy' as const),
      })),
  };
}

/** The phase whose start is time 0 for Applications. */
export const bootstrapPhase = 'Bootstrap';

function minutes(seconds: number): string {
  const whole = Math.round(seconds);
  return whole < 60 ? `${whole} s` : `${Math.floor(whole / 60)} min ${whole % 60} s`;
}
