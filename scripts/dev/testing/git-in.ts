import { $ } from 'zx/core';

/**
 * @param author name of the author of commits; absent: as the repository is configured
 * @returns runs git in a folder, and returns its trimmed stdout; throws what git says when it fails
 */
export function gitIn(folder: string, { author = '', env = process.env } = {}): (...words: string[]) => string {
  const identity = author === '' ? [] : ['-c', `user.name=${author}`, '-c', `user.email=${author}@example.com`];
  // zx rejects a promise when a synchronous run fails, and throws nothing.
  const run = $({ sync: true, quiet: true, nothrow: true, cwd: folder, env, stdio: ['ignore', 'pipe', 'pipe'] });
  return (...words) => {
    const { ok, stdout, stderr } = run`exec git ${[...identity, ...words]}`;
    if (!ok) throw new Error(`git ${words.join(' ')} failed: ${stderr.trim()}`);
    return stdout.trim();
  };
}
