import { type Command, CommanderError, Option } from 'commander';
import { UsageError } from '../report/errors.ts';
import type { Reporter } from '../report/reporter.ts';
import { commonOptions, type Declaration } from './options.ts';

/** Runs one command that commander has read. @returns the exit code */
export type Action<Entry> = (
  command: Entry,
  positional: readonly string[],
  options: Readonly<Record<string, unknown>>,
) => Promise<number>;

/**
 * Reads a command line, and runs the command that it names.
 *
 * @param program its name, description and help
 * @param action what it throws goes to the reporter
 * @returns the exit code; 2 for wrong usage, which has been reported by then
 */
export async function runCommandLine<Entry extends Declaration>(
  program: Command,
  commands: readonly Entry[],
  argv: readonly string[],
  reporter: Reporter,
  action: Action<Entry>,
): Promise<number> {
  let code = 0;
  const explain = (text: string) =>
    text.replace(/unknown option '(--[^'=]+).*'(\n\(Did you mean .*)?/, (found, option) => {
      const takers = takersOf(option, commands);
      return takers === '' ? found : `unknown option '${option}'${takers}`;
    });
  program
    .helpCommand(false)
    .configureOutput({ outputError: (text, write) => (reporter.json ? undefined : write(explain(text))) })
    .showHelpAfterError('Add --help for usage and examples.')
    .exitOverride();
  for (const command of commands) {
    define(program, command, async (positional, options) => {
      try {
        requireOwnOptions(program.name(), command, process.env);
        code = await action(command, positional, options);
      } catch (thrown) {
        code = reporter.fail(thrown);
      }
    });
  }
  try {
    await program.parseAsync(argv, { from: 'user' });
  } catch (thrown) {
    if (!(thrown instanceof CommanderError)) throw thrown;
    if (thrown.exitCode === 0) return 0;
    // For people, commander has said it already.
    if (reporter.json)
      reporter.fail(new UsageError(explain(thrown.message).replace(/^error: /, ''), { hint: 'See --help.' }));
    return 2;
  }
  return code;
}

type Run = (positional: readonly string[], options: Readonly<Record<string, unknown>>) => Promise<void>;

function define(program: Command, command: Declaration, run: Run): void {
  const child = program.command(command.usage).description(command.description);
  if (command.handsOver === true) {
    child.helpOption(false).allowUnknownOption();
    child.action(async (words: string[]) => await run(words, {}));
    return;
  }
  child
    .addHelpText('after', `\nExamples:\n${command.examples.map((example) => `  ${example}`).join('\n')}\n`)
    .copyInheritedSettings(program)
    .exitOverride();
  for (const { flags, description, conflicts = [] } of commonOptions)
    child.addOption(new Option(flags, description).conflicts(conflicts));
  for (const { flags, description } of Object.values(command.options)) {
    // What is the default may be written, too: scripts do, and so does an upgrade from 0.1.0 (render --prune).
    if (flags.startsWith('--no-')) child.addOption(new Option(flags.replace('--no-', '--')).hideHelp());
    child.option(flags, description);
  }
  child.action(async (...parameters: unknown[]) => {
    const positional = parameters.slice(0, -2).filter((value): value is string => typeof value === 'string');
    await run(positional, child.opts<Record<string, unknown>>());
  });
}

/** @returns which commands take an option that this one does not, as the end of a message; empty when none does */
function takersOf(option: string, commands: readonly Declaration[]): string {
  const names = commands.filter(({ options }) =>
    Object.values(options).some(({ flags }) => flags.split(' ')[0] === option),
  );
  return names.length === 0 ? '' : `, which is an option of ${names.map(nameOf).join(', ')}`;
}

function nameOf({ usage }: Declaration): string {
  return usage.replace(/ .*/, '');
}

/**
 * `npm run bootstrap --dry-run`, without "--" in between, gives the option to npm, and the run would change things.
 *
 * https://docs.npmjs.com/cli/v11/using-npm/config#environment-variables
 *
 * @param program name of the program: npm's script has that name or the command's
 * @throws UsageError that shows where the option belongs
 */
function requireOwnOptions(program: string, command: Declaration, environment: NodeJS.ProcessEnv): void {
  const name = nameOf(command);
  const script = environment.npm_lifecycle_event;
  if (script !== name && script !== program) return;
  for (const { flags } of [...commonOptions, ...Object.values(command.options)]) {
    const [option = ''] = flags.split(' ');
    const negated = option.startsWith('--no-');
    const taken = environment[`npm_config_${option.replace(negated ? '--no-' : '--', '').replaceAll('-', '_')}`];
    if (negated ? taken === '' : taken !== undefined && taken !== '') {
      throw new UsageError(`npm has taken ${option} for itself`, {
        hint: `Put options behind "--": npm run ${script} -- ${script === name ? '' : `${name} `}${flags}`,
      });
    }
  }
}
