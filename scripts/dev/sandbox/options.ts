import { resolve } from 'node:path';
import { Command } from 'commander';
import { type Declaration, list, readOptions, text } from '../../command-line/options.ts';
import { runCommandLine } from '../../command-line/run.ts';
import { UsageError } from '../../report/errors.ts';
import type { Reporter } from '../../report/reporter.ts';

const folder = text('--folder <dir>', 'where its state is kept (default: /var/lib/breakwater/sandbox)');
const options = {
  folder,
  git: list('--git <name=path>', 'bare repositories to serve (comma-separated)'),
  host: list('--host <name=address>', "names to add to the cluster's name server (comma-separated)"),
};

const program = 'npm run sandbox --';
const words = {
  build: {
    usage: 'build',
    description: 'build all programs and images, and start nothing',
    options: {},
    examples: [`${program} build`],
  },
  up: {
    usage: 'up',
    description: 'start a cluster; builds what the cache lacks first',
    options,
    examples: [`${program} up`, `${program} up --git platform=/srv/git/platform.git --host git.example.com=10.0.0.7`],
  },
  status: { usage: 'status', description: 'show what runs', options: { folder }, examples: [`${program} status`] },
  down: {
    usage: 'down',
    description: 'end it, and remove what it left, even after a run that was killed',
    options: { folder },
    examples: [`${program} down`],
  },
} satisfies Record<string, Declaration>;

/** A command line of the sandbox; what its word does not take is empty. */
export interface SandboxOptions {
  word: keyof typeof words;
  /** Absolute. */
  folder: string;
  /** Name → bare repository. */
  git: Readonly<Record<string, string>>;
  /** Name → address. */
  host: Readonly<Record<string, string>>;
}

/**
 * Reads the command line of the sandbox.
 *
 * @param run runs the command
 * @param program creates the parser; a test passes one that captures its output
 * @returns exit code: 2 for wrong usage, otherwise that of `run`
 */
export function sandboxCommandLine(
  argv: readonly string[],
  reporter: Reporter,
  run: (options: SandboxOptions) => Promise<number>,
  program = new Command(),
): Promise<number> {
  program.name('sandbox').description('A real one-node Kubernetes on this machine: scripts/dev/sandbox/README.md.');
  const entries = Object.entries(words).map(([word, entry]) => ({ ...entry, word: word as SandboxOptions['word'] }));
  return runCommandLine(program, entries, argv, reporter, ({ word }, _, raw) => {
    const values = readOptions(options, raw);
    return run({
      word,
      folder: resolve(values.folder ?? '/var/lib/breakwater/sandbox'),
      git: pairs('--git', values.git),
      host: pairs('--host', values.host),
    });
  });
}

/** @throws UsageError for a value that is not NAME=VALUE */
function pairs(option: string, values: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    values.map((value) => {
      const at = value.indexOf('=');
      if (at < 1)
        throw new UsageError(`${option} ${value}: the "=" is missing`, { hint: `Write ${option} NAME=VALUE.` });
      return [value.slice(0, at), value.slice(at + 1)];
    }),
  );
}
