import { UsageError } from '../report/errors.ts';

/** One option of a command: what commander takes, and what the command reads. */
interface OptionEntry<Value> {
  /** As commander takes them. */
  flags: string;
  description: string;
  /** @param raw what commander found; undefined: the option was not given */
  read(raw: unknown): Value;
}

/** The options of a command, by the name that commander gives each: `--dry-run` is `dryRun`, `--no-push` is `push`. */
export type OptionEntries = Readonly<Record<string, OptionEntry<unknown>>>;

/** What the help says of a command, and the options that it reads. */
export interface Declaration<Entries extends OptionEntries = OptionEntries> {
  /** Name and arguments, in commander's syntax. */
  usage: string;
  description: string;
  options: Entries;
  /** What its first argument is one of. */
  words?: readonly string[];
  examples: readonly string[];
  /** True: everything after its name is for another program, `--help` included. */
  handsOver?: true;
}

/** The values that a command reads. */
export type OptionValues<Entries extends OptionEntries> = {
  readonly [Name in keyof Entries]: ReturnType<Entries[Name]['read']>;
};

/** An option without a value; with `--no-` in front, it is true unless it is given. */
export function flag(flags: string, description: string): OptionEntry<boolean> {
  return { flags, description, read: flags.startsWith('--no-') ? (raw) => raw !== false : (raw) => raw === true };
}

/** An option with a value. */
export function text(flags: string, description: string): OptionEntry<string | undefined> {
  return { flags, description, read: textOf };
}

/** An option with values between commas; empty where it is not given. */
export function list(flags: string, description: string): OptionEntry<readonly string[]> {
  return {
    flags,
    description,
    read: (raw) =>
      (textOf(raw) ?? '')
        .split(',')
        .map((entry) => entry.trim())
        .filter((entry) => entry !== ''),
  };
}

/** --timeout, in minutes; 60 where it is not given. Its reading throws UsageError for anything but a number above 0. */
export function minutes(flags: string, description: string): OptionEntry<number> {
  return {
    flags,
    description,
    read: (raw) => {
      const value = raw === undefined ? 60 : Number(raw);
      if (!Number.isFinite(value) || value <= 0)
        throw new UsageError(`--timeout takes minutes, and ${JSON.stringify(raw)} is not a number above 0`);
      return value;
    },
  };
}

/** Options of every command. */
export const commonOptions: readonly { flags: string; description: string; conflicts?: string }[] = [
  { flags: '--json', description: 'print one JSON value on stdout, and progress on stderr' },
  { flags: '--quiet', description: 'print no progress: only warnings, errors and the result' },
  {
    flags: '--verbose',
    description: 'print each program that is run and each request, with durations, and every file',
    conflicts: 'quiet',
  },
];

function textOf(raw: unknown): string | undefined {
  return typeof raw === 'string' ? raw : undefined;
}

/** @throws UsageError when a value is not what its option takes */
export function readOptions<Entries extends OptionEntries>(
  entries: Entries,
  raw: Readonly<Record<string, unknown>>,
): OptionValues<Entries> {
  const values = Object.entries(entries).map(([name, { read }]) => [name, read(raw[name])] as const);
  return Object.fromEntries(values) as OptionValues<Entries>;
}
