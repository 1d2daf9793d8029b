import { mkdir, rename, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';

/** One attempt and its result. */
interface CheckResult {
  /** Name of the check. */
  group: string;
  name: string;
  /** The attempt, in words or as a request. */
  tried: string;
  expected: string;
  got: string;
  ok: boolean;
  /** Why it was not tried; it then counts neither as passed nor as failed. */
  skipped?: string;
}

/** A phase of the run. */
export interface Phase {
  name: string;
  /** ISO 8601, UTC. */
  start: string;
  seconds: number;
  /** The error that ended it early. */
  error?: string;
}

/** A simulated part. */
export interface Replacement {
  what: string;
  by: string;
  why: string;
}

/** Times of an Application, in seconds since the bootstrap began. */
export interface ApplicationTimes {
  name: string;
  wave: number;
  /** Its first sync operation began. */
  firstSync?: number;
  /** It first became Healthy at the commit of its wave. */
  healthy?: number;
}

/** One request of the attack suite. */
export interface AttackResult {
  id: string;
  group: string;
  tries: string;
  request: string;
  expected: string;
  answer: string;
  outcome: 'passed' | 'failed' | 'skipped';
  why?: string;
}

/** All results of a rehearsal, as data. */
export interface RecordData {
  /** ISO 8601, UTC. */
  started: string;
  seconds: number;
  command: string;
  /** Tested versions: the repository's commit, and the versions of its components. */
  versions: Record<string, string>;
  /** Simulated parts, and why. */
  replacements: Replacement[];
  /** Why the run ended early. */
  failure?: string;
  phases: Phase[];
  applications: ApplicationTimes[];
  checks: CheckResult[];
  /** The attack suite's requests, as from `npm run verify -- --json`. */
  requests: AttackResult[];
  /** With the path of each file. */
  pictures: { name: string; file: string }[];
  passed: number;
  failed: number;
  skipped: number;
}

/** Records a rehearsal; each change is written at once, so that a killed run leaves its record, too. */
export interface Recorder {
  /** Times a phase. @throws the errors of its work */
  phase<T>(name: string, work: () => Promise<T>): Promise<T>;
  check(result: CheckResult): void;
  /** Prints a line of progress, which is not recorded. */
  say(line: string): void;
  /** Adds a picture (PNG file), which is read when the report is written. */
  picture(name: string, file: string): void;
  applications(times: readonly ApplicationTimes[]): void;
  requests(results: readonly AttackResult[]): void;
  /** Records why the run ended early. */
  fail(why: string): void;
  describe(facts: { versions?: Record<string, string>; replacements?: readonly Replacement[] }): void;
  data(): RecordData;
  /** Waits until everything is on disk. */
  flush(): Promise<void>;
}

/** Options of a record: its file, and what to continue from. */
export interface RecorderOptions {
  /** Kept as JSON. */
  file: string;
  /** The command line, as `rehearse --quick`. */
  command: string;
  /** Receives one line of progress for each phase and check. */
  report: (line: string) => void;
  /** The record of "up", to be continued; repeated checks replace their earlier results. */
  earlier?: RecordData | undefined;
}

export function createRecorder({ file, command, report, earlier }: RecorderOptions): Recorder {
  const begun = Date.now();
  const before = earlier?.seconds ?? 0;
  const state: Omit<RecordData, 'seconds' | 'passed' | 'failed' | 'skipped'> = {
    started: earlier?.started ?? new Date(begun).toISOString(),
    command,
    versions: earlier?.versions ?? {},
    replacements: earlier?.replacements ?? [],
    phases: earlier?.phases ?? [],
    applications: earlier?.applications ?? [],
    checks: earlier?.checks ?? [],
    requests: earlier?.requests ?? [],
    pictures: earlier?.pictures ?? [],
  };
  const again = new Set(state.checks.map(({ group }) => group));
  const data = (): RecordData => ({
    ...state,
    seconds: before + secondsSince(begun),
    ...countResults(state.checks),
  });
  let writing = Promise.resolve();
  const save = () => {
    writing = writing.then(() => writeWhole(file, JSON.stringify(data(), null, 2)));
    // flush() reports the error.
    writing.catch(() => {});
  };
  return {
    phase: async (name, work) => {
      const start = Date.now();
      const phase: Phase = { name, start: new Date(start).toISOString(), seconds: 0 };
      state.phases = [...state.phases.filter((one) => one.name !== name), phase];
      report(`== ${name}`);
      try {
        return await work();
      } catch (error) {
        phase.error = error instanceof Error ? error.message : String(error);
        throw error;
      } finally {
        phase.seconds = secondsSince(start);
        report(`== ${name}: ${phase.error === undefined ? 'done' : 'ended early'} after ${phase.seconds} s`);
        save();
      }
    },
    check: (result) => {
      if (again.delete(result.group)) state.checks = state.checks.filter(({ group }) => group !== result.group);
      state.checks.push(result);
      report(lineOf(result));
      save();
    },
    say: (line) => report(`  … ${line}`),
    picture: (name, picture) => {
      state.pictures = [...state.pictures.filter((one) => one.file !== picture), { name, file: picture }];
      save();
    },
    requests: (results) => {
      state.requests = [...results];
      save();
    },
    applications: (times) => {
      state.applications = [...times];
      save();
    },
    fail: (why) => {
      state.failure = why;
      save();
    },
    describe: ({ versions, replacements }) => {
      Object.assign(state.versions, versions);
      if (replacements !== undefined) state.replacements = [...replacements];
      save();
    },
    data,
    flush: () => writing,
  };
}

/** @returns the numbers of passed, failed and skipped checks */
function countResults(results: readonly CheckResult[]): { passed: number; failed: number; skipped: number } {
  const tried = results.filter(({ skipped }) => skipped === undefined);
  const passed = tried.filter(({ ok }) => ok).length;
  return { passed, failed: tried.length - passed, skipped: results.length - tried.length };
}

function lineOf({ group, name, ok, expected, got, skipped }: CheckResult): string {
  if (skipped !== undefined) return `  - ${group}: ${name}: not tried: ${skipped}`;
  return ok ? `  ✓ ${group}: ${name}` : `  ✗ ${group}: ${name}\n      expected ${expected}\n      got      ${got}`;
}

function secondsSince(moment: number): number {
  return Math.round((Date.now() - moment) / 100) / 10;
}

/** Readers always see a complete file, however the run ends. */
async function writeWhole(file: string, text: string): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  await writeFile(`${file}.new`, text, { mode: 0o600 });
  await rename(`${file}.new`, file);
}
