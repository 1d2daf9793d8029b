import type { OptionValues } from '../command-line/options.ts';
import type { Reporter } from '../report/reporter.ts';
import type { declarations } from './declarations.ts';

/** Arguments of a command. */
export interface Invocation<Options = object> {
  /** The repository's root: npm runs scripts there. */
  root: string;
  options: Options;
  positional: readonly string[];
  reporter: Reporter;
}

/** Arguments of the command with this name. */
export type InvocationOf<Name extends keyof typeof declarations> = Invocation<
  OptionValues<(typeof declarations)[Name]['options']>
>;
