import { commonOptions, type Declaration } from '../command-line/options.ts';
import { closest } from '../config/suggest.ts';
import { UsageError } from '../report/errors.ts';
import { declarations } from './declarations.ts';
import type { InvocationOf } from './invocation.ts';

interface CommandWords {
  name: string;
  description: string;
  words: readonly string[];
  options: readonly { long: string; takesValue: boolean; description: string }[];
}

const shells = { bash, zsh, fish } as const;

/** `npx breakwater completion SHELL`: prints a script that completes commands, options and the names of clusters. */
export async function run({ positional: [shell = ''], reporter }: InvocationOf<'completion'>): Promise<number> {
  const known = Object.keys(shells);
  const make = Object.entries(shells).find(([name]) => name === shell)?.[1];
  if (make === undefined) {
    const near = closest(shell, known);
    const hint = near === undefined ? {} : { hint: `Did you mean "${near}"?` };
    throw new UsageError(`${JSON.stringify(shell)} is not one of ${known.join(', ')}`, hint);
  }
  const script = make(words());
  reporter.result({ shell, script }, script);
  return 0;
}

function words(): CommandWords[] {
  return Object.values<Declaration>(declarations).map(({ usage, description, words = [], options, handsOver }) => ({
    name: usage.replace(/ .*/, ''),
    description: description.replace(/\. .*/, '').replace(/\.$/, ''),
    words,
    options: (handsOver ? [] : [...Object.values(options), ...commonOptions]).map((option) => ({
      long: option.flags.replace(/ .*/, ''),
      takesValue: option.flags.includes(' '),
      description: option.description,
    })),
  }));
}

/** Prints the names of the clusters, from anywhere in the repository. */
const clusterNames =
  'for file in "$(git rev-parse --show-toplevel 2>/dev/null)"/clusters/*/cluster.yaml; do basename "$(dirname "$file")"; done';

function bash(commands: readonly CommandWords[]): string {
  const valued = commands.flatMap(({ options }) => options.filter(({ takesValue }) => takesValue));
  const others = [...new Set(valued.map(({ long }) => long))].filter((long) => !/^--clusters?$/.test(long));
  return `_breakwater() {
  local word=\${COMP_WORDS[COMP_CWORD]} previous=\${COMP_WORDS[COMP_CWORD-1]} found
  case $previous in
    --cluster|--clusters) found=$(${clusterNames}) ;;
    ${others.join('|')}) COMPREPLY=($(compgen -f -- "$word")); return ;;
    *)
      if [ "$COMP_CWORD" -eq 1 ]; then found='${commands.map(({ name }) => name).join(' ')}'
      else
        case \${COMP_WORDS[1]} in
${commands.map(({ name, words, options }) => `          ${name}) found='${[...words, ...options.map(({ long }) => long)].join(' ')}' ;;`).join('\n')}
        esac
      fi ;;
  esac
  COMPREPLY=($(compgen -W "$found" -- "$word"))
}
complete -F _breakwater breakwater`;
}

/** Zsh runs bash's completions: https://zsh.sourceforge.io/Doc/Release/Completion-System.html#index-bashcompinit */
function zsh(commands: readonly CommandWords[]): string {
  return `autoload -U +X compinit && compinit
autoload -U +X bashcompinit && bashcompinit
${bash(commands)}`;
}

function fish(commands: readonly CommandWords[]): string {
  const quoted = (text: string) => `'${text.replaceAll(/[\\']/g, '\\$&')}'`;
  const names =
    '(for file in (git rev-parse --show-toplevel 2>/dev/null)/clusters/*/cluster.yaml; basename (dirname $file); end)';
  return [
    'complete -c breakwater -f',
    ...commands.flatMap(({ name, description, words, options }) => [
      `complete -c breakwater -n __fish_use_subcommand -a ${name} -d ${quoted(description)}`,
      ...(words.length === 0
        ? []
        : [`complete -c breakwater -n ${quoted(`__fish_seen_subcommand_from ${name}`)} -a ${quoted(words.join(' '))}`]),
      ...options.map(({ long, takesValue, description: says }) => {
        const value = /^--clusters?$/.test(long) ? ` -x -a ${quoted(names)}` : takesValue ? ' -r -F' : '';
        return `complete -c breakwater -n ${quoted(`__fish_seen_subcommand_from ${name}`)} -l ${long.slice(2)}${value} -d ${quoted(says)}`;
      }),
    ]),
  ].join('\n');
}
