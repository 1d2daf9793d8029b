import { Command, Help } from 'commander';
import { commonOptions, type Declaration, flag, list, readOptions, text } from '../../command-line/options.ts';
import { runCommandLine } from '../../command-line/run.ts';
import { UsageError } from '../../report/errors.ts';
import type { Reporter } from '../../report/reporter.ts';
import { defaultFolder } from './state.ts';

const folder = text('--folder <dir>', 'folder of the rehearsal; each folder is a separate rehearsal');
const context = text('--context <name>', 'use your own cluster; asks you to type its name, unless --yes is given');
const kubeflowSources = text(
  '--kubeflow-sources <dir>',
  "clones of kubeflow/kubeflow and kubeflow/community-distribution: build and run Kubeflow's own programs, no fakes",
);
const report = text('--report <file>', 'where to write the HTML page');
const only = list('--only <names>', 'these checks only (comma-separated)');
const quick = flag('--quick', 'login, attack suite, one change and its revert only');
const cluster = {
  context,
  yes: flag('--yes', 'with --context: do not ask for confirmation'),
  address: text('--address <ip>', 'with --context: this machine as the cluster reaches it, for Git'),
  settings: text('--settings <dir>', "merge DIR/cluster.yaml over the rehearsal's own, and copy DIR/overrides/"),
  kubeflowSources,
  folder,
  report,
};

/** The commands of `npm run rehearse`; the default is `run`, which takes all options. */
export const words = {
  run: {
    usage: 'run',
    description: 'the whole run (the default): a cluster, the bootstrap, every check, the report; then it cleans up',
    options: { quick, only, ...cluster, keep: flag('--keep', 'leave the cluster running') },
    examples: [
      'npm run rehearse',
      'npm run rehearse -- --quick',
      'npm run rehearse -- --kubeflow-sources ~/src',
      'npm run rehearse -- --context kind-test',
    ],
  },
  needs: {
    usage: 'needs',
    description: 'list what this machine lacks, and how to get it',
    options: { context, kubeflowSources },
    examples: ['npm run rehearse -- needs', 'npm run rehearse -- needs --kubeflow-sources ~/src'],
  },
  build: {
    usage: 'build',
    description: "build the sandbox's programs and images, and start nothing",
    options: { kubeflowSources },
    examples: ['npm run rehearse -- build'],
  },
  up: {
    usage: 'up',
    description: 'start a cluster with the platform, and keep it running',
    options: cluster,
    examples: ['npm run rehearse -- up && npm run rehearse -- shell'],
  },
  check: {
    usage: 'check',
    description: 'run the checks on what "up" started',
    options: { quick, only, folder, report },
    examples: ['npm run rehearse -- check', 'npm run rehearse -- check --only login,attacks'],
  },
  status: {
    usage: 'status',
    description: 'show what runs, and the Applications',
    options: { folder },
    examples: ['npm run rehearse -- status'],
  },
  logs: {
    usage: 'logs [name]',
    description: 'show the log of a process of the sandbox; without a name, list them',
    options: { folder },
    examples: ['npm run rehearse -- logs', 'npm run rehearse -- logs kubelet'],
  },
  shell: {
    usage: 'shell',
    description: 'open a shell with kubectl, helm and KUBECONFIG',
    options: { folder },
    examples: ['npm run rehearse -- shell'],
  },
  down: {
    usage: 'down',
    description: 'remove everything, even after a run that was killed',
    options: { folder },
    examples: ['npm run rehearse -- down'],
  },
} satisfies Record<string, Declaration>;

const moreHelp = `
Options of the whole run (of a word: WORD --help):
${lines([...Object.values(words.run.options), ...commonOptions])}

Examples:
${words.run.examples.map((example) => `  ${example}`).join('\n')}
`;

function lines(options: typeof commonOptions): string {
  const help = new Help();
  help.prepareContext({ helpWidth: 80 });
  return options.map(({ flags, description }) => help.formatItem(flags, 25, description, help)).join('\n');
}

/** A command of `npm run rehearse`. */
type Word = keyof typeof words;

/** A command line of `npm run rehearse`; options that the command does not take have their defaults. */
export interface RehearseOptions {
  word: Word;
  /** Argument of the command: the name of a log. */
  name: string | undefined;
  quick: boolean;
  only: readonly string[];
  context: string | undefined;
  yes: boolean;
  folder: string;
  report: string | undefined;
  keep: boolean;
  /** With --context: this machine's address as the cluster reaches it, for Git. */
  address: string | undefined;
  /** A folder like clusters/NAME: its cluster.yaml is merged over the rehearsal's, and its overrides/ are copied. */
  settings: string | undefined;
  /** A folder with clones of Kubeflow's repositories: its own programs are built and run. */
  kubeflowSources: string | undefined;
}

/**
 * Reads the command line of `npm run rehearse`.
 *
 * @param run runs the command
 * @param program creates the parser; a test passes one that captures its output
 * @returns exit code: 2 for wrong usage, otherwise that of `run`
 */
export function rehearseCommandLine(
  argv: readonly string[],
  reporter: Reporter,
  run: (options: RehearseOptions) => Promise<number>,
  program = new Command(),
): Promise<number> {
  program
    .name('rehearse')
    .description(
      'Rehearses the whole platform on a throwaway cluster. Default: a full run that cleans up after itself.',
    )
    .usage('[word] [options]')
    .addHelpText('after', moreHelp);
  const entries = Object.entries(words).map(([word, declaration]) => ({ ...declaration, word: word as Word }));
  return runCommandLine(program, entries, withWord(argv), reporter, ({ word }, [name], raw) =>
    run(optionsOf(word, name, raw)),
  );
}

/** @returns the command line, with the default command in front if it names none */
function withWord(argv: readonly string[]): readonly string[] {
  const [first = 'run'] = argv;
  const at = argv.findIndex((part, index) => Object.hasOwn(words, part) && !takesValue(argv[index - 1]));
  if (at >= 0) return [argv[at] ?? first, ...argv.toSpliced(at, 1)];
  return first.startsWith('-') && first !== '--help' && first !== '-h' ? ['run', ...argv] : [first, ...argv.slice(1)];
}

function takesValue(part: string | undefined): boolean {
  return Object.values(words.run.options).some(({ flags }) => flags.startsWith(`${part} <`));
}

/**
 * @param raw options of the command, as parsed by commander
 * @throws UsageError for options that exclude or need each other
 */
function optionsOf(word: Word, name: string | undefined, raw: Readonly<Record<string, unknown>>): RehearseOptions {
  const values = readOptions(words.run.options, raw);
  if (values.context === undefined && values.address !== undefined)
    throw new UsageError('--address needs --context', { hint: 'The sandbox knows its own addresses.' });
  if (values.quick && values.only.length > 0)
    throw new UsageError('--quick and --only exclude each other', { hint: 'Keep one of them.' });
  if (values.kubeflowSources !== undefined && values.context !== undefined)
    throw new UsageError('--kubeflow-sources and --context exclude each other', {
      hint: "A cluster of your own pulls Kubeflow's images from their registry.",
    });
  return { ...values, word, name, folder: values.folder ?? defaultFolder() };
}
