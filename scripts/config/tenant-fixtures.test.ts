import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv } from 'ajv';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { formatProblem } from '../report/errors.ts';
import { tenantJsonSchema } from './tenant-json-schema.ts';
import { parseTenantFile } from './tenants.ts';

// Each fixture in invalid/ is a tenant.yaml with a mistake, and beside it, in .txt, what is printed about it. Each fixture in valid/ is one
// that must load. UPDATE_GOLDEN=1 writes the .txt files again; read the difference before you commit it.
const folder = join(import.meta.dirname, '../dev/fixtures/tenants');
const update = process.env.UPDATE_GOLDEN === '1';

function fixtures(kind: string): string[] {
  return readdirSync(join(folder, kind))
    .filter((name) => name.endsWith('.yaml'))
    .map((name) => name.slice(0, -'.yaml'.length));
}

function printed(kind: string, situation: string): string {
  const text = readFileSync(join(folder, kind, `${situation}.yaml`), 'utf8');
  const parsed = parseTenantFile(text, `${situation}.yaml`, 'x');
  return 'problems' in parsed ? `${parsed.problems.map(formatProblem).join('\n')}\n` : '';
}

describe('a tenant.yaml with a mistake is refused with its position, its path and what would be right', () => {
  it.each(fixtures('invalid'))('%s', (situation) => {
    const expected = join(folder, 'invalid', `${situation}.txt`);
    const actual = printed('invalid', situation);
    if (update) writeFileSync(expected, actual);
    expect(actual).not.toBe('');
    expect(actual).toBe(readFileSync(expected, 'utf8'));
  });

  it('has no expectation without a fixture', () => {
    const texts = readdirSync(join(folder, 'invalid')).filter((name) => name.endsWith('.txt'));
    expect(texts.filter((name) => !existsSync(join(folder, 'invalid', name.replace(/\.txt$/, '.yaml'))))).toEqual([]);
  });

  it('shows no secret that was written into the file', () => {
    expect(fixtures('invalid').filter((situation) => /s3cret/.test(printed('invalid', situation)))).toEqual([]);
  });
});

describe('a good tenant.yaml', () => {
  const check = new Ajv({ strict: false, validateFormats: false }).compile(JSON.parse(tenantJsonSchema()));

  it.each(fixtures('valid'))('%s is taken, by the program and by an editor', (situation) => {
    expect(printed('valid', situation)).toBe('');
    expect(check(parse(readFileSync(join(folder, 'valid', `${situation}.yaml`), 'utf8')))).toBe(true);
  });
});
