import { $ } from 'zx/core';

/**
 * @param author name of the commits' author. Absent: the repository's setting
 * @returns a function that runs git in a folder and returns its trimmed stdout; it throws git's message on failure
 */
export function gitIn(folder: string, { author = '', env = process.env } = {}): (...words: string[]) => string {
  const identity = author === '' ? [] : ['-c', `user.name=${author}`, '-c', `user.email=${author}@example.com`];
  // When a synchronous run fails, zx rejects a promise instead of throwing.
  const run = $({ sync: true, quiet: true, nothrow: true, cwd: folder, env, stdio: ['ignore', 'pipe', 'pipe'] });
  return (...words) => {
    const { ok, stdout, stderr } = run`exec git ${[...identity, ...words]}`;
    if (!ok) throw new Error(`git ${words.join(' ')} failed: ${stderr.trim()}`);
    return stdout.trim();
  };
}
