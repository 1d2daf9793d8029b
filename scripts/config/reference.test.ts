import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { appReference, configReference, tenantReference } from './reference.ts';

const docs = join(import.meta.dirname, '../../docs');
const mark = /<!-- Below: generated .*-->\n\n/;

describe.each([
  ['config.md', configReference],
  ['apps.md', appReference],
  ['tenants.md', tenantReference],
])('docs/%s', (name, reference) => {
  it('has every key as the schema has it', () => {
    const file = join(docs, name);
    const text = readFileSync(file, 'utf8');
    const begin = mark.exec(text);
    if (begin === null) throw new Error(`docs/${name} has lost the mark above its generated part`);
    const written = text.slice(0, begin.index + begin[0].length) + reference();
    if (process.env.UPDATE_GOLDEN === '1') writeFileSync(file, written);
    expect(readFileSync(file, 'utf8')).toBe(written);
  });

  it('leaves no key without a meaning', () => {
    const empty = reference()
      .split('\n')
      .filter((line) => /^\| `.*\|\s*\|$/.test(line));
    expect(empty).toEqual([]);
  });
});
