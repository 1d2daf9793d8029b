import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gitIn } from '../testing/git-in.ts';

/** The checkout that the tests run in. */
export const checkout = fileURLToPath(new URL('../../..', import.meta.url));

/** A copy of the template as a git repository of its own, in a folder whose name has blanks and quotes. */
export interface TestRepository {
  root: string;
  /** Runs a command of the program, as npm would. Stderr comes without the lines that say what is waited for. */
  breakwater(...parameters: string[]): { code: number | null; stdout: string; stderr: string };
  /** The same, started in a folder relative to the root. */
  breakwaterIn(folder: string, ...parameters: string[]): { code: number | null; stdout: string; stderr: string };
  /** Starts a command as the leader of a process group of its own, so that a test can kill it with all that it started. */
  start(...parameters: string[]): ChildProcess;
  git(...parameters: string[]): string;
  write(path: string, text: string): void;
  remove(): void;
}

/** @returns stderr of the program without the lines that say what is waited for: they depend on the machine's speed */
export function withoutProgress(stderr: string): string {
  return stderr.replaceAll(/^ {4}… .*\n/gm, '');
}

/**
 * Copies what a fresh clone has, except the program itself, and commits it.
 *
 * @param clusters cluster.yaml by name; absent: the demo as it is committed
 * @param environment variables for the program, beside those of the test's own process
 */
export function testRepository(
  clusters?: Readonly<Record<string, string>>,
  environment: Readonly<Record<string, string>> = {},
): TestRepository {
  const folder = mkdtempSync(join(tmpdir(), 'breakwater-test-'));
  const root = join(folder, `it's a "fresh" clone`);
  mkdirSync(root);
  for (const part of ['infrastructure', 'apps', 'tenants', 'package.json', '.gitignore', '.gitattributes']) {
    cpSync(join(checkout, part), join(root, part), { recursive: true });
  }
  const write = (path: string, text: string) => {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  };
  if (clusters === undefined) cpSync(join(checkout, 'clusters'), join(root, 'clusters'), { recursive: true });
  else
    for (const schema of ['cluster.schema.json', 'removals.schema.json'])
      write(`clusters/${schema}`, readFileSync(join(checkout, 'clusters', schema), 'utf8'));
  for (const [name, text] of Object.entries(clusters ?? {})) write(`clusters/${name}/cluster.yaml`, text);
  const git = gitIn(root);
  git('init', '--quiet', '--initial-branch=main');
  git('config', 'user.name', 'Test');
  git('config', 'user.email', 'test@example.com');
  git('add', '.');
  git('commit', '--quiet', '--message', 'Start');
  const program = [join(checkout, 'scripts', 'start.mjs')];
  // No kubeconfig of the machine's, and no network: a test must not find a cluster or wait for GitHub.
  const env = {
    ...process.env,
    KUBECONFIG: join(folder, 'no-kubeconfig'),
    HTTPS_PROXY: 'http://127.0.0.1:9',
    https_proxy: 'http://127.0.0.1:9',
    no_proxy: '',
    NO_PROXY: '',
    ...environment,
  };
  const run = (cwd: string, parameters: readonly string[]) => {
    const result = spawnSync(process.execPath, [...program, ...parameters], { cwd, encoding: 'utf8', env, input: '' });
    return { code: result.status, stdout: result.stdout, stderr: withoutProgress(result.stderr) };
  };
  return {
    root,
    git,
    write,
    breakwater: (...parameters) => run(root, parameters),
    breakwaterIn: (place, ...parameters) => run(join(root, place), parameters),
    start: (...parameters) =>
      spawn(process.execPath, [...program, ...parameters], {
        cwd: root,
        env,
        stdio: ['ignore', 'pipe', 'pipe'],
        detached: true,
      }),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}
