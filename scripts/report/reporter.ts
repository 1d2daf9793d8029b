import { listen, longestActivity } from './activity.ts';
import { painter } from './colour.ts';
import { formatProblem, RunError, UsageError } from './errors.ts';
import { foldFiles } from './fold-files.ts';
import { masker } from './mask.ts';

/** What became of a step of a run. */
export type StepOutcome = 'up-to-date' | 'skipped' | 'done' | 'would-do';

/** Output of a run. Status is for people; the result is the command's answer. */
export interface Reporter {
  json: boolean;
  /** One line of progress. With --json it goes to stderr, so that stdout is valid JSON. */
  status(line: string): void;
  /** A line of progress that begins with a symbol on a terminal, and with a word elsewhere. */
  marked(mark: Mark, line: string): void;
  /** Lines about files, folded by folder unless --verbose is given. */
  files(lines: readonly string[]): void;
  /**
   * Begins a step. On a terminal, its name stands in the last line until it ends, and its end says how long it took.
   *
   * @returns ends the step, and reports what became of it
   */
  begin(step: string): (outcome: StepOutcome, message: string) => void;
  /** A warning, after which the run continues. Always on stderr, and each one once. */
  warn(line: string): void;
  /** The command's result: the text for people, or the value as JSON. */
  result(value: unknown, text: string): void;
  /** Reports why the run failed. @returns the exit code */
  fail(thrown: unknown): number;
  /** Registers secrets, which are masked from then on. */
  hide(secrets: readonly string[]): void;
}

/** How a line begins: a symbol on a terminal, in a colour; a word elsewhere. */
type Mark = readonly [symbol: string, word: string, colour: 'dim' | 'green' | 'yellow' | 'red'];

/** How a step's end begins. */
const marks = {
  'up-to-date': ['✔', 'unchanged', 'dim'],
  skipped: ['○', 'skipped', 'dim'],
  done: ['✔', 'done', 'green'],
  'would-do': ['~', 'planned', 'yellow'],
} as const satisfies Record<StepOutcome, Mark>;

/** Milliseconds between two looks at whether there is something to show. */
const tick = 250;
/** Milliseconds without a line after which a run says what it waits for, where output goes to a file or pipe. */
const firstSilence = 2000;
const nextSilence = 10_000;

export interface ReporterOptions {
  /** Stdout contains exactly one JSON value. */
  json: boolean;
  /** No progress. */
  quiet?: boolean;
  /** Each program that is run and each request, with its duration; every file. */
  verbose?: boolean;
}

/** @returns the options that are given in a command line */
export function reporterOptions(argv: readonly string[]): ReporterOptions {
  const [json, quiet, verbose] = ['--json', '--quiet', '--verbose'].map((option) => argv.includes(option));
  return { json: json === true, quiet: quiet === true, verbose: verbose === true };
}

/** @param streams where output goes */
export function createReporter(
  { json, quiet = false, verbose = false }: ReporterOptions,
  streams: { stdout: OutputStream; stderr: OutputStream } = process,
): Reporter {
  const secrets: string[] = [];
  const warned = new Set<string>();
  let mask = masker(secrets);
  const progress = json ? streams.stderr : streams.stdout;
  const paint = painter(progress);
  const paintError = painter(streams.stderr);
  const last = lastLine(streams.stderr, (text) => mask(text), quiet);
  const print = (stream: OutputStream, text: string) => {
    last.clear();
    stream.write(`${printable(mask(text))}\n`);
  };
  const out = (text: string) => print(streams.stdout, text);
  const err = (text: string) => print(streams.stderr, text);
  const status = quiet ? () => undefined : (line: string) => print(progress, line);
  const marked = ([symbol, word, colour]: Mark, line: string) => {
    // Further lines begin below the first one's text.
    const text = progress.isTTY === true ? line.replaceAll(/\n +/g, '\n  ') : line;
    status(`${paint(colour, progress.isTTY === true ? symbol : word)} ${text}`);
  };
  listen((line, milliseconds) => {
    if (verbose) err(paintError('dim', `    ${line} (${(milliseconds / 1000).toFixed(1)} s)`));
    else if (longestActivity() === undefined) last.refresh();
  });
  return {
    json,
    status,
    marked,
    files: (lines) => {
      for (const line of verbose ? lines : foldFiles(lines)) status(`    ${line}`);
    },
    begin: (step) => {
      const start = Date.now();
      last.step = step;
      last.refresh();
      return (outcome, message) => {
        last.step = undefined;
        const seconds = Math.round((Date.now() - start) / 1000);
        const duration = progress.isTTY === true && seconds > 0 ? paint('dim', ` (${seconds} s)`) : '';
        marked(marks[outcome], `${step}: ${message}${duration}`);
      };
    },
    warn: (line) => {
      if (warned.has(line)) return;
      warned.add(line);
      err(`${paintError('yellow', 'warning:')} ${line}`);
    },
    result: (value, text) => {
      if (json) out(JSON.stringify(value, null, 2));
      else if (text !== '') out(quiet ? text.replace(/^\n/, '') : text);
    },
    fail: (thrown) => {
      last.step = undefined;
      const { code, text, value } = describeFailure(thrown);
      err(text.replace(/^error:/, paintError('red', 'error:')));
      if (json) out(JSON.stringify(value, null, 2));
      return code;
    },
    hide: (more) => {
      secrets.push(...more);
      mask = masker(secrets);
    },
  };
}

