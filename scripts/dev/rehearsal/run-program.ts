import { createInterface } from 'node:readline';
import { $ } from 'zx/core';
import { RunError } from '../../report/errors.ts';

/** Exit code and output of a program. */
export interface Ended {
  /** 128 or more: ended by a signal. */
  code: number;
  stdout: string;
  stderr: string;
}

/** A program and its arguments. */
type Command = readonly [string, ...string[]];

/** How to run a program. */
export interface RunOptions {
  cwd?: string;
  env?: NodeJS.ProcessEnv;
  /** Written to its standard input. */
  input?: string;
  /** Receives each line of its output (stdout and stderr) as it arrives. */
  onLine?: (line: string) => void;
  /** Ends it. */
  signal?: AbortSignal;
}

/** Runs a program to completion. A missing one results in exit code 127. */
export async function runProgram(command: Command, options: RunOptions = {}): Promise<Ended> {
  const { cwd = process.cwd(), input = '', onLine, signal } = options;
  // bash reads ~/.bashrc when its input is a socket, like Node's pipes, unless it thinks that it is a nested shell.
  const env = { SHLVL: '1', ...(options.env ?? process.env) };
  const run = $({ quiet: true, nothrow: true, cwd, env, ...(signal ? { signal } : {}) });
  const child = run`exec ${command}`;
  // Not zx's own input: a program that exits before reading everything would crash this one, too.
  child.stdin.on('error', () => {});
  child.stdin.end(input);
  if (onLine) for (const stream of [child.stdout, child.stderr]) createInterface({ input: stream }).on('line', onLine);
  const { exitCode, stdout, stderr } = await child;
  return { code: exitCode ?? 128, stdout, stderr };
}

/**
 * Runs a program that must succeed.
 *
 * @returns its stdout
 * @throws RunError with its output
 */
export async function mustRun(command: Command, options: RunOptions = {}): Promise<string> {
  const { code, stdout, stderr } = await runProgram(command, options);
  if (code === 0) return stdout;
  const shown = command.map((word) => (word.length > 80 ? `${word.slice(0, 80)}…` : word)).join(' ');
  throw new RunError(`"${shown}" ended with exit code ${code}`, {
    details: (stderr.trim() || stdout.trim()).split('\n').slice(-15),
  });
}
