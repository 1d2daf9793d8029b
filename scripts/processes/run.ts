import { existsSync } from 'node:fs';
import { basename, delimiter, join } from 'node:path';
import { begin } from '../report/activity.ts';
import { RunError } from '../report/errors.ts';

/** How a program is started. */
export interface RunOptions {
  cwd?: string;
  /** All of its environment. Default: that of this process. */
  env?: NodeJS.ProcessEnv;
  /** Time limit. Default: as long as it takes. */
  seconds?: number;
  /** True: it may ask the person at the terminal. */
  interactive?: boolean;
  /** True: its arguments may hold secrets, so --verbose does not show them. */
  secretArguments?: boolean;
}

/** What a program left. */
export interface RunResult {
  /** Null when a signal ended it. */
  exitCode: number | null;
  stdout: string;
  stderr: string;
  /** True when the time limit ended it. */
  timedOut: boolean;
}

/** @returns path of the program on the PATH, undefined when it is not there */
export function onPath(program: string): string | undefined {
  return (process.env.PATH ?? '')
    .split(delimiter)
    .filter((folder) => folder !== '')
    .map((folder) => join(folder, program))
    .find((path) => existsSync(path));
}

/**
 * Runs a program, and returns when it has ended. At the time limit it is killed, with the processes that it started.
 *
 * zx is loaded only when it is needed: most commands start nothing.
 */
export async function runProcess(
  program: string,
  args: readonly string[],
  options: RunOptions = {},
): Promise<RunResult> {
  const { $ } = await import('zx/core');
  if (typeof $.shell !== 'string')
    throw new RunError('bash was not found', { hint: 'Install bash, and put it on the PATH.' });
  const { seconds, interactive = false, secretArguments = false, ...place } = options;
  const stdio = [interactive ? 'inherit' : 'ignore', 'pipe', 'pipe'] as const;
  // `exec`: the program takes the place of the shell, so that ending the one ends the other.
  const running = $({ ...place, quiet: true, nothrow: true, stdio: [...stdio] })`exec ${program} ${args}`;
  const shown = secretArguments ? [] : args;
  const done = begin([basename(program), ...shown.slice(0, 2)].join(' '), {
    whole: [program, ...shown].join(' '),
    asks: interactive,
  });
  let timedOut = false;
  const end = async () => {
    timedOut = true;
    if (hasPs()) await running.kill('SIGKILL');
    else running.child?.kill('SIGKILL');
    // A child that is left may hold the pipes.
    for (const stream of [running.stdout, running.stderr]) stream?.destroy();
  };
  const timer = seconds === undefined ? undefined : setTimeout(end, seconds * 1000);
  const { exitCode, stdout, stderr } = await running.finally(() => clearTimeout(timer));
  done(exitCode === 0 ? undefined : exitCode === null ? 'killed' : `exit code ${exitCode}`);
  return { exitCode, stdout, stderr, timedOut };
}

/** zx looks for children with `ps`. Where there is none, as in small images, it would end this process with an exception. */
function hasPs(): boolean {
  return onPath('ps') !== undefined;
}

/**
 * Kills child processes of ours, with the processes that they started. Does nothing where there is no `ps`.
 *
 * @param args the arguments of those to kill
 */
export async function endChildren(args: readonly string[]): Promise<void> {
  if (!hasPs()) return;
  const { kill, ps } = await import('zx/core');
  const words = (texts: readonly string[]) => texts.join(' ').split(/\s+/).join(' ');
  const children = await ps.lookup({ ppid: String(process.pid) });
  const ours = children.filter((child) => words(child.arguments).endsWith(words(args)));
  await Promise.all(ours.map(({ pid }) => kill(Number(pid), 'SIGKILL')));
}
