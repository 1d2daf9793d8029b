import { mkdir, rename, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';

/** One thing that was tried, and what came back. */
interface CheckResult {
  /** The check that it belongs to: its name. */
  group: string;
  name: string;
  /** What was done, in words or as a request. */
  tried: string;
  expected: string;
  got: string;
  ok: boolean;
  /** Not tried, and why. Counts neither as passed nor as failed. */
  skipped?: string;
}

/** A stretch of the run. */
export interface Phase {
  name: string;
  /** ISO 8601, UTC. */
  start: string;
  seconds: number;
  /** What ended it before its time. */
  error?: string;
}

/** Something in whose place something else stands. */
export interface Replacement {
  what: string;
  by: string;
  why: string;
}

/** When an Application did what, seconds after the bootstrap began. */
export interface ApplicationTimes {
  name: string;
  wave: number;
  /** Its first sync operation began. */
  firstSync?: number;
  /** It was Healthy for the first time, at what its wave asked for. */
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

/** All that a rehearsal saw, as data. */
export interface RecordData {
  /** ISO 8601, UTC. */
  started: string;
  seconds: number;
  command: string;
  /** What was run: the repository's commit, versions of what is in it. */
  versions: Record<string, string>;
  /** What takes the place of the real thing, and why. */
  replacements: Replacement[];
  /** Why the run ended before its end. */
  failure?: string;
  phases: Phase[];
  applications: ApplicationTimes[];
  checks: CheckResult[];
  /** The attack suite's requests, as `npm run verify -- --json` gives them. */
  requests: AttackResult[];
  /** With the path of each file. */
  pictures: { name: string; file: string }[];
  passed: number;
  failed: number;
  skipped: number;
}

/** Keeps what a rehearsal sees; every change is on disk at once, so that a killed run leaves its record, too. */
export interface Recorder {
  /** Times a stretch of work. @throws what the work throws */
  phase<T>(name: string, work: () => Promise<T>): Promise<T>;
  check(result: CheckResult): void;
  /** A line of progress, which is not kept. */
  say(line: string): void;
  /** A file with a picture (PNG); it is read when the report is made. */
  picture(name: string, file: string): void;
  applications(times: readonly ApplicationTimes[]): void;
  requests(results: readonly AttackResult[]): void;
  /** The run ended before its end. */
  fail(why: string): void;
  describe(facts: { versions?: Record<string, string>; replacements?: readonly Replacement[] }): void;
  data(): RecordData;
  /** Waits until all of it is on disk. */
  flush(): Promise<void>;
}

/** Where a record is kept, and what of it is there already. */
export interface RecorderOptions {
  /** Kept as JSON. */
  file: string;
  /** What was asked for, as `rehearse --quick`. */
  command: string;
  /** Takes one line of progress for each phase and each check. */
  report: (line: string) => void;
  /** The record that "up" has left: it is continued; checks that run again replace what they saw before. */
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
    // Anyone who flushes gets the error.
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

/** @returns how many passed, failed and were not tried */
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

/** Anyone who reads it meets a whole file, however the run ends. */
async function writeWhole(file: string, text: string): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  await writeFile(`${file}.new`, text, { mode: 0o600 });
  await rename(`${file}.new`, file);
}
