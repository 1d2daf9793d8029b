import { readdirSync, readFileSync } from 'node:fs';
import { Ajv } from 'ajv';
import { describe, expect, it } from 'vitest';
import { type Definitions, type Schema, validate } from './validate.ts';

const folder = new URL('./', import.meta.url);
const files = readdirSync(folder).filter((name) => name.endsWith('.json'));

/** Every keyword that validate knows; derive.ts may write no other. */
const knownKeywords = new Set([
  '$ref',
  'additionalProperties',
  'allOf',
  'anyOf',
  'const',
  'enum',
  'items',
  'maxItems',
  'maxLength',
  'maxProperties',
  'maximum',
  'minItems',
  'minLength',
  'minProperties',
  'minimum',
  'not',
  'oneOf',
  'pattern',
  'properties',
  'required',
  'type',
  'uniqueItems',
]);

function read(name: string): Definitions {
  return JSON.parse(readFileSync(new URL(name, folder), 'utf8')).$defs as Definitions;
}

function eachSchema(schema: Schema, visit: (schema: Schema) => void): void {
  visit(schema);
  const { properties = {}, items, additionalProperties, not, allOf = [], anyOf = [], oneOf = [] } = schema;
  const children = [...Object.values(properties), items, additionalProperties, not, ...allOf, ...anyOf, ...oneOf];
  for (const child of children) if (typeof child === 'object') eachSchema(child, visit);
}

/** A value that mostly fits a schema, and now and then does not: numbers follow from the seed alone. */
function sample(schema: Schema, defs: Definitions, random: () => number, depth: number): unknown {
  if (schema.$ref !== undefined) {
    return sample(defs[schema.$ref.slice('#/$defs/'.length)] ?? {}, defs, random, depth);
  }
  if (random() < 0.02) return [null, 'text', 3, 1.5, true, [], {}][Math.floor(random() * 7)];
  if (schema.const !== undefined) return schema.const;
  if (schema.enum !== undefined) return schema.enum[Math.floor(random() * schema.enum.length)];
  const types = [schema.type ?? 'object'].flat();
  switch (types[Math.floor(random() * types.length)]) {
    case 'string':
      return ['a', '1h', 'https://example.com', '', '10m0s', 'a-b.c/d', '☂☂'][Math.floor(random() * 7)];
    case 'integer':
      return Math.floor(random() * 70_000) - 10;
    case 'number':
      return random() * 200 - 50;
    case 'boolean':
      return random() < 0.5;
    case 'null':
      return null;
    case 'array':
      return Array.from({ length: Math.floor(random() * 3) }, () =>
        sample(schema.items ?? {}, defs, random, depth + 1),
      );
    default:
      return sampleObject(schema, defs, random, depth);
  }
}

function sampleObject(schema: Schema, defs: Definitions, random: () => number, depth: number): unknown {
  const result: Record<string, unknown> = {};
  for (const [field, child] of Object.entries(schema.properties ?? {})) {
    const wanted = schema.required?.includes(field) ? 0.97 : depth > 5 ? 0.05 : 0.25;
    if (random() < wanted) result[field] = sample(child, defs, random, depth + 1);
  }
  if (typeof schema.additionalProperties === 'object' && random() < 0.5) {
    result.key = sample(schema.additionalProperties, defs, random, depth + 1);
  }
  if (random() < 0.03) result.misspelt = 1;
  return result;
}

function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

describe('validating by a schema', () => {
  it.each(files)('agrees with a general validator on %s', (name) => {
    const defs = read(name);
    const random = randomFrom(name.length);
    const seen = { good: 0, bad: 0 };
    for (const version of Object.keys(defs).filter((key) => key.startsWith('v'))) {
      const root = { $ref: `#/$defs/${version}` };
      const general = new Ajv({ strict: false }).compile({ ...root, $defs: defs });
      for (let round = 0; round < 100; round += 1) {
        const value = sample(root, defs, random, 0);
        const problems = validate(value, root, defs);
        expect(problems.length === 0, `${JSON.stringify(value)}\n${problems.join('\n')}`).toBe(general(value));
        seen[problems.length === 0 ? 'good' : 'bad'] += 1;
      }
    }
    expect(seen.good).toBeGreaterThan(0);
    expect(seen.bad).toBeGreaterThan(0);
  });

  it.each(files)('knows every keyword of %s, and can read its patterns', (name) => {
    for (const definition of Object.values(read(name))) {
      eachSchema(definition, (schema) => {
        for (const keyword of Object.keys(schema)) expect(knownKeywords).toContain(keyword);
        if (schema.pattern !== undefined) expect(() => new RegExp(schema.pattern ?? '', 'u')).not.toThrow();
      });
    }
  });

  it('says which of the fields of a choice may be there', () => {
    const schema: Schema = {
      oneOf: [{ not: { anyOf: [{ required: ['a'] }, { required: ['b'] }] } }, { required: ['a'] }, { required: ['b'] }],
    };
    expect(validate({ a: 1, b: 2 }, schema, {}, 'spec')).toEqual(['spec: must have exactly one of a, b']);
    expect(validate({ a: 1 }, schema, {}, 'spec')).toEqual([]);
  });
});
