import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { branchProblem } from './git-names.ts';

const parts = [
  'a',
  'Main',
  '1',
  'ü',
  '.',
  '..',
  '-',
  '@',
  '@{',
  '{',
  '~',
  '^',
  ':',
  '?',
  '*',
  '[',
  ']',
  '\\',
  ' ',
  '\t',
  '\u007f',
  '/',
  '//',
  '.lock',
  '.LOCK',
  'HEAD',
  'refs',
  '_',
  '"',
  "'",
  '$',
  '%',
  '#',
  '&',
  '!',
  ',',
  ';',
  '(',
  '<',
  '|',
  '=',
];
const names = [
  ...parts,
  ...parts.flatMap((part) => [
    `a${part}`,
    `${part}a`,
    `a${part}b`,
    `a/${part}`,
    `${part}/a`,
    `a/${part}/b`,
    `a/x${part}`,
  ]),
  'main',
  'master',
  'feature/x',
  'a.lock/b',
  'clusters/prod',
  'refs/heads/main',
  '0123456789abcdef0123456789abcdef01234567',
];

/** Refused by us although git takes them: they would mean something else where a branch is expected. */
const refusedOnPurpose = (name: string): boolean =>
  name === '@' || name.startsWith('refs/') || /^[0-9a-f]{40}$/.test(name);

describe('a branch name', () => {
  it('is refused when git refuses it, and taken when git takes it', () => {
    const different = names
      .filter((name) => !refusedOnPurpose(name))
      .filter((name) => gitTakes(name) !== (branchProblem(name) === undefined));
    expect(different).toEqual([]);
  });

  it.each(['@', 'refs/heads/main', '0123456789abcdef0123456789abcdef01234567'])('is refused when it is %s', (name) => {
    expect(branchProblem(name)).toBeDefined();
  });
});

/** `--branch` alone would expand @{-1} by the state of a repository; the full name is checked as well. */
function gitTakes(name: string): boolean {
  return [['--branch', name], [`refs/heads/${name}`]].every(
    (words) => spawnSync('git', ['check-ref-format', ...words], { stdio: 'ignore' }).status === 0,
  );
}
