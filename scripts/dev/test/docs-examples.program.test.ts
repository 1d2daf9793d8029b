import { afterAll, beforeAll, expect, it } from 'vitest';
import { parseDocument } from 'yaml';
import { type CodeBlock, codeBlocks, markdownFiles } from './markdown.ts';
import { type TestRepository, testRepository } from './repository.ts';

// Each example of the documentation is put where its first line says, completed with a name and a user where it has none, and then the
// program itself renders and validates all of them.

interface Example extends CodeBlock {
  path: string;
}

const examples: readonly Example[] = markdownFiles()
  .filter((file) => file === 'README.md' || file.startsWith('docs/'))
  .flatMap(codeBlocks)
  .flatMap((block) => {
    const path =
      block.language === 'yaml' ? /^# ((?:clusters|apps|tenants)\/\S+\.yaml)/.exec(block.text)?.[1] : undefined;
    return path === undefined ? [] : [{ ...block, path }];
  });

/** Files that examples name. */
const alsoThere = {
  known_hosts: 'git.example.com ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGk5tRkRSYhz7ZFXC9bNLO0iT5lSFAZ6W6W4Ju6aT7wP\n',
};

/** @returns an example's cluster.yaml, completed; `name` follows the folder */
function completed(text: string, name: string): string {
  const document = parseDocument(text);
  document.set('name', name);
  if (!document.hasIn(['auth', 'users']) && !document.hasIn(['auth', 'connectors']))
    document.setIn(['auth', 'users'], document.createNode([{ email: 'user@example.com' }]));
  return document.toString();
}

const clusterOf = ({ file, line }: CodeBlock) =>
  `${file
    .replace(/^docs\//, '')
    .replace(/\.md$/, '')
    .replaceAll(/[^A-Za-z0-9]+/g, '-')
    .toLowerCase()}-${line}`;

let repository: TestRepository;
const written = new Map<string, string>();

beforeAll(() => {
  // Tenants and apps of the examples name the cluster prod.
  repository = testRepository({ prod: completed('{}', 'prod') });
  for (const [path, text] of Object.entries(alsoThere)) repository.write(path, text);
  let last: Example | undefined;
  for (const example of examples) {
    let { path, text } = example;
    const [, part = ''] = /^clusters\/[^/]+\/(.+)$/.exec(path) ?? [];
    if (part === 'cluster.yaml') {
      last = example;
      path = `clusters/${clusterOf(example)}/cluster.yaml`;
      text = completed(text, clusterOf(example));
    } else if (part !== '') {
      // Overrides go to the cluster above them on the page, else (or where that has such a file already) to one of their own.
      const free = last?.file === example.file && !written.has(`clusters/${clusterOf(last)}/${part}`);
      const owner = free && last !== undefined ? last : example;
      if (owner === example)
        repository.write(`clusters/${clusterOf(owner)}/cluster.yaml`, completed('{}', clusterOf(owner)));
      path = `clusters/${clusterOf(owner)}/${part}`;
    }
    const where = `${example.file}:${example.line}`;
    expect(written.get(path), `${where} and another example are both ${path}`).toBeUndefined();
    written.set(path, where);
    repository.write(path, text);
  }
}, 60_000);

afterAll(() => repository.remove());

it('there are examples for each platform and each identity provider', () => {
  const pages = new Set(examples.map(({ file }) => file));
  const wanted = ['eks', 'gke', 'aks', 'k3s', 'bare-metal', 'entra-id', 'okta', 'keycloak', 'google', 'github', 'ldap'];
  expect(wanted.filter((name) => !pages.has(`docs/how-to/${name}.md`))).toEqual([]);
});

it('every example renders', () => {
  const { code, stdout, stderr } = repository.breakwater('render', '--all');
  expect(code, placesOf(stdout + stderr)).toBe(0);
});

it('every example is valid', () => {
  const { code, stdout, stderr } = repository.breakwater('validate');
  expect(code, placesOf(stdout + stderr)).toBe(0);
  // Some thirty clusters, on a machine that builds programs meanwhile.
}, 900_000);

/** Adds to a program's output which page each file comes from. */
function placesOf(output: string): string {
  const named = [...written].filter(([path]) => output.includes(path)).map(([path, where]) => `${path} is ${where}`);
  return [output, ...named].join('\n');
}
