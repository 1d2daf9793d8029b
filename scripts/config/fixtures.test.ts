import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { formatProblem } from '../report/errors.ts';
import { parseClusterFile } from './parse.ts';
import { parseAppFile } from './shared-apps.ts';

// Each fixture in fixtures/invalid is a cluster.yaml with a mistake, and beside it, in .txt, what is printed about it. Each fixture in
// fixtures/valid is one that must load; fixtures/app has the same for app.yaml. UPDATE_GOLDEN=1 writes the .txt files again; read the difference before you commit it.
const folder = join(import.meta.dirname, '../dev/fixtures');
const update = process.env.UPDATE_GOLDEN === '1';

function fixtures(kind: string): string[] {
  return readdirSync(join(folder, kind))
    .filter((name) => name.endsWith('.yaml'))
    .map((name) => name.slice(0, -'.yaml'.length));
}

function printed(kind: string, situation: string): string {
  const text = readFileSync(join(folder, kind, `${situation}.yaml`), 'utf8');
  const file = `${situation}.yaml`;
  const parsed = kind.startsWith('app/')
    ? parseAppFile(text, file, 'x', ['demo', 'prod'])
    : parseClusterFile(text, file, 'x', { apps: new Map(), upstream: new Map() });
  return 'problems' in parsed ? `${parsed.problems.map(formatProblem).join('\n')}\n` : '';
}

describe.each([
  ['a cluster.yaml', 'invalid'],
  ['an app.yaml', 'app/invalid'],
])('%s with a mistake is refused with its position, its path and what would be right', (_, kind) => {
  it.each(fixtures(kind))('%s', (situation) => {
    const expected = join(folder, kind, `${situation}.txt`);
    const actual = printed(kind, situation);
    if (update) writeFileSync(expected, actual);
    expect(actual).not.toBe('');
    expect(actual).toBe(readFileSync(expected, 'utf8'));
  });

  it('has no expectation without a fixture', () => {
    const texts = readdirSync(join(folder, kind)).filter((name) => name.endsWith('.txt'));
    expect(texts.filter((name) => !existsSync(join(folder, kind, name.replace(/\.txt$/, '.yaml'))))).toEqual([]);
  });

  it('shows no secret that was written into the file', () => {
    const shown = fixtures(kind).filter((situation) =>
      /hunter2|s3cret|ghp_|\$2a\$10|user:password/.test(printed(kind, situation)),
    );
    expect(shown).toEqual([]);
  });
});

describe.each([
  ['cluster.yaml', 'valid'],
  ['app.yaml', 'app/valid'],
])('a good %s is taken', (_, kind) => {
  it.each(fixtures(kind))('%s', (situation) => {
    expect(printed(kind, situation)).toBe('');
  });
});
