import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { type TestRepository, testRepository } from './repository.ts';

/** A place in a run where it is killed: as soon as a path is there, or when git comes to a hook. */
interface Step {
  name: string;
  /** Relative to the repository. */
  path?: string;
  /** Relative to the repository; the hook stops there, so that the kill hits exactly this moment. */
  hook?: string;
}

/** Every step of a bootstrap without a cluster that leaves something behind, in order. */
const steps: readonly Step[] = [
  { name: 'the embedded remote is being made', path: '.breakwater' },
  { name: 'the tree is half written', path: 'clusters/prod/apps' },
  { name: 'the tree is written', path: '.breakwater/written/prod.json' },
  { name: 'the commit is being made', hook: '.git/hooks/pre-commit' },
  { name: 'the commit is made', hook: '.git/hooks/post-commit' },
  { name: 'the push begins', hook: '.git/hooks/pre-push' },
  { name: 'the remote is about to take the push', hook: '.breakwater/remote.git/hooks/update' },
  { name: 'the remote has taken the push', hook: '.breakwater/remote.git/hooks/post-receive' },
  { name: 'the objects are half written', path: '.breakwater/prod/objects/01-namespaces.yaml' },
];

let repository: TestRepository;

afterEach(() => repository.remove());

/** Starts the bootstrap and kills it, with every git that it started, when it comes to the step. */
async function killAt(step: Step): Promise<void> {
  const reached = join(repository.root, step.path ?? `${step.hook}.reached`);
  if (step.hook !== undefined) {
    if (step.hook.startsWith('.breakwater')) repository.git('init', '--quiet', '--bare', '.breakwater/remote.git');
    writeHook(step.hook, ': > "$0.reached"\nexec sleep 60');
  }
  const child = repository.start('bootstrap', '--cluster', 'prod');
  // Unread pipes fill up.
  child.stdout?.resume();
  child.stderr?.resume();
  const exited = new Promise((resolve) => child.once('exit', resolve));
  while (!existsSync(reached) && child.exitCode === null) await wait(1);
  expect(child.exitCode, `the run was over before ${step.name}`).toBeNull();
  process.kill(-(child.pid ?? 0), 'SIGKILL');
  await exited;
  if (step.hook !== undefined) writeHook(step.hook, 'exit 0');
}

function writeHook(path: string, script: string): void {
  const hook = join(repository.root, path);
  mkdirSync(dirname(hook), { recursive: true });
  writeFileSync(hook, `#!/bin/sh\n${script}\n`);
  chmodSync(hook, 0o755);
}

/** What has to be the same however a run finished. */
function endState(): Record<string, unknown> {
  const { git, root } = repository;
  const objects = join(root, '.breakwater', 'prod', 'objects');
  return {
    commits: git('rev-list', '--count', 'HEAD'),
    tree: git('rev-parse', 'HEAD^{tree}'),
    remoteIsAtHead: git('--git-dir', '.breakwater/remote.git', 'rev-parse', 'main') === git('rev-parse', 'HEAD'),
    status: git('status', '--porcelain'),
    objects: Object.fromEntries(readdirSync(objects).map((name) => [name, readFileSync(join(objects, name), 'utf8')])),
    leftovers: readdirSync(root, { recursive: true, encoding: 'utf8' }).filter((path) => /\.lock$|\.tmp$/.test(path)),
  };
}

/** A checkout with a cluster.yaml that Git has never seen. */
function newCluster(): TestRepository {
  const made = testRepository({});
  expect(made.breakwater('new', 'prod')).toMatchObject({ code: 0 });
  return made;
}

let undisturbed: Record<string, unknown> | undefined;

function reference(): Record<string, unknown> {
  if (undisturbed !== undefined) return undisturbed;
  repository = newCluster();
  expect(repository.breakwater('bootstrap', '--cluster', 'prod')).toMatchObject({ code: 0 });
  undisturbed = endState();
  repository.remove();
  return undisturbed;
}

describe('a bootstrap that is killed and run again ends as one that was not, with one commit', () => {
  it.each(steps)('when it dies as $name', async (step) => {
    const expected = reference();
    repository = newCluster();
    await killAt(step);
    const again = repository.breakwater('bootstrap', '--cluster', 'prod');
    expect(again.code, again.stderr).toBe(0);
    expect(endState()).toEqual(expected);
  });
});
