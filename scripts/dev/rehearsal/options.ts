import { parseArgs } from 'node:util';
import { UsageError } from '../../report/errors.ts';
import { defaultFolder } from './state.ts';

/** What `npm run rehearse` can be asked for; without a word, the whole run. */
const words = ['run', 'needs', 'build', 'up', 'down', 'check', 'status', 'logs', 'shell'] as const;

/** A command line of `npm run rehearse`. */
export interface RehearseOptions {
  word: (typeof words)[number];
  /** Behind the word: the name of a log. */
  name: string | undefined;
  quick: boolean;
  only: readonly string[];
  context: string | undefined;
  yes: boolean;
  folder: string;
  json: boolean;
  report: string | undefined;
  keep: boolean;
  /** With --context: this machine's address as the cluster reaches it, for Git. */
  address: string | undefined;
  /** A folder shaped as clusters/NAME: what its cluster.yaml says is laid over the rehearsal's own, overrides/ are copied. */
  settings: string | undefined;
  /** A folder with clones of Kubeflow's repositories: its own programs are built and run. */
  kubeflowSources: string | undefined;
  help: boolean;
}

export const usage = `usage: npm run rehearse -- [WORD] [OPTIONS]

Without a word: a cluster from nothing, the bootstrap, every check, the report, and all of it away again.
  needs         what this machine lacks, and how to get it
  build         builds the sandbox's programs and images, and starts nothing
  up            a cluster and the platform on it, to look around in
  check         the checks, on what "up" has left running
  status        what runs, and the Applications
  logs [NAME]   what a process of the sandbox wrote; without a name, which there are
  shell         a shell with kubectl and KUBECONFIG
  down          takes everything away, also after a run that was killed

  --quick         login, attack suite, one change and its revert only
  --only NAMES    these checks only (comma-separated)
  --context NAME  on a cluster of your own; asks for the name once more, or give --yes
  --yes           the answer to that
  --address IP    with --context: this machine, as the cluster reaches it (for Git)
  --settings DIR  lays DIR/cluster.yaml over the rehearsal's own, and copies DIR/overrides/
  --kubeflow-sources DIR
                  clones of kubeflow/kubeflow and kubeflow/community-distribution: Kubeflow's own programs run, not stand-ins
  --folder DIR    where all of it is kept; each folder is a rehearsal of its own
  --report FILE   where the HTML page goes
  --json          the record as JSON on stdout, progress on stderr
  --keep          leaves the cluster running

Examples:
  npm run rehearse -- --quick
  npm run rehearse -- up && npm run rehearse -- shell
  npm run rehearse -- check --only login,attacks
  npm run rehearse -- --kubeflow-sources ~/src
  npm run rehearse -- --context kind-test
`;

/**
 * @param argv words behind the program's name
 * @throws UsageError for what is not known or does not go together
 */
export function parseOptions(argv: readonly string[]): RehearseOptions {
  const { values, positionals } = parse(argv);
  const [asked = 'run', name, ...more] = positionals;
  const word = words.find((one) => one === asked);
  if (word === undefined || (asked === 'run' && positionals.length > 0))
    throw new UsageError(`"${asked}" is none of ${words.slice(1).join(', ')}`, { hint: 'See --help.' });
  if (more.length > 0 || (name !== undefined && word !== 'logs'))
    throw new UsageError(`"${more[0] ?? name}": ${word} takes no such word`, { hint: 'See --help.' });
  const { context, address, quick = false, only } = values;
  if (context === undefined && address !== undefined)
    throw new UsageError('--address goes with --context only', { hint: 'The sandbox knows its own addresses.' });
  if (quick && only !== undefined)
    throw new UsageError('--quick and --only exclude each other', { hint: 'Keep one of them.' });
  const kubeflowSources = values['kubeflow-sources'];
  if (kubeflowSources !== undefined && context !== undefined)
    throw new UsageError('--kubeflow-sources and --context exclude each other', {
      hint: "A cluster of your own pulls Kubeflow's images from their registry.",
    });
  if (kubeflowSources !== undefined && !['run', 'needs', 'build', 'up'].includes(word))
    throw new UsageError(`--kubeflow-sources: ${word} builds nothing`, {
      hint: 'It goes with run, needs, build and up.',
    });
  return {
    word,
    name,
    quick,
    only: (only ?? '').split(',').filter((one) => one !== ''),
    context,
    yes: values.yes ?? false,
    folder: values.folder ?? defaultFolder(),
    json: values.json ?? false,
    report: values.report,
    keep: values.keep ?? false,
    address,
    settings: values.settings,
    kubeflowSources,
    help: values.help ?? false,
  };
}

const known = {
  quick: { type: 'boolean' },
  only: { type: 'string' },
  context: { type: 'string' },
  yes: { type: 'boolean' },
  address: { type: 'string' },
  settings: { type: 'string' },
  'kubeflow-sources': { type: 'string' },
  folder: { type: 'string' },
  report: { type: 'string' },
  json: { type: 'boolean' },
  keep: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
} as const;

/**
 * `npm run rehearse --quick`, without "--" between, gives the option to npm, and the run would be the whole one.
 *
 * https://docs.npmjs.com/cli/v11/using-npm/config#environment-variables
 *
 * @throws UsageError that shows where the option belongs
 */
export function requireOwnOptions(environment: NodeJS.ProcessEnv): void {
  if (environment.npm_lifecycle_event !== 'rehearse') return;
  for (const name of Object.keys(known)) {
    if ((environment[`npm_config_${name.replaceAll('-', '_')}`] ?? '') !== '')
      throw new UsageError(`npm has taken --${name} for itself`, {
        hint: `Put options behind "--": npm run rehearse -- --${name}`,
      });
  }
}

function parse(argv: readonly string[]) {
  try {
    return parseArgs({ args: [...argv], allowPositionals: true, options: known });
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error), { hint: 'See --help.' });
  }
}