/** Text of a cluster or a Git host may hold control characters, which would move the cursor or ring: only colours, lines and tabs stay. */
function printable(text: string): string {
  const isColour = (at: number) => text[at] === '\u001b' && /^\[\d{1,2}m/.test(text.slice(at + 1, at + 5));
  return text.replace(/\p{Cc}/gu, (found, at: number) => (/[\n\t]/.test(found) || isColour(at) ? found : ''));
}

/** What shows that a run is alive: on a terminal a last line that is drawn over, elsewhere a line after some silence. */
function lastLine(stream: OutputStream, mask: (text: string) => string, quiet: boolean) {
  const terminal = stream.isTTY === true && process.env.TERM !== 'dumb';
  const paint = painter(stream);
  let drawn = '';
  let shown = Date.now();
  let stepStart = 0;
  let step: string | undefined;
  /** What the last line after a silence was about. */
  let announced: object | undefined;
  const erase = () => {
    if (drawn !== '') stream.write('\r\x1b[K');
    drawn = '';
  };
  const refresh = () => {
    if (quiet) return;
    const now = Date.now();
    const activity = longestActivity();
    const slow = activity !== undefined && now - activity.start >= 1000 ? activity : undefined;
    const what = [step, slow?.what].filter((part) => part !== undefined).join(': ');
    if (what === '' || activity?.asks === true) return erase();
    const seconds = Math.floor((now - (slow?.start ?? stepStart)) / 1000);
    if (!terminal) {
      const isNew = announced === undefined || (slow !== undefined && slow !== announced);
      if (now - shown < (isNew ? firstSilence : nextSilence) - tick) return;
      stream.write(`    … ${printable(mask(what))}${seconds > 0 ? ` (${seconds} s)` : ''}\n`);
      shown = now;
      announced = slow ?? {};
    } else {
      const time = seconds > 0 ? ` ${seconds} s` : '';
      const room = (stream.columns ?? 80) - time.length - 5;
      const text = printable(mask(what));
      const line = `► ${text.length > room ? `${text.slice(0, room - 1)}…` : text} …${time}`;
      if (line === drawn) return;
      erase();
      stream.write(paint('dim', line));
      drawn = line;
    }
  };
  setInterval(refresh, tick).unref();
  return {
    /** The step that runs. */
    set step(name: string | undefined) {
      step = name;
      stepStart = Date.now();
    },
    refresh,
    /** Makes room for another line. */
    clear() {
      erase();
      shown = Date.now();
      announced = undefined;
    },
  };
}

interface OutputStream {
  isTTY?: boolean;
  columns?: number;
  write(text: string): unknown;
}

/** JSON output of a failed command. */
interface Failure {
  error: {
    kind: 'usage' | 'run' | 'bug';
    message: string;
    hint?: string;
    details?: readonly string[];
    problems?: readonly object[];
  };
}

/**
 * Turns an error into an exit code and output: the user's mistake (2), an outside condition (1), or our bug (70, with the stack).
 *
 * @returns exit code, the text for people, and the value for --json
 */
function describeFailure(thrown: unknown): { code: 1 | 2 | 70; text: string; value: Failure } {
  if (thrown instanceof UsageError) {
    const { message, hint, problems } = thrown;
    const lines = [
      `error: ${message}`,
      ...problems.map((problem) => `  ${formatProblem(problem)}`),
      ...(hint === undefined ? [] : [`  ${hint}`]),
    ];
    return {
      code: 2,
      text: lines.join('\n'),
      value: {
        error: {
          kind: 'usage',
          message,
          ...(hint === undefined ? {} : { hint }),
          ...(problems.length === 0 ? {} : { problems }),
        },
      },
    };
  }
  if (thrown instanceof RunError) {
    const { message, hint, details } = thrown;
    const lines = [
      `error: ${message}`,
      ...details.map((detail) => `  ${detail}`),
      ...(hint === undefined ? [] : [`  ${hint}`]),
    ];
    return {
      code: 1,
      text: lines.join('\n'),
      value: {
        error: {
          kind: 'run',
          message,
          ...(hint === undefined ? {} : { hint }),
          ...(details.length === 0 ? {} : { details }),
        },
      },
    };
  }
  const refused = systemRefusal(thrown);
  if (refused !== undefined) return describeFailure(refused);
  const error = thrown instanceof Error ? thrown : new Error(String(thrown));
  const text = `This is a bug in Breakwater. Please report it with the following details.\n${error.stack ?? error.message}`;
  return { code: 70, text, value: { error: { kind: 'bug', message: error.message } } };
}

const refusals: Readonly<Record<string, string>> = {
  EACCES: 'Give your user write permission there, and run it again.',
  EPERM: 'Give your user write permission there, and run it again.',
  EROFS: 'The file system is read-only: use a writable copy of the repository.',
  ENOSPC: 'The disk is full: free some space, and run it again.',
  EDQUOT: 'Your disk quota is exhausted: free some space, and run it again.',
};

/** A file operation refused by the operating system is never our bug. */
function systemRefusal(thrown: unknown): RunError | undefined {
  if (!(thrown instanceof Error && 'code' in thrown && 'path' in thrown)) return undefined;
  const hint = refusals[String(thrown.code)];
  return hint === undefined ? undefined : new RunError(thrown.message, { hint, cause: thrown });
}
