/** How something ended. */
export type Outcome = 'passed' | 'failed' | 'skipped';

/**
 * What a report shows. Each section is left out where there is nothing for it. All texts are plain and untrusted: the
 * page escapes them. Times are ISO 8601 with a zone.
 */
export interface Page {
  /** Heading, as "Rehearsal of demo". */
  title: string;
  verdict: Verdict;
  /** When the report was made. */
  made: string;
  /** What a reader should know first: versions, when, how long, on what. */
  facts?: readonly Fact[];
  /** What was not the real thing, and why. */
  standIns?: readonly StandIn[];
  /** Waves as they went: the first sync, and whatever else is worth a picture. */
  timelines?: readonly Timeline[];
  /** The Applications as they are. */
  waves?: readonly Wave[];
  checks?: readonly Check[];
  /** Requests of the attack suite. */
  requests?: readonly Attack[];
  pictures?: readonly Picture[];
  phases?: readonly Phase[];
}

/** The one thing that everybody reads. */
interface Verdict {
  /** good: all as it should be; bad: something is wrong; waiting: not known yet. */
  state: 'good' | 'bad' | 'waiting';
  /** One sentence, as "All 12 Applications are Synced and Healthy". */
  text: string;
  /** More lines, as what the root waits for. */
  details?: readonly string[];
}

/** A name with its value, as `Argo CD` and `3.5.7`. */
export interface Fact {
  name: string;
  value: string;
}

/** Something in whose place something else stood. */
export interface StandIn {
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
  /** One line on what is seen. */
  note?: string;
  bars: readonly Bar[];
  /** Moments worth a line, as "fix pushed". */
  marks?: readonly { at: string; text: string }[];
}

/** One Application on its way. */
export interface Bar {
  name: string;
  /** Argo CD's sync wave, or the word for what stands outside the waves. */
  wave: number | string;
  /** Begin of the first sync; absent: it has not begun. */
  started?: string;
  /** First time Healthy; absent: never, the bar goes to the end of the picture. */
  healthy?: string;
  /** failed: it went wrong and stayed so. */
  outcome: 'healthy' | 'waiting' | 'failed';
}

/** Applications that are synced together. */
export interface Wave {
  /** Argo CD's sync wave, or the word for what stands outside the waves, as "tenants". */
  wave: number | string;
  applications: readonly ApplicationRow[];
}

/** Status of one Application. */
export interface ApplicationRow {
  name: string;
  /** As Argo CD says: Synced, OutOfSync, Unknown; empty when absent. */
  sync: string;
  /** As Argo CD says: Healthy, Progressing, Degraded, Missing, Suspended, Unknown; empty when absent. */
  health: string;
  /** Commit or chart version, as short as it should be shown. */
  revision: string;
  message?: string;
  /** good: nothing to do; bad: a person should look; waiting: on its way. */
  state: 'good' | 'bad' | 'waiting';
}

/** One thing that was tried. */
export interface Check {
  /** Checks of one group stand together, as "Login in a browser". */
  group: string;
  name: string;
  tried: string;
  expected: string;
  got: string;
  outcome: Outcome;
  seconds?: number;
}

/** One request of the attack suite: as `npm run verify -- --json` gives it. */
export interface Attack {
  id: string;
  group: string;
  /** What an attacker would want with it. */
  tries: string;
  request: string;
  expected: string;
  answer: string;
  outcome: Outcome;
  /** Why it was skipped or counts as failed. */
  why?: string;
}

/** A picture that is carried inside the page. */
export interface Picture {
  caption: string;
  /** PNG, base64. */
  png: string;
}

/** A part of the run. */
export interface Phase {
  name: string;
  seconds: number;
  /** How many other parts it lies within; absent: none. */
  depth?: number;
  outcome?: Outcome;
  note?: string;
}
