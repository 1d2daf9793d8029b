import { Readable } from 'node:stream';
import { GitError, type SimpleGit, type SimpleGitOptions, simpleGit } from 'simple-git';
import { endChildren } from '../processes/run.ts';
import { RunError } from '../report/errors.ts';
import { type GitSettings, gitEnvironment } from './environment.ts';

/** How one git is started. */
export interface RunOptions {
  /** Written to its standard input. */
  input?: string;
  settings?: GitSettings;
  extra?: Readonly<Record<string, string>>;
  /** Milliseconds without any output after which it is ended; absent: as long as it takes. */
  silence?: number;
  /** Is called every few seconds while nothing comes, with the seconds so far. */
  whileSilent?: (seconds: number) => void;
}

/** Runs git in one folder: what it prints to stdout, or a GitFailure. */
export type Git = (args: readonly string[], options?: RunOptions) => Promise<string>;

/** git ended with an exit code other than 0. */
export class GitFailure extends GitError {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
  /** True when it was ended because nothing came for too long. */
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
 * simple-git refuses what could be dangerous in an argument or variable that comes from strangers. Ours come from
 * environment.ts alone, and the user's own variables have to go through.
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

/** A hook may leave a process behind that holds the pipes; everything else is done, and read to its end, when they close. */
const hooksRunIn = new Set(['commit', 'push', 'checkout']);

/**
 * Makes the function through which everything of ours calls git.
 *
 * @param folder where git runs
 */
export function createGit(folder: string): Git {
  return async (args, options = {}) => {
    const streams: unknown[] = [];
    const watch = options.silence === undefined ? undefined : watchFor(options.silence, options.whileSilent);
    const git = prepare(folder, options, hooksRunIn.has(args[0] ?? '')).outputHandler((_, ...outputs) => {
      streams.push(...outputs);
      for (const stream of outputs) if (stream instanceof Readable) stream.on('data', () => watch?.again());
    });
    const result = named(git.raw([...args]));
    try {
      if (watch === undefined) return await result;
      const first = await Promise.race([result.then((text) => ({ text })), watch.silent]);
      if (first !== undefined) return first.text;
      result.catch(() => undefined);
      await endChildren(args);
      throw new GitFailure({ exitCode: 1, stdout: '', stderr: '', timedOut: true });
    } finally {
      watch?.end();
      // A process that git left behind may hold the pipes; ours must not wait for it to end.
      for (const stream of streams) if (stream instanceof Readable) stream.destroy();
    }
  };
}

/** Milliseconds of silence after which somebody is told, again and again. */
const patience = 5_000;

/** Waits until nothing has come for so many milliseconds. */
function watchFor(milliseconds: number, whileSilent: RunOptions['whileSilent']) {
  let report: () => void = () => undefined;
  const silent = new Promise<undefined>((resolve) => {
    report = () => resolve(undefined);
  });
  let since = Date.now();
  let timer = setTimeout(report, milliseconds);
  const told = setInterval(() => {
    const waited = Date.now() - since;
    if (waited >= patience) whileSilent?.(Math.round(waited / 1000));
  }, patience);
  return {
    silent,
    again() {
      since = Date.now();
      clearTimeout(timer);
      timer = setTimeout(report, milliseconds);
    },
    end() {
      clearTimeout(timer);
      clearInterval(told);
    },
  };
}

/**
 * Reads many objects at once, as bytes.
 *
 * @param names what `git rev-parse` understands, one for each object
 * @returns what `git cat-file --batch` prints
 * @see https://git-scm.com/docs/git-cat-file#_batch_output
 */
export function readObjects(folder: string, names: readonly string[]): Promise<Buffer> {
  return named(prepare(folder, { input: names.map((name) => `${name}\n`).join('') }).binaryCatFile(['--batch']));
}

function prepare(folder: string, { input, settings, extra }: RunOptions, mayLeaveProcesses = false): SimpleGit {
  if (input === '') throw new Error('simple-git would never end an empty standard input');
  const environment = gitEnvironment(process.env, settings, extra);
  return simpleGit({
    baseDir: folder,
    allowEnvironment: Object.keys(environment),
    unsafe,
    completion: { onClose: true, onExit: mayLeaveProcesses ? 500 : false },
    ...(input === undefined ? {} : { input: () => input }),
    errors: failureOf,
  }).env(environment);
}

async function named<T>(result: Promise<T>): Promise<T> {
  try {
    return await result;
  } catch (error) {
    if (error instanceof Error && /spawn git ENOENT/.test(error.message))
      throw new RunError('git was not found', { hint: 'Install git 2.39 or newer, and see that it is on the PATH.' });
    throw error;
  }
}

/** simple-git takes an exit code other than 0 with an empty stderr for success; here the exit code alone counts. */
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

/** @returns what git prints, or undefined when it ends with one of the exit codes that mean "no" */
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

/** @returns items of a list that git printed with `-z` */
export function zeroSeparated(text: string): string[] {
  return text.split('\0').filter((item) => item !== '');
}
