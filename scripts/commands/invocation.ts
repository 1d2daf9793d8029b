import type { OptionValues } from '../command-line/options.ts';
import type { Reporter } from '../report/reporter.ts';
import type { declarations } from './declarations.ts';

/** What a command gets. */
export interface Invocation<Options = object> {
  /** The repository's root: npm runs scripts there. */
  root: string;
  options: Options;
  positional: readonly string[];
  reporter: Reporter;
}

/** What the command of that name gets. */
export type InvocationOf<Name extends keyof typeof declarations> = Invocation<
  OptionValues<(typeof declarations)[Name]['options']>
>;
