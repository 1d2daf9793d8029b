import { Command, CommanderError } from 'commander';
import { commands } from './commands/index.ts';
import { createReporter } from './report/reporter.ts';

/**
 * The entry: parses the command line, loads one command, turns errors into exit codes.
 * 0 done, 1 a check failed or drift was found, 2 wrong usage or config.
 */
async function main(argv: readonly string[]): Promise<number> {
  const program = new Command('breakwater')
    .description(
      'Turns clusters/<name>/cluster.yaml into an Argo CD app-of-apps tree, commits it, and registers it with Argo CD.',
    )
    .helpCommand(false)
    .showHelpAfterError('Add --help for usage and examples.')
    .exitOverride();
  let code = 0;
  for (const command of commands) {
    const child = program
      .command(command.usage)
      .description(command.description)
      .option('--json', 'print one JSON value on stdout, and status on stderr', false)
      .addHelpText('after', `\nExamples:\n${command.examples.map((example) => `  ${example}`).join('\n')}\n`)
      .showHelpAfterError('Add --help for usage and examples.')
      .exitOverride();
    for (const [flags, description] of command.options) child.option(flags, description);
    child.action(async (...parameters: unknown[]) => {
      const options = child.opts<Record<string, unknown>>();
      const reporter = createReporter(options.json === true);
      const positional = parameters.slice(0, -2).filter((value): value is string => typeof value === 'string');
      try {
        const { run } = await command.load();
        code = await run({ root: process.cwd(), options, positional, reporter });
      } catch (thrown) {
        code = reporter.fail(thrown);
      }
    });
  }
  try {
    await program.parseAsync(argv, { from: 'user' });
  } catch (thrown) {
    if (!(thrown instanceof CommanderError)) throw thrown;
    return thrown.exitCode === 0 ? 0 : 2;
  }
  return code;
}

process.exitCode = await main(process.argv.slice(2));
