import { Command } from 'commander';
import { expect, it } from 'vitest';
import { createReporter } from '../../report/reporter.ts';
import { type SandboxOptions, sandboxCommandLine } from './options.ts';

/** @returns what the sandbox was asked for, and what was printed */
async function read(line: string) {
  let printed = '';
  let asked: SandboxOptions | undefined;
  const write = (text: string) => {
    printed += text;
  };
  const fail = (thrown: unknown) => {
    write(String(thrown));
    return 2;
  };
  const reporter = { ...createReporter({ json: false }), fail };
  const run = async (options: SandboxOptions) => {
    asked = options;
    return 0;
  };
  const program = new Command().configureOutput({ writeOut: write, writeErr: write });
  const code = await sandboxCommandLine(line.split(' '), reporter, run, program);
  return { code, asked, printed };
}

it('reads folder, repositories and names', async () => {
  expect((await read('up --folder /x --git a=/b,c=/d=e --host git.example.com=10.0.0.7')).asked).toEqual({
    word: 'up',
    folder: '/x',
    git: { a: '/b', c: '/d=e' },
    host: { 'git.example.com': '10.0.0.7' },
  });
  expect((await read('status')).asked?.folder).toBe('/var/lib/breakwater/sandbox');
});

it.each([
  ['stat', '(Did you mean status?)'],
  ['status --git a=/b', "unknown option '--git', which is an option of up"],
  ['up --git platform', '--git platform: the "=" is missing'],
])('refuses "%s" with exit code 2', async (line, message) => {
  const { code, asked, printed } = await read(line);
  expect({ code, asked }).toEqual({ code: 2, asked: undefined });
  expect(printed).toContain(message);
});

it('shows what a word takes', async () => {
  const { code, printed } = await read('up --help');
  expect(code).toBe(0);
  expect(printed).toContain('--git <name=path>');
});
