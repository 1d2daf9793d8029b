/** `npm run try`: from nothing to a login page on this machine (docs/try.md). */
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline/promises';
import { Command } from 'commander';
import { allowClosedPipes } from '../../command-line/closed-pipe.ts';
import { flag, readOptions, text } from '../../command-line/options.ts';
import { runCommandLine } from '../../command-line/run.ts';
import { RunError, UsageError } from '../../report/errors.ts';
import { createReporter, type Reporter } from '../../report/reporter.ts';
import type { SiteStatus } from '../rehearsal/look-inside.ts';
import { stopServing } from '../rehearsal/own-cluster.ts';
import { mustRun, runProgram } from '../rehearsal/run-program.ts';
import { defaultFolder, placesOf, readState } from '../rehearsal/state.ts';
import { repositoryRoot } from '../sandbox/of-repository.ts';
import { chooseProvider, providers } from './choose.ts';
import { clusterName, planText, planTry } from './plan.ts';

const declaration = {
  usage: 'try',
  description: 'Makes a throwaway cluster on this machine, installs the platform, and ends with the login page.',
  options: {
    down: flag('--down', 'remove the cluster and all that was written'),
    dryRun: flag('--dry-run', 'show what would run, and change nothing'),
    yes: flag('--yes', 'do not ask'),
    on: text('--on <provider>', `one of ${providers.join(', ')} (default: the first that this machine can run)`),
    address: text('--address <ip>', 'this machine as the cluster reaches it, for Git (default: its first address)'),
  },
  examples: ['npm run try', 'npm run try -- --dry-run', 'npm run try -- --on k3d --yes', 'npm run try -- --down'],
};
type TryOptions = ReturnType<typeof readOptions<typeof declaration.options>>;

/** A test has a folder of its own. */
const folder = process.env.BREAKWATER_TRY_FOLDER ?? join(dirname(defaultFolder()), 'try');
const rehearse = (...words: string[]) =>
  [process.execPath, join(repositoryRoot, 'scripts', 'start.mjs'), 'rehearse', ...words] as const;

async function run(options: TryOptions, reporter: Reporter): Promise<number> {
  if (options.down) return await down(reporter);
  if ((await readState(folder)) !== undefined) return await showLogin(reporter);
  const { provider, notes } = await chooseProvider(options.on);
  const plan = planTry(provider, folder, options.address);
  reporter.status(planText(plan, provider, notes));
  if (options.dryRun) {
    reporter.result({ provider, ...plan }, 'This was a dry run: nothing was changed.');
    return 0;
  }
  if (!options.yes && !(await agreed())) throw new RunError('aborted; nothing was changed');
  for (const [path, content] of Object.entries(plan.files)) {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    await writeFile(path, content);
  }
  if (plan.kubeconfig !== undefined) process.env.KUBECONFIG = plan.kubeconfig;
  for (const command of [...plan.cluster, rehearse(...plan.rehearse)]) await mustEnd(command, reporter);
  return await showLogin(reporter);
}

async function agreed(): Promise<boolean> {
  if (!process.stdin.isTTY)
    throw new UsageError('cannot ask whether to go on: there is no terminal', { hint: 'Add --yes, or --dry-run.' });
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  const answer = (await terminal.question('Start? [Y/n] ')).trim().toLowerCase();
  terminal.close();
  return answer === '' || answer === 'y' || answer === 'yes';
}

/** Ctrl-C ends what runs; the rehearsal then takes down what it has made. */
const stop = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort());

async function mustEnd(command: readonly [string, ...string[]], reporter: Reporter): Promise<void> {
  const onLine = (line: string) => reporter.status(line);
  const { code } = await runProgram(command, { cwd: repositoryRoot, signal: stop.signal, onLine });
  if (code === 0) return;
  const name = command[0] === process.execPath ? `npm run rehearse -- ${command[3]}` : command.slice(0, 2).join(' ');
  throw new RunError(`${name} ended with exit code ${code}`, {
    hint: 'Remove what is there before you try again: npm run try -- --down',
  });
}

async function showLogin(reporter: Reporter): Promise<number> {
  const status: SiteStatus = JSON.parse(await mustRun(rehearse('status', '--folder', folder, '--json')));
  const { email, password } = (await readState(folder))?.users.owner ?? {};
  const text = [
    `Open ${status.url} and log in as ${email}, password ${password}`,
    'The browser warns: the certificate is from a private CA that was made for this try.',
    `Look inside:   npm run rehearse -- shell --folder ${folder}`,
    'Remove it all: npm run try -- --down',
  ];
  reporter.result(
    { url: status.url, email, passwords: placesOf(folder).state, waiting: status.waiting },
    text.join('\n'),
  );
  return 0;
}

/** Removes the cluster of whichever provider has one, the rest of a killed run included. */
async function down(reporter: Reporter): Promise<number> {
  const removed: string[] = [];
  for (const [list, remove] of [
    [
      ['kind', 'get', 'clusters'],
      ['delete', 'cluster', '--name', clusterName],
    ],
    [
      ['k3d', 'cluster', 'list', '--no-headers'],
      ['cluster', 'delete', clusterName],
    ],
  ] as const) {
    const [program] = list;
    const { code, stdout } = await runProgram(list);
    const names = stdout.split('\n').map((line) => line.split(/\s/)[0]);
    if (code !== 0 || !names.includes(clusterName)) continue;
    await mustEnd([program, ...remove], reporter);
    removed.push(`the ${program} cluster ${clusterName}`);
  }
  const state = await readState(folder);
  if (state?.sandbox === true) await mustEnd(rehearse('down', '--folder', folder), reporter);
  else if (state !== undefined) await stopServing(folder);
  if (state !== undefined) removed.push(state.sandbox ? 'the sandbox' : 'the Git server');
  await rm(folder, { recursive: true, force: true });
  reporter.result(
    { removed },
    removed.length === 0 ? 'There was nothing to remove.' : `Removed ${removed.join(' and ')}.`,
  );
  return 0;
}

allowClosedPipes();
const argv = process.argv.slice(2);
const reporter = createReporter({ json: argv.includes('--json'), quiet: argv.includes('--quiet') });
const program = new Command().name('npm run');
process.exitCode = await runCommandLine(program, [declaration], ['try', ...argv], reporter, (_, __, raw) =>
  run(readOptions(declaration.options, raw), reporter),
);
