import { spawn } from 'node:child_process';
import { RunError } from '../../report/errors.ts';

/** How a program ended, and what it wrote. */
export interface Ended {
  /** 128 and more: ended by a signal. */
  code: number;
  stdout: string;
  stderr: string;
}

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

/**
 * Runs a program to its end, without a shell.
 *
 * @throws RunError when it can't be started
 */
export function runProgram(command: readonly [string, ...string[]], options: RunOptions = {}): Promise<Ended> {
  const [program, ...words] = command;
  const { cwd, env = process.env, input = '', onLine, signal } = options;
  return new Promise((resolve, reject) => {
    const child = spawn(program, words, { env, ...(cwd ? { cwd } : {}), ...(signal ? { signal } : {}) });
    const outputs = { stdout: '', stderr: '' };
    for (const name of ['stdout', 'stderr'] as const) {
      let rest = '';
      child[name].setEncoding('utf8').on('data', (text: string) => {
        outputs[name] += text;
        const lines = (rest + text).split('\n');
        rest = lines.pop() ?? '';
        for (const line of lines) onLine?.(line);
      });
      child[name].once('end', () => {
        if (rest !== '') onLine?.(rest);
      });
    }
    // It may end before it has read everything.
    child.stdin.on('error', () => {});
    child.stdin.end(input);
    child.once('error', (error) => {
      if (error.name !== 'AbortError') reject(new RunError(`${program} could not be started: ${error.message}`));
    });
    child.once('close', (code) => resolve({ code: code ?? 128, ...outputs }));
  });
}

/**
 * Runs a program that has to succeed.
 *
 * @returns what it wrote on stdout
 * @throws RunError with what it said
 */
export async function mustRun(command: readonly [string, ...string[]], options: RunOptions = {}): Promise<string> {
  const { code, stdout, stderr } = await runProgram(command, options);
  if (code === 0) return stdout;
  const shown = command.map((word) => (word.length > 80 ? `${word.slice(0, 80)}…` : word)).join(' ');
  throw new RunError(`"${shown}" ended with exit code ${code}`, {
    details: (stderr.trim() || stdout.trim()).split('\n').slice(-15),
  });
}
