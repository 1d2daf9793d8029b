import { spawn } from 'node:child_process';
import { constants } from 'node:os';

/**
 * Lets another program take over the terminal until it ends.
 *
 * Ctrl+C reaches both, and is its business; SIGTERM is passed on.
 *
 * @returns its exit code, as a shell gives it
 * @throws the system's error when it cannot be started
 */
export async function handOver(program: string, args: readonly string[], cwd: string): Promise<number> {
  const child = spawn(program, args, { cwd, stdio: 'inherit' });
  const ignore = () => undefined;
  const passOn = () => child.kill('SIGTERM');
  process.on('SIGINT', ignore).on('SIGTERM', passOn);
  try {
    return await new Promise((resolve, reject) => {
      child.once('error', reject);
      child.once('exit', (code, signal) => resolve(code ?? 128 + (signal === null ? 0 : constants.signals[signal])));
    });
  } finally {
    process.off('SIGINT', ignore).off('SIGTERM', passOn);
  }
}
