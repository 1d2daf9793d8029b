import { painter } from './colour.ts';
import { formatProblem, RunError, UsageError } from './errors.ts';
import { masker } from './mask.ts';

/** What became of a step of a run. */
export type StepOutcome = 'up-to-date' | 'skipped' | 'done' | 'would-do';

/** Output of a run. Status is for people; the result is the command's answer. */
export interface Reporter {
  json: boolean;
  /** One line of progress. With --json it goes to stderr, so that stdout is valid JSON. */
  status(line: string): void;
  /**
   * Begins a step. On a terminal, its name appears when it takes longer than a second, and its end says how long it took.
   *
   * @returns ends the step, and reports what became of it
   */
  begin(step: string): (outcome: StepOutcome, message: string) => void;
  /** A warning, after which the run continues. Always on stderr. */
  warn(line: string): void;
  /** The command's result: the text for people, or the value as JSON. */
  result(value: unknown, text: string): void;
  /** Reports why the run failed. @returns the exit code */
  fail(thrown: unknown): number;
  /** Registers secrets, which are masked from then on. */
  hide(secrets: readonly string[]): void;
}

const marks = {
  'up-to-date': ['=', 'dim'],
  skipped: ['-', 'dim'],
  done: ['+', 'green'],
  'would-do': ['~', 'yellow'],
} as const;

/**
 * @param options json: stdout contains exactly one JSON value; quiet: no progress
 * @param streams where output goes
 */
export function createReporter(
  { json, quiet = false }: { json: boolean; quiet?: boolean },
  streams: { stdout: OutputStream; stderr: OutputStream } = process,
): Reporter {
  const secrets: string[] = [];
  let mask = masker(secrets);
  const out = (text: string) => streams.stdout.write(`${mask(text)}\n`);
  const err = (text: string) => streams.stderr.write(`${mask(text)}\n`);
  const status = quiet ? () => undefined : json ? err : out;
  const progress = json ? streams.stderr : streams.stdout;
  const paint = painter(progress);
  const paintError = painter(streams.stderr);
  let pending: NodeJS.Timeout | undefined;
  return {
    json,
    status,
    begin: (step) => {
      const start = Date.now();
      if (progress.isTTY === true) pending = setTimeout(() => status(paint('dim', `► ${step} …`)), 1000).unref();
      return (outcome, message) => {
        clearTimeout(pending);
        const seconds = Math.round((Date.now() - start) / 1000);
        const duration = progress.isTTY === true && seconds > 0 ? paint('dim', ` (${seconds} s)`) : '';
        const [mark, colour] = marks[outcome];
        status(`${paint(colour, mark)} ${step}: ${message}${duration}`);
      };
    },
    warn: (line) => err(`${paintError('yellow', 'warning:')} ${line}`),
    result: (value, text) => {
      if (json) out(JSON.stringify(value, null, 2));
      else if (text !== '') out(text);
    },
    fail: (thrown) => {
      clearTimeout(pending);
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

interface OutputStream {
  isTTY?: boolean;
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
