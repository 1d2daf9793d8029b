import { $ } from 'zx/core';

/**
 * @param author name of the author of commits; absent: as the repository is configured
 * @returns runs git in a folder, and gives its trimmed stdout; what git refuses is thrown, with what it said
 */
export function gitIn(folder: string, { author = '', env = process.env } = {}): (...words: string[]) => string {
  const identity = author === '' ? [] : ['-c', `user.name=${author}`, '-c', `user.email=${author}@example.com`];
  const run = $({ sync: true, quiet: true, cwd: folder, env, stdio: ['ignore', 'pipe', 'pipe'] });
  return (...words) => run`exec git ${[...identity, ...words]}`.stdout.trim();
}
