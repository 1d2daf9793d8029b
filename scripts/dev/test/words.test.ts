import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { checkout } from './repository.ts';

/** Calques that a native engineer would not write, and what to write instead (docs/development.md, Words). */
const calques: readonly (readonly [pattern: RegExp, instead: string])[] = [
  [/\b(?<![Tt]here )(is|are) no (?!longer|more|less|one|other|way|need|use|reason|difference)[a-z]+/, 'is not a …'],
  [/\bbelongs? into\b/, 'belongs in'],
  [/\bnot to be had\b/, 'is not available'],
  [/\banew\b/, 'again'],
  [/\b[Ww]hoever\b/, 'anyone who'],
  [/\bcan't be had\b/, 'cannot be fetched'],
  [/\bletter by letter\b/, 'exactly, case-sensitive'],
  [/\b(mends?|mended)\b/, 'fix'],
  [/\bpassed over in silence\b/, 'ignored silently'],
  [/\bso and so many\b/, 'a number'],
  [/\ba slip\b/, 'a typo'],
  [/\bwayOut\b|\bways? out\b/, 'hint'],
];

const files = execFileSync('git', ['ls-files', '-z', 'scripts', 'docs', 'infrastructure', 'apps', '*.md'], {
  cwd: checkout,
  encoding: 'utf8',
})
  .split('\0')
  .filter(
    (file) =>
      /\.(ts|mjs|md|yaml|lua|tpl)$/.test(file) &&
      !/\/(fixtures|golden)\/|words\.test\.ts$|^docs\/evidence\//.test(file),
  );

test('nothing is written in a dialect', () => {
  expect(files.length).toBeGreaterThan(500);
  const found = files.flatMap((file) =>
    readFileSync(join(checkout, file), 'utf8')
      .split('\n')
      .flatMap((line, index) =>
        calques
          .filter(([pattern]) => pattern.test(line))
          .map(([, instead]) => `${file}:${index + 1}: write "${instead}": ${line.trim().slice(0, 120)}`),
      ),
  );
  expect(found).toEqual([]);
});

test('one exported name names one thing of the product', () => {
  const product = files.filter((file) => file.endsWith('.ts') && !/^scripts\/dev\/|\.test\.ts$/.test(file));
  const homes = new Map<string, string[]>();
  for (const file of product) {
    const text = readFileSync(join(checkout, file), 'utf8');
    for (const [, name = ''] of text.matchAll(/^export (?:async )?(?:const|function|interface|type|class) (\w+)/gm))
      homes.set(name, [...(homes.get(name) ?? []), file]);
  }
  // Each command exports the same entry.
  const several = [...homes].filter(([name, where]) => where.length > 1 && name !== 'run');
  expect(homes.size).toBeGreaterThan(900);
  expect(several).toEqual([]);
  expect(homes.get('run')?.every((file) => file.startsWith('scripts/commands/'))).toBe(true);
});
