import { createInterface } from 'node:readline';
import { $ } from 'zx/core';
import { RunError } from '../../report/errors.ts';

/** How a program ended, and what it wrote. */
export interface Ended {
  /** 128 and more: ended by a signal. */
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
  /** For its standard input. */
  input?: string;
  /** Takes each line that it writes, on either output, as it comes. */
  onLine?: (line: string) => void;
  /** Ends it. */
  signal?: AbortSignal;
}

/** Runs a program to its end. One that does not exist ends with exit code 127. */
export async function runProgram(command: Command, options: RunOptions = {}): Promise<Ended> {
  const { cwd = process.cwd(), input = '', onLine, signal } = options;
  // bash reads ~/.bashrc when its input is a socket, as Node's pipes are, unless it believes to be in another shell.
  const env = { SHLVL: '1', ...(options.env ?? process.env) };
  const run = $({ quiet: true, nothrow: true, cwd, env, ...(signal ? { signal } : {}) });
  const child = run`exec ${command}`;
  // Not zx's own input: a program that ends before it has read everything would end this one, too.
  child.stdin.on('error', () => {});
  child.stdin.end(input);
  if (onLine) for (const stream of [child.stdout, child.stderr]) createInterface({ input: stream }).on('line', onLine);
  const { exitCode, stdout, stderr } = await child;
  return { code: exitCode ?? 128, stdout, stderr };
}

/**
 * Runs a program that has to succeed.
 *
 * @returns what it wrote on stdout
 * @throws RunError with what it said
 */
export async function mustRun(command: Command, options: RunOptions = {}): Promise<string> {
  const { code, stdout, stderr } = await runProgram(command, options);
  if (code === 0) return stdout;
  const shown = command.map((word) => (word.length > 80 ? `${word.slice(0, 80)}…` : word)).join(' ');
  throw new RunError(`"${shown}" ended with exit code ${code}`, {
    details: (stderr.trim() || stdout.trim()).split('\n').slice(-15),
  });
}
