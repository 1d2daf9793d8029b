import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Command } from 'commander';
import { config } from 'zod';
import { allowClosedPipes } from './command-line/closed-pipe.ts';
import { runCommandLine } from './command-line/run.ts';
import { commands } from './commands/index.ts';
import { UsageError } from './report/errors.ts';
import { createReporter, reporterOptions } from './report/reporter.ts';

/**
 * The entry: parses the command line, loads one command, turns errors into exit codes.
 * 0 done, 1 a check failed or drift was found, 2 wrong usage or config.
 */
async function main(argv: readonly string[]): Promise<number> {
  // A run parses few files: compiling a parser for each schema costs more than it saves.
  config({ jitless: true });
  // simple-git reads it when it is loaded, and would print each git's environment past the masking of secrets.
  delete process.env.DEBUG;
  const reporter = createReporter(reporterOptions(argv));
  const program = new Command('breakwater')
    .description(
      'Turns clusters/<name>/cluster.yaml into an Argo CD app-of-apps tree, commits it, and registers it with Argo CD.',
    )
    .version(version(), '--version', 'print the version')
    .addHelpText('after', '\nExamples:\n  npm run bootstrap\n  npx breakwater bootstrap --help\n');
  return await runCommandLine(program, commands, argv, reporter, async (command, positional, options) =>
    command.run({ root: repositoryRoot(process.cwd()), options, positional, reporter }),
  );
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

allowClosedPipes();
process.exitCode = await main(process.argv.slice(2));
