import { createInterface } from 'node:readline/promises';
import { RunError } from '../report/errors.ts';

/** @returns true where a person can be asked */
export function asksOnTerminal(json: boolean): boolean {
  return !json && process.stdin.isTTY === true && process.stderr.isTTY === true;
}

/**
 * Asks on the terminal.
 *
 * @returns the answer without blanks around it
 * @throws RunError on Ctrl+C and Ctrl+D
 */
export async function ask(question: string, hint?: string): Promise<string> {
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return (await terminal.question(question)).trim();
  } catch (error) {
    if (error instanceof Error && error.name === 'AbortError')
      throw new RunError('given up; nothing was changed', hint === undefined ? {} : { hint });
    throw error;
  } finally {
    terminal.close();
  }
}
