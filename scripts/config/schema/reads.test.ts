import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type * as z from 'zod';
import { childSchema, unwrap } from '../schema-shape.ts';
import { appFile } from './app.ts';
import { clusterFile } from './cluster.ts';
import { tenantFile } from './tenant.ts';

type Schema = z.core.$ZodType;

/** All schemas inside a schema, itself included. */
function schemasIn(value: unknown, seen = new Set<Schema>()): Set<Schema> {
  if (typeof value !== 'object' || value === null) return seen;
  if ('_zod' in value) {
    const schema = value as Schema;
    if (!seen.has(schema)) schemasIn(schema._zod.def, seen.add(schema));
  } else for (const part of Object.values(value)) schemasIn(part, seen);
  return seen;
}

/** @returns the condition of each rule of a schema that names the fields it reads */
function conditions(schema: Schema): { fields: readonly string[] }[] {
  const checks = (schema._zod.def as { checks?: { _zod: { def: { when?: unknown } } }[] }).checks ?? [];
  return checks
    .map(({ _zod }) => _zod.def.when)
    .filter((when) => typeof when === 'function' && 'fields' in when) as never;
}

function has(schema: Schema, field: string): boolean {
  let inner: Schema | undefined = schema;
  for (const key of field.split('.')) inner = inner && childSchema(unwrap(inner), key, {});
  return inner !== undefined;
}

test('every key that a rule reads is a key of the schema', () => {
  const seen = new Set<object>();
  const unknown: string[] = [];
  for (const schema of schemasIn([clusterFile, appFile, tenantFile]))
    for (const when of conditions(schema)) {
      seen.add(when);
      unknown.push(...when.fields.filter((field) => !has(schema, field)));
    }
  expect(unknown).toEqual([]);
  const sources = readdirSync(import.meta.dirname).filter((file) => !/test|^reads/.test(file));
  const calls = sources.flatMap(
    (file) => readFileSync(join(import.meta.dirname, file), 'utf8').match(/\breads\(/g) ?? [],
  );
  expect(seen.size).toBe(calls.length);
});
