import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { goodTree } from '../../dev/testing/good-tree.ts';
import { checkTree, rules } from './index.ts';

const folder = fileURLToPath(new URL('./', import.meta.url));
const tests = readdirSync(folder)
  .filter((name) => name.endsWith('.test.ts') && name !== 'index.test.ts')
  .map((name) => readFileSync(`${folder}${name}`, 'utf8'))
  .join('\n');

describe('the rules', () => {
  it('find nothing in a good tree', () => {
    expect(checkTree(goodTree())).toEqual([]);
  });

  it('find nothing in a good tree whose charts are not rendered', () => {
    const { rendered, ...tree } = goodTree();
    expect(checkTree(tree)).toEqual([]);
  });

  it('have names of their own', () => {
    const names = rules.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    for (const name of names) expect(name).toMatch(/^[a-z]+(-[a-z]+)*$/);
  });

  it.each(rules.map(({ name, reason }) => [name, reason]))('%s says why, in a sentence', (_, reason) => {
    expect(reason).toMatch(/^[A-Z].*\(.+\)\.$/);
  });

  it.each(rules.map(({ name }) => name))('%s is seen failing in a test', (name) => {
    expect(tests).toMatch(new RegExp(`['^]${name}[' ]`));
  });

  it('name the rule and its reason beside what they found', () => {
    const file = 'clusters/demo/apps/04-dex.yaml';
    const tree = goodTree({ file, from: 'targetRevision: 0.24.0', to: 'targetRevision: latest' });
    expect(checkTree(tree)).toEqual([
      {
        rule: 'pinned-upstreams',
        reason: expect.stringContaining('argocd-autopilot#557'),
        file,
        path: 'spec.sources[0].targetRevision',
        message: '"latest" is not an exact version',
      },
    ]);
  });
});
