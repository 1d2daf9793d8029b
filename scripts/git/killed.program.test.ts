import { spawn } from 'node:child_process';
import { readdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { makeSandbox, type Sandbox } from '../dev/testing/git-sandbox.ts';
import { openRepository } from './repository.ts';

let box: Sandbox;
let bare: string;
let root: string;
const file = 'clusters/demo/apps/argocd.yaml';

/** The program of these tests: writes, commits, publishes. Hooks find its process id in VICTIM. */
const program = `
  import { writeFile } from 'node:fs/promises';
  process.env.VICTIM = String(process.pid);
  const [root, url] = process.argv.slice(1);
  const { openRepository } = await import(${JSON.stringify(new URL('./repository.ts', import.meta.url).href)});
  await writeFile(root + '/${file}', 'rendered\\n');
  const repository = await openRepository(root);
  await repository.commit({ paths: ['${file}'], message: 'Render demo' });
  await repository.publish({ remote: { url }, branch: 'main' });
`;

/** Runs the program and waits until all that it started is gone; true when it came to its end. */
async function run(): Promise<boolean> {
  const args = ['--import', 'tsx', '--input-type=module', '--eval', program, root, pathToFileURL(bare).href];
  const child = spawn(process.execPath, args, { detached: true, stdio: ['ignore', 'ignore', 'inherit'] });
  const code = await new Promise((resolve) => child.on('exit', resolve));
  while (groupLives(child.pid)) await wait(20);
  return code === 0;
}

function groupLives(pid: number | undefined): boolean {
  try {
    process.kill(-(pid ?? 0), 0);
    return true;
  } catch {
    return false;
  }
}

beforeEach(async () => {
  box = await makeSandbox();
  bare = await box.bare('remote.git');
  root = await box.clone('mine');
  await box.write(root, file, 'older\n');
  await box.git(root, 'add', '-A');
  await box.git(root, 'commit', '--quiet', '-m', 'Second');
  await box.git(root, 'push', '--quiet', bare, 'main');
  // Somebody else is ahead, so that the commit has to be put on top of theirs.
  const theirs = await box.clone('theirs', bare);
  await box.write(theirs, 'README.md', 'theirs\n');
  await box.git(theirs, 'commit', '--quiet', '-a', '-m', 'Foreign');
  await box.git(theirs, 'push', '--quiet');
  await box.write(root, 'staged.txt', 'mine\n');
  await box.git(root, 'add', 'staged.txt');
});
afterEach(() => box.remove());

const steps = [
  { step: 'before the commit', where: 'mine', hook: 'pre-commit' },
  { step: 'with the commit written', where: 'mine', hook: 'commit-msg' },
  { step: 'while the branch takes the commit', where: 'mine', hook: 'reference-transaction' },
  { step: 'after the commit', where: 'mine', hook: 'post-commit' },
  { step: 'before the push', where: 'mine', hook: 'pre-push' },
  { step: 'while the remote receives', where: 'remote', hook: 'pre-receive' },
  { step: 'while the remote takes the branch', where: 'remote', hook: 'update' },
  { step: 'after the push', where: 'remote', hook: 'post-receive' },
  { step: 'after the local branch has followed', where: 'mine', hook: 'post-checkout' },
];

/** Hooks that run while git holds no lock of its own: there git may be killed too. */
const withoutLock = ['pre-commit', 'commit-msg', 'post-commit', 'pre-push', 'post-receive'];

/** Breaks off a run by a hook that kills, and looks at what the next run makes of it. */
async function breakOff(where: string, hook: string, kill: string): Promise<void> {
  const repository = where === 'mine' ? root : bare;
  await box.hook(repository, hook, `[ -z "$VICTIM" ] || ${kill}`);
  expect(await run()).toBe(false);
  await box.hook(repository, hook, 'exit 0');
  expect(await run()).toBe(true);
  expect(await box.subjects(bare, 'main')).toEqual(['Render demo', 'Foreign', 'Second', 'Start']);
  expect(await box.git(root, 'rev-parse', 'HEAD')).toBe(await box.git(bare, 'rev-parse', 'main'));
  expect(await box.git(root, 'show', '--name-only', '--format=', 'HEAD')).toBe(file);
  expect(await box.git(root, 'status', '--porcelain')).toBe('A  staged.txt');
  expect(await readdir(path.join(root, '.git', 'breakwater'))).toEqual([]);
}

describe('KF#1876 after a run that was killed, the next one ends in the same state with one commit:', () => {
  it.each(steps)('the program, $step', ({ where, hook }) => breakOff(where, hook, 'kill -9 $VICTIM'));

  it.each(steps.filter(({ hook }) => withoutLock.includes(hook)))('the program and git, $step', ({ where, hook }) =>
    breakOff(where, hook, 'kill -9 $VICTIM $PPID'),
  );

  it('a lock that a killed git left is named, and nothing continues without the user', async () => {
    await box.hook(root, 'reference-transaction', '[ -z "$VICTIM" ] || kill -9 $VICTIM $PPID');
    expect(await run()).toBe(false);
    await rm(path.join(root, '.git', 'hooks', 'reference-transaction'));
    const commit = (await openRepository(root)).commit({ paths: [file], message: 'Render demo' });
    await expect(commit).rejects.toMatchObject({
      name: 'RunError',
      details: [expect.stringMatching(/\.lock/)],
      hint: expect.stringContaining('remove the lock file'),
    });
  });
});
