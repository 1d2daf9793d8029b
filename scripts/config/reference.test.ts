import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { configReference } from './reference.ts';

const file = join(import.meta.dirname, '../../docs/config.md');
const mark = /<!-- Below: generated .*-->\n\n/;

describe('docs/config.md', () => {
  it('has every key as the schema has it', () => {
    const text = readFileSync(file, 'utf8');
    const begin = mark.exec(text);
    if (begin === null) throw new Error('docs/config.md has lost the mark above its generated part');
    const written = text.slice(0, begin.index + begin[0].length) + configReference();
    if (process.env.UPDATE_GOLDEN === '1') writeFileSync(file, written);
    expect(readFileSync(file, 'utf8')).toBe(written);
  });

  it('leaves no key without a meaning', () => {
    const empty = configReference()
      .split('\n')
      .filter((line) => /^\| `.*\|\s*\|$/.test(line));
    expect(empty).toEqual([]);
  });
});
