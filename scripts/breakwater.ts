import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Command, CommanderError } from 'commander';
import { type CommandEntry, commands } from './commands/index.ts';
import { UsageError } from './report/errors.ts';
import { createReporter } from './report/reporter.ts';

/**
 * The entry: parses the command line, loads one command, turns errors into exit codes.
 * 0 done, 1 a check failed or drift was found, 2 wrong usage or config.
 */
async function main(argv: readonly string[]): Promise<number> {
  // simple-git reads it when it is loaded, and would print each git's environment past the masking of secrets.
  delete process.env.DEBUG;
  const json = argv.includes('--json');
  const reporter = createReporter(json);
  const outcome: { code: number } = { code: 0 };
  const program = new Command('breakwater')
    .description(
      'Turns clusters/<name>/cluster.yaml into an Argo CD app-of-apps tree, commits it, and registers it with Argo CD.',
    )
    .version(version(), '--version', 'print the version')
    .helpCommand(false)
    .addHelpText('after', '\nExamples:\n  npm run bootstrap\n  npm run breakwater -- bootstrap --help\n')
    .configureOutput(json ? { outputError: () => undefined } : {})
    .showHelpAfterError('Add --help for usage and examples.')
    .exitOverride();
  for (const command of commands) {
    define(program, command, async (positional, options) => {
      try {
        requireOwnOptions(command, process.env);
        outcome.code = await command.run({ root: repositoryRoot(process.cwd()), options, positional, reporter });
      } catch (thrown) {
        outcome.code = reporter.fail(thrown);
      }
    });
  }
  try {
    await program.parseAsync(argv, { from: 'user' });
  } catch (thrown) {
    if (!(thrown instanceof CommanderError)) throw thrown;
    if (thrown.exitCode === 0) return 0;
    // For people, commander has said it already.
    if (json) reporter.fail(new UsageError(thrown.message.replace(/^error: /, ''), { hint: 'See --help.' }));
    return 2;
  }
  return outcome.code;
}

type Action = (positional: readonly string[], options: Readonly<Record<string, unknown>>) => Promise<void>;

function define(program: Command, command: CommandEntry, action: Action): void {
  const child = program
    .command(command.usage)
    .description(command.description)
    .option('--json', 'print one JSON value on stdout, and status on stderr')
    .addHelpText('after', `\nExamples:\n${command.examples.map((example) => `  ${example}`).join('\n')}\n`)
    .copyInheritedSettings(program)
    .exitOverride();
  for (const { flags, description } of Object.values(command.options)) child.option(flags, description);
  child.action(async (...parameters: unknown[]) => {
    const positional = parameters.slice(0, -2).filter((value): value is string => typeof value === 'string');
    await action(positional, child.opts<Record<string, unknown>>());
  });
}

/**
 * `npm run bootstrap --dry-run`, without "--" between, gives the option to npm, and the run would be no dry one.
 *
 * https://docs.npmjs.com/cli/v11/using-npm/config#environment-variables
 *
 * @throws UsageError that shows where the option belongs
 */
function requireOwnOptions({ usage, options }: CommandEntry, environment: NodeJS.ProcessEnv): void {
  const name = usage.replace(/ .*/, '');
  if (environment.npm_lifecycle_event !== name) return;
  for (const flags of ['--json', ...Object.values(options).map(({ flags }) => flags)]) {
    const [option = ''] = flags.split(' ');
    const negated = option.startsWith('--no-');
    const taken = environment[`npm_config_${option.replace(negated ? '--no-' : '--', '').replaceAll('-', '_')}`];
    if (negated ? taken === '' : taken !== undefined && taken !== '') {
      throw new UsageError(`npm has taken ${option} for itself`, {
        hint: `Put options behind "--": npm run ${name} -- ${flags}`,
      });
    }
  }
}

/**
 * npm runs scripts in the repository's root; anyone who starts the program by hand may stand below it.
 *
 * @throws UsageError outside of any
 */
function repositoryRoot(start: string): string {
  for (let folder = start; ; folder = dirname(folder)) {
    const holds = (name: string) => existsSync(join(folder, name));
    if (holds('package.json') && (holds('infrastructure') || holds('clusters'))) return folder;
    if (folder === dirname(folder))
      throw new UsageError(`${start} is not a Breakwater repository, nor a folder inside one`, {
        hint: 'Run it where you cloned the template.',
      });
  }
}

function version(): string {
  const { version } = JSON.parse(readFileSync(join(import.meta.dirname, '..', 'package.json'), 'utf8')) as {
    version: string;
  };
  return version;
}

// Anyone who reads may stop reading (`| head`): a run that has begun goes on to its end, and its exit code counts.
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
  });
}

process.exitCode = await main(process.argv.slice(2));
