/** How something ended. */
export type Outcome = 'passed' | 'failed' | 'skipped';

/**
 * Content of a report. Absent sections are skipped. All texts are plain and untrusted: the page escapes them. Times are ISO 8601
 * with a zone.
 */
export interface Page {
  /** Heading, as "Rehearsal of demo". */
  title: string;
  verdict: Verdict;
  /** Time of the report. */
  made: string;
  /** A link at the end, for a page that refreshes itself: how to stop or go on. */
  live?: { text: string; path: string };
  /** Facts at the top: versions, start, duration, machine. */
  facts?: readonly Fact[];
  /** Simulated parts. */
  fakes?: readonly Fake[];
  /** Waves over time: the first sync, and others of interest. */
  timelines?: readonly Timeline[];
  /** The current Applications. */
  waves?: readonly WaveRow[];
  checks?: readonly CheckRow[];
  /** Requests of the attack suite. */
  requests?: readonly AttackResult[];
  pictures?: readonly Picture[];
  phases?: readonly Phase[];
}

/** The headline. */
interface Verdict {
  /** good: everything works; bad: something is wrong; waiting: not known yet. */
  state: 'good' | 'bad' | 'waiting';
  /** One sentence, as "All 12 Applications are Synced and Healthy". */
  text: string;
  /** Further lines, for example what the root waits for. */
  details?: readonly string[];
}

/** A name with its value, as `Argo CD` and `3.5.7`. */
export interface Fact {
  name: string;
  value: string;
  /** Where it leads: an https:// address. */
  link?: string;
}

/** A simulated part. */
export interface Fake {
  /** As "Kubeflow". */
  what: string;
  /** As "a Git repository with the same paths and a small web program". */
  by?: string;
  /** For example "its images cannot be pulled here". */
  why?: string;
}

/** Bars over time, one for each Application. */
export interface Timeline {
  title: string;
  /** One line of explanation. */
  note?: string;
  bars: readonly Bar[];
  /** Marked moments, as "fix pushed". */
  marks?: readonly { at: string; text: string }[];
}

/** One Application over time. */
export interface Bar {
  name: string;
  /** Argo CD's sync wave, or a word for Applications outside the waves. */
  wave: number | string;
  /** Start of the first sync; absent before it starts. */
  started?: string;
  /** First time Healthy; absent while it is not: the bar then extends to the end. */
  healthy?: string;
  /** failed: it failed and did not recover. */
  outcome: 'healthy' | 'waiting' | 'failed';
}

/** Applications of one wave. */
export interface WaveRow {
  /** Argo CD's sync wave, or a word for Applications outside the waves, as "tenants". */
  wave: number | string;
  applications: readonly ApplicationRow[];
}

/** Status of one Application. */
export interface ApplicationRow {
  name: string;
  /** Argo CD's sync status: Synced, OutOfSync, Unknown; empty when absent. */
  sync: string;
  /** Argo CD's health status: Healthy, Progressing, Degraded, Missing, Suspended, Unknown; empty when absent. */
  health: string;
  /** Commit or chart version, in short form. */
  revision: string;
  /** Addresses of the Application in Argo CD, and of the commit at the Git host. */
  link?: string;
  revisionLink?: string;
  /** Time of its last change, ISO 8601. */
  since?: string;
  message?: string;
  /** good: healthy; bad: needs attention; waiting: not healthy yet. */
  state: 'good' | 'bad' | 'waiting';
}

/** One check of the rehearsal. */
export interface CheckRow {
  /** Heading of the group, as "Login in a browser". */
  group: string;
  name: string;
  tried: string;
  expected: string;
  got: string;
  outcome: Outcome;
  seconds?: number;
}

/** Result of one check of the attack suite, as in `npm run verify -- --json`. */
export interface AttackResult {
  id: string;
  group: string;
  /** What an attacker tries to achieve. */
  tries: string;
  request: string;
  expected: string;
  answer: string;
  outcome: Outcome;
  /** Why it failed or was skipped. */
  why?: string;
}

/** A picture inside the page. */
export interface Picture {
  caption: string;
  /** PNG, base64. */
  png: string;
}

/** A phase of the run. */
export interface Phase {
  name: string;
  seconds: number;
  /** Number of phases around it. Default: 0. */
  depth?: number;
  outcome?: Outcome;
  note?: string;
}
