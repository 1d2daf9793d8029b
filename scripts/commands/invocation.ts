import type { Reporter } from '../report/reporter.ts';

/** What a command gets. */
export interface Invocation {
  /** The repository's root: npm runs scripts there. */
  root: string;
  options: Readonly<Record<string, unknown>>;
  positional: readonly string[];
  reporter: Reporter;
}
