import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { expect, test } from 'vitest';
import { checkout } from './repository.ts';

/**
 * What each room of scripts/ may import, besides itself; type-only imports count. Data flows one way, so a room stands
 * below all that it names: anyone who adds a line keeps the table free of circles, which the second test proves.
 */
const allowed: Record<string, readonly string[]> = {
  report: [],
  'command-line': ['report'],
  network: ['report'],
  processes: ['report'],
  page: [],
  config: ['report'],
  components: ['config', 'page'],
  schemas: ['components'],
  tools: ['report', 'processes', 'components'],
  tree: ['config', 'components'],
  diff: ['components', 'tree'],
  workspace: ['report', 'processes', 'config', 'tree'],
  git: ['report', 'processes'],
  hosts: ['report', 'network'],
  cluster: ['report', 'network', 'processes', 'config', 'components'],
  verify: ['report', 'page', 'config', 'components'],
  steps: [
    ...['report', 'page', 'config', 'components', 'schemas', 'tools', 'tree', 'diff'],
    ...['workspace', 'git', 'hosts', 'cluster'],
  ],
  commands: [
    ...['report', 'page', 'processes', 'config', 'components', 'tree', 'diff', 'workspace', 'git'],
    ...['hosts', 'cluster', 'verify', 'steps', 'command-line'],
  ],
  'breakwater.ts': ['report', 'command-line', 'commands'],
  // The rig: nothing of the product imports it. The rehearsal drives the program by its command line only.
  'dev/sandbox': ['command-line', 'report', 'tools'],
  'dev/rehearsal': ['command-line', 'report', 'page', 'tools', 'dev/sandbox'],
  'dev/release': ['report'],
  'dev/try': ['command-line', 'report', 'dev/rehearsal', 'dev/sandbox'],
  'dev/schemas': ['schemas', 'dev/sandbox'],
  'dev/bench': ['config', 'components', 'tools', 'tree'],
  'dev/testing': ['config', 'components', 'tree', 'git', 'cluster', 'verify', 'dev/sandbox'],
  'dev/test': [
    ...['config', 'components', 'processes', 'tools', 'tree', 'workspace', 'git', 'cluster', 'report'],
    ...['dev/sandbox', 'dev/rehearsal', 'dev/testing'],
  ],
};

/** Libraries that one room alone imports, and why. */
const owned: Record<string, readonly [room: string, reason: string]> = {
  'simple-git': ['git', 'one place sets batch mode, locale and credentials'],
  '@kubernetes/client-node': ['cluster', 'the library takes a second to load'],
  '@octokit/rest': ['hosts', 'a Git host is one file behind one interface'],
  '@octokit/plugin-throttling': ['hosts', 'a Git host is one file behind one interface'],
};

interface Import {
  file: string;
  specifier: string;
}

const files = readdirSync(join(checkout, 'scripts'), { encoding: 'utf8', recursive: true })
  .map((file) => join('scripts', file))
  .filter((file) => file.endsWith('.ts') && !/\.test\.ts$|\/(fixtures|golden|modules)\//.test(file));
const imports: Import[] = files.flatMap((file) =>
  [...readFileSync(join(checkout, file), 'utf8').matchAll(/\b(?:from|import\()\s*'([^']+)'/g)].map((match) => ({
    file,
    specifier: match[1] ?? '',
  })),
);
const local = imports
  .filter(({ specifier }) => specifier.startsWith('.'))
  .map(({ file, specifier }) => ({ file, target: relative(checkout, resolve(checkout, dirname(file), specifier)) }));

function roomOf(file: string): string {
  const [, room = '', inner = ''] = file.split('/');
  return room === 'dev' ? `dev/${inner}` : room;
}

/** @returns a circle of the graph as `a → b → a`, or undefined where there is none */
function findCircle(graph: ReadonlyMap<string, readonly string[]>): string | undefined {
  const done = new Set<string>();
  const visit = (node: string, path: readonly string[]): string | undefined => {
    const start = path.indexOf(node);
    if (start >= 0) return [...path.slice(start), node].join(' → ');
    if (done.has(node)) return undefined;
    for (const next of graph.get(node) ?? []) {
      const circle = visit(next, [...path, node]);
      if (circle !== undefined) return circle;
    }
    done.add(node);
    return undefined;
  };
  for (const node of graph.keys()) {
    const circle = visit(node, []);
    if (circle !== undefined) return circle;
  }
  return undefined;
}

test('a room imports only what its line allows', () => {
  expect(local.length).toBeGreaterThan(1000);
  const broken = local
    .map(({ file, target }) => ({ file, from: roomOf(file), target, to: roomOf(target) }))
    .filter(({ from, to }) => from !== to && !(allowed[from] ?? []).includes(to))
    .map(
      ({ file, target, from }) => `${file} imports ${target}: ${from} may import ${(allowed[from] ?? []).join(', ')}`,
    );
  expect(broken).toEqual([]);
});

test('every line of the table is used, and the table has no circle', () => {
  const used = new Set(local.map(({ file, target }) => `${roomOf(file)} → ${roomOf(target)}`));
  const unused = Object.entries(allowed).flatMap(([from, rooms]) =>
    rooms.map((to) => `${from} → ${to}`).filter((arrow) => !used.has(arrow)),
  );
  expect(unused).toEqual([]);
  expect(findCircle(new Map(Object.entries(allowed)))).toBeUndefined();
});

test('no file of a room depends on itself in a circle', () => {
  const graph = new Map<string, string[]>();
  for (const { file, target } of local) graph.set(file, [...(graph.get(file) ?? []), target]);
  expect(findCircle(graph)).toBeUndefined();
});

test.each(Object.entries(owned))('%s is imported by one room only', (library, [room, reason]) => {
  const users = imports.filter(({ specifier }) => specifier === library || specifier.startsWith(`${library}/`));
  expect(users.length).toBeGreaterThan(0);
  const strangers = users.map(({ file }) => file).filter((file) => roomOf(file) !== room);
  expect(strangers, `use ${library} through scripts/${room}/: ${reason}`).toEqual([]);
});
