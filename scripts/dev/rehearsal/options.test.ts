import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Command, Option } from 'commander';
import { afterEach, describe, expect, it, test, vi } from 'vitest';
import { createReporter } from '../../report/reporter.ts';
import { repositoryRoot } from '../sandbox/of-repository.ts';
import { type RehearseOptions, rehearseCommandLine, words } from './options.ts';
import { defaultFolder } from './state.ts';

/** @returns what the rehearsal was asked for, and what was printed */
async function read(...argv: string[]) {
  let printed = '';
  let asked: RehearseOptions | undefined;
  const write = (text: string) => {
    printed += text;
  };
  const fail = (thrown: unknown) => {
    write(JSON.stringify(thrown));
    return 2;
  };
  const reporter = { ...createReporter({ json: false }), fail };
  const run = async (options: RehearseOptions) => {
    asked = options;
    return 0;
  };
  const program = new Command().configureOutput({ writeOut: write, writeErr: write });
  const code = await rehearseCommandLine(argv, reporter, run, program);
  return { code, asked, printed };
}

afterEach(() => vi.unstubAllEnvs());

describe('the word', () => {
  it('is the whole run where none is given', async () => {
    expect((await read()).asked).toMatchObject({ word: 'run', quick: false, only: [], keep: false });
    expect((await read('--quick')).asked).toMatchObject({ word: 'run', quick: true });
  });

  it('may stand behind its options', async () => {
    expect((await read('--folder', 'check', 'status')).asked).toMatchObject({ word: 'status', folder: 'check' });
    expect((await read('logs', 'kubelet')).asked).toMatchObject({ word: 'logs', name: 'kubelet' });
  });
});

test('checks are named by commas', async () => {
  expect((await read('check', '--only', 'login, attacks')).asked?.only).toEqual(['login', 'attacks']);
});

test.each([
  ['fly', "unknown command 'fly'"],
  ['chek', '(Did you mean check?)'],
  ['--quik', '(Did you mean --quick?)'],
  ['up more', "too many arguments for 'up'"],
  [
    'check --kubeflow-sources /src',
    "unknown option '--kubeflow-sources', which is an option of run, needs, build, up\n",
  ],
])('refuses "%s" with exit code 2, and says where to look', async (line, message) => {
  const { code, asked, printed } = await read(...line.split(' '));
  expect({ code, asked }).toEqual({ code: 2, asked: undefined });
  expect(printed).toContain(message);
  expect(printed).toContain('Add --help for usage and examples.');
});

test.each([
  ['--address 10.0.0.1', 'The sandbox knows its own addresses.'],
  ['--quick --only login', 'Keep one of them.'],
  ['--kubeflow-sources /src --context kind-test', "A cluster of your own pulls Kubeflow's images from their registry."],
])('refuses "%s" with a hint', async (line, hint) => {
  const { code, asked, printed } = await read(...line.split(' '));
  expect({ code, asked }).toEqual({ code: 2, asked: undefined });
  expect(printed).toContain(hint);
});

test('an option that npm took for itself is reported', async () => {
  vi.stubEnv('npm_lifecycle_event', 'rehearse');
  expect((await read()).code).toBe(0);
  vi.stubEnv('npm_config_kubeflow_sources', '/src');
  const { code, printed } = await read();
  expect(code).toBe(2);
  expect(printed).toContain('npm run rehearse -- run --kubeflow-sources');
});

describe('the help', () => {
  it('lists the words and options that the documentation lists', async () => {
    const { code, printed } = await read('--help');
    expect(code).toBe(0);
    const page = readFileSync(join(repositoryRoot, 'docs/rehearsal.md'), 'utf8');
    const table = /\n## Words and options\n([\s\S]*?)\n## /.exec(page)?.[1] ?? '';
    const documented = [...table.matchAll(/^\| `([^|]+)` \|/gm)].flatMap((row) => row[1]?.split('`, `') ?? []);
    const asDocumented = (text: string) =>
      text.replace(/<(.*)>|\[(name)\]/, (found) => found.toUpperCase().replace(/[<>]/g, ''));
    const usages = Object.values(words).map(({ usage }) => asDocumented(usage));
    const flags = Object.values(words.run.options).map((option) => asDocumented(option.flags));
    expect(documented.toSorted()).toEqual([...usages, ...flags, '--json'].toSorted());
    for (const word of Object.keys(words)) expect(printed).toContain(`\n  ${word} [options]`);
    for (const { flags } of Object.values(words.run.options)) expect(printed).toContain(`\n  ${flags} `);
  });

  it.each(Object.entries(words))('of %s lists its own options', async (word, { options, examples }) => {
    const { code, printed } = await read(word, '--help');
    expect(code).toBe(0);
    expect([...printed.matchAll(/^ {2}(--[a-z-]+)/gm)].map((match) => match[1])).toEqual([
      '--json',
      '--quiet',
      '--verbose',
      ...Object.values(options).map(({ flags }) => flags.replace(/ .*/, '')),
    ]);
    expect(printed).toContain(examples[0]);
  });

  it('is complete: `run` takes the options of all words, by the names that commander gives them', () => {
    for (const { options } of Object.values(words)) {
      expect(words.run.options).toMatchObject(options);
      expect(Object.keys(options)).toEqual(
        Object.values(options).map(({ flags }) => new Option(flags).attributeName()),
      );
    }
  });
});

test('a rehearsal of root is the machine’s, any other the user’s own', () => {
  expect(defaultFolder({}, true)).toBe('/var/lib/breakwater/rehearsal');
  expect(defaultFolder({ XDG_STATE_HOME: '/home/ann/state' }, false)).toBe('/home/ann/state/breakwater/rehearsal');
});
