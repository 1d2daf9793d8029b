/** A mistake in an input, with its position. */
export interface Problem {
  /** Path of the file, relative to the repository, with forward slashes. */
  file: string;
  /** 1-based; absent for the whole file. */
  line?: number;
  /** 1-based. */
  column?: number;
  /** Key path in the file, as `auth.users[0].email`; empty for the document itself. */
  path: string;
  /** The wrong option on the command line, as `--owner ann`, when the file is not written yet. */
  typed?: string;
  /** What is wrong. */
  message: string;
  /** What to do. */
  hint?: string;
}

/** The user's mistake on the command line or in a file: exit code 2, never a stack trace. */
export class UsageError extends Error {
  override name = 'UsageError';
  readonly problems: readonly Problem[];
  /** One thing to do about it. */
  readonly hint: string | undefined;

  constructor(message: string, options: { hint?: string; problems?: readonly Problem[] } = {}) {
    super(message);
    this.hint = options.hint;
    this.problems = options.problems ?? [];
  }
}

/** An outside condition (remote refuses, cluster unreachable, drift found): exit code 1, never a stack trace. */
export class RunError extends Error {
  override name = 'RunError';
  /** One thing to do about it. */
  readonly hint: string | undefined;
  /** Details of the failure, one line each. */
  readonly details: readonly string[];

  constructor(message: string, options: { hint?: string; details?: readonly string[]; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.hint = options.hint;
    this.details = options.details ?? [];
  }
}

/**
 * Formats a problem as `file:line:column: path: message`, or `--option value: message`, followed by the hint.
 *
 * @returns one line, or two when there is a hint
 */
export function formatProblem(problem: Problem): string {
  const hint = problem.hint === undefined ? '' : `\n    ${problem.hint}`;
  if (problem.typed !== undefined) return `${problem.typed}: ${problem.message}${hint}`;
  const place = [problem.file, problem.line, problem.column].filter((part) => part !== undefined).join(':');
  const subject = problem.path === '' ? '' : `${problem.path}: `;
  return `${place}: ${subject}${problem.message}${hint}`;
}
