import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { chooseCluster } from './choose-cluster.ts';

const root = mkdtempSync(join(tmpdir(), 'breakwater-clusters-'));
afterEach(() => rmSync(root, { recursive: true, force: true }));

function choose(names: readonly string[], cluster?: string): string {
  for (const name of names) {
    mkdirSync(join(root, 'clusters', name), { recursive: true });
    writeFileSync(join(root, 'clusters', name, 'cluster.yaml'), `name: ${name}\n`);
  }
  return chooseCluster({ root, options: { cluster } });
}

it.each([
  [['demo'], 'demo'],
  [['prod'], 'prod'],
  [['demo', 'prod'], 'prod'],
])('of %j, works on %s where none is named', (names, chosen) => {
  expect(choose(names)).toBe(chosen);
});

it('takes the cluster that is named', () => {
  expect(choose(['demo', 'prod'], 'demo')).toBe('demo');
});

it('asks which of several, without the example', () => {
  expect(() => choose(['demo', 'prod', 'test'])).toThrow('There are 2: prod, test');
});

it('says how to make one where there is none', () => {
  expect(() => choose([])).toThrow('there is no cluster yet');
});
