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
