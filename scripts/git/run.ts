import { Readable } from 'node:stream';
import { GitError, type SimpleGit, type SimpleGitOptions, simpleGit } from 'simple-git';
import { endChildren } from '../processes/run.ts';
import { begin, during } from '../report/activity.ts';
import { RunError } from '../report/errors.ts';
import { type GitSettings, gitEnvironment } from './environment.ts';

/** Options for one call of git. */
export interface GitOptions {
  /** Written to its standard input. */
  input?: string;
  settings?: GitSettings;
  extra?: Readonly<Record<string, string>>;
  /** Milliseconds without output after which git is killed. Default: no limit. */
  silence?: number;
  /** True: it may run hooks of the user's. */
  hooks?: boolean;
}

/** Git in one folder. Both forms throw a GitFailure when git fails. */
export interface Git {
  /** Runs a verb of simple-git's. */
  <T>(verb: (git: SimpleGit) => PromiseLike<T>, options?: GitOptions): Promise<T>;
  /** Runs a command that simple-git has no verb for, or whose verb does something else. @returns what it prints to stdout */
  raw(args: readonly string[], options?: GitOptions): Promise<string>;
}

/** git failed: its exit code is not 0. */
export class GitFailure extends GitError {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
  /** True when it was killed after too long a silence. */
  readonly timedOut: boolean;

  constructor(result: { exitCode: number; stdout: string; stderr: string; timedOut: boolean }) {
    super(undefined, result.stderr.trim() || result.stdout.trim() || `git ended with exit code ${result.exitCode}`);
    this.exitCode = result.exitCode;
    this.stdout = result.stdout;
    this.stderr = result.stderr;
    this.timedOut = result.timedOut;
  }
}

/**
 * simple-git refuses arguments and variables that would be dangerous if they came from strangers. Ours come only from
 * environment.ts, and the user's own variables must pass.
 */
const unsafe: NonNullable<SimpleGitOptions['unsafe']> = {
  allowUnsafeAskPass: true,
  allowUnsafeConfigEnvCount: true,
  allowUnsafeConfigPaths: true,
  allowUnsafeCredentialHelper: true,
  allowUnsafeExec: true,
  allowUnsafeGitProxy: true,
  allowUnsafeSshCommand: true,
  allowUnsafeTemplateDir: true,
  // Otherwise hooks inherit GIT_TEST_DISALLOW_ABBREVIATED_OPTIONS and break on `git commit --am`.
  allowAbbreviatedOptions: true,
};

/**
 * Makes the function through which all code calls git.
 *
 * @param folder where git runs
 * @param defaults options of every call
 */
export function createGit(folder: string, defaults: GitOptions = {}): Git {
  const git = async <T>(verb: (git: SimpleGit) => PromiseLike<T>, options: GitOptions = {}): Promise<T> => {
    const streams: Readable[] = [];
    let args: readonly string[] = [];
    const settings = [...(defaults.settings ?? []), ...(options.settings ?? [])];
    const { silence, ...start } = { ...defaults, ...options, settings };
    const watch = silence === undefined ? undefined : watchFor(silence);
    const limit = silence === undefined ? '' : ` (given up after ${silence / 1000} s without an answer)`;
    let done: ReturnType<typeof begin> = () => undefined;
    const simple = prepare(folder, start).outputHandler((_command, stdout, stderr, given) => {
      args = given;
      done();
      const [verb = '', ...words] = given.filter((word) => !word.startsWith('-'));
      const remote = words.filter((word) => /^[a-z+]+:\/\/|^[^/]+@[^/]+:/.test(word));
      done = begin(`git ${[verb, ...remote.slice(0, 1)].join(' ')}${limit}`, { whole: `git ${given.join(' ')}` });
      for (const stream of [stdout, stderr]) {
        if (!(stream instanceof Readable)) continue;
        streams.push(stream);
        stream.on('data', () => watch?.again());
      }
    });
    const result = named(verb(simple));
    try {
      if (watch === undefined) return await result;
      const first = await Promise.race([result.then((value) => ({ value })), watch.silent]);
      if (first !== undefined) return first.value;
      result.catch(() => undefined);
      await endChildren(args);
      throw new GitFailure({ exitCode: 1, stdout: '', stderr: '', timedOut: true });
    } finally {
      watch?.end();
      done();
      // A process that git left behind may hold the pipes; do not wait for it.
      for (const stream of streams) stream.destroy();
    }
  };
  return Object.assign(git, {
    raw: (args: readonly string[], options?: GitOptions) => git((it) => it.raw([...args]), options),
  });
}

/** Watches for a silence of so many milliseconds. */
function watchFor(milliseconds: number) {
  let report: () => void = () => undefined;
  const silent = new Promise<undefined>((resolve) => {
    report = () => resolve(undefined);
  });
  let timer = setTimeout(report, milliseconds);
  return {
    silent,
    again() {
      clearTimeout(timer);
      timer = setTimeout(report, milliseconds);
    },
    end() {
      clearTimeout(timer);
    },
  };
}

/**
 * Reads many objects at once, as bytes.
 *
 * @param names object names in any form that `git rev-parse` understands
 * @returns output of `git cat-file --batch`
 * @see https://git-scm.com/docs/git-cat-file#_batch_output
 */
export function readObjects(folder: string, names: readonly string[]): Promise<Buffer> {
  const input = names.map((name) => `${name}\n`).join('');
  return during('git cat-file --batch', () => named(prepare(folder, { input }).binaryCatFile(['--batch'])));
}

function prepare(folder: string, { input, settings, extra, hooks }: GitOptions): SimpleGit {
  if (input === '') throw new Error('simple-git never closes an empty standard input');
  const environment = gitEnvironment(process.env, settings, extra);
  return simpleGit({
    baseDir: folder,
    allowEnvironment: Object.keys(environment),
    unsafe,
    // A hook may leave a process behind that holds the pipes; everything else has been read to its end when they close.
    completion: { onClose: true, onExit: hooks === true ? 500 : false },
    ...(input === undefined ? {} : { input: () => input }),
    errors: failureOf,
  }).env(environment);
}

async function named<T>(result: PromiseLike<T>): Promise<T> {
  try {
    return await result;
  } catch (error) {
    if (error instanceof Error && /spawn git ENOENT/.test(error.message))
      throw new RunError('git was not found', { hint: 'Install git 2.39 or newer, and put it on the PATH.' });
    throw error;
  }
}

/** simple-git counts a failure with an empty stderr as success; here only the exit code counts. */
function failureOf(
  error: Buffer | Error | undefined,
  result: { exitCode: number; stdOut: Buffer[]; stdErr: Buffer[] },
): Buffer | Error | undefined {
  if (result.exitCode === 0 && error === undefined) return undefined;
  return new GitFailure({
    exitCode: result.exitCode,
    stdout: Buffer.concat(result.stdOut).toString(),
    stderr: Buffer.concat(result.stdErr).toString(),
    timedOut: false,
  });
}

/** @returns the output of git, or undefined for the exit codes that mean "no" */
export async function orUndefined(
  result: Promise<string>,
  codes: readonly number[] = [1],
): Promise<string | undefined> {
  try {
    return await result;
  } catch (error) {
    if (error instanceof GitFailure && codes.includes(error.exitCode)) return undefined;
    throw error;
  }
}

/** @returns items of a list printed with `-z` */
export function zeroSeparated(text: string): string[] {
  return text.split('\0').filter((item) => item !== '');
}
