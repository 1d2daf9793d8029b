import { createInterface } from 'node:readline/promises';
import { RunError } from '../report/errors.ts';

/** @returns true when a user can be asked */
export function asksOnTerminal(json: boolean): boolean {
  return !json && process.stdin.isTTY === true && process.stderr.isTTY === true;
}

/**
 * Asks on the terminal.
 *
 * @returns the answer, trimmed
 * @throws RunError on Ctrl+C and Ctrl+D
 */
export async function ask(question: string, hint?: string): Promise<string> {
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return (await terminal.question(question)).trim();
  } catch (error) {
    if (error instanceof Error && error.name === 'AbortError')
      throw new RunError('aborted; nothing was changed', hint === undefined ? {} : { hint });
    throw error;
  } finally {
    terminal.close();
  }
}

/** Asks a question with two answers. @param fallback the answer for Enter alone */
export async function confirm(question: string, fallback: boolean): Promise<boolean> {
  const answer = (await ask(`${question} ${fallback ? '[Y/n]' : '[y/N]'} `)).toLowerCase();
  return answer === '' ? fallback : answer === 'y' || answer === 'yes';
}
