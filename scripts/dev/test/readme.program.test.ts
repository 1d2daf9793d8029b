import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { readMarkdown } from './markdown.ts';
import { type TestRepository, testRepository } from './repository.ts';

// The steps of the README's "Make it yours", each run, and what it promises of the output. "…" stands for what is skipped.

const section = /\n## Make it yours\n([\s\S]*?)\n## /.exec(readMarkdown('README.md'))?.[1] ?? '';
const steps = [...section.matchAll(/^ *```console\n *\$ npm run (\w+) -- (.+)\n([\s\S]*?)^ *```$/gm)].map((match) => ({
  command: match[1] ?? '',
  parameters: (match[2] ?? '').split(' '),
  output: (match[3] ?? '').split('\n').map((line) => line.trim()),
}));

let remote: string;
let repository: TestRepository;

beforeAll(() => {
  remote = mkdtempSync(join(tmpdir(), 'breakwater-readme-'));
  execFileSync('git', ['init', '--quiet', '--bare', remote]);
  repository = testRepository();
});
afterAll(() => {
  repository.remove();
  rmSync(remote, { recursive: true, force: true });
});

/** What step 2 asks people to write into the file, as options. */
const answers = () => ['--email', 'ann@example.com', '--host', 'kubeflow.example.com', '--git-url', `file://${remote}`];

it('the README has its steps', () => {
  expect(steps.map(({ command }) => command)).toEqual(['new', 'doctor', 'bootstrap', 'bootstrap']);
});

// The last step needs a cluster: the rehearsal runs it.
it.each(steps.slice(0, 3))('$command: says what the README shows', ({ command, parameters, output }) => {
  const { code, stdout, stderr } = repository.breakwater(
    command,
    ...parameters,
    ...(command === 'new' ? answers() : []),
  );
  const said = `${stderr}${stdout}`;
  expect(code, said).toBe(0);
  const shown = output
    // As it is written where no person looks.
    .map((line) => line.replace(/^~ /, 'planned '))
    .map((line) => line.replace('https://github.com/acme/platform.git', `file://${remote}`))
    .map((line) => line.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  expect(said).toMatch(new RegExp(shown.join('\n\\s*').replaceAll('…', '[\\s\\S]*')));
});
