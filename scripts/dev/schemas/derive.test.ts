import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../schemas/validate.ts';
import { type Definitions, validate } from '../../schemas/validate.ts';
import { type Definition, deriveSchema } from './derive.ts';

function definition(spec: JsonObject, versions = ['v1']): Definition {
  return {
    kind: 'CustomResourceDefinition',
    spec: {
      group: 'example.com',
      scope: 'Cluster',
      names: { kind: 'Thing' },
      versions: [...versions, 'v0'].map((name) => ({
        name,
        served: name !== 'v0',
        schema: {
          openAPIV3Schema: {
            type: 'object',
            description: 'A thing.',
            properties: {
              apiVersion: { type: 'string' },
              kind: { type: 'string' },
              metadata: { type: 'object' },
              spec: { type: 'object', ...spec },
              status: { type: 'object', properties: { phase: { type: 'string' } } },
            },
          },
        },
      })),
    },
  };
}

function problems(spec: JsonObject, value: unknown): string[] {
  const defs = deriveSchema(definition(spec), '').$defs as unknown as Definitions;
  const object = { apiVersion: 'example.com/v1', kind: 'Thing', metadata: { name: 'x' }, spec: value };
  return validate(object, { $ref: '#/$defs/v1' }, defs);
}

describe('deriving a schema from a CRD', () => {
  it('forbids fields that the server would drop', () => {
    expect(problems({ properties: { a: { type: 'string' } } }, { b: 1 })).toEqual(['spec.b: unknown field']);
    expect(problems({ properties: { a: { type: 'object' } } }, { a: { b: 1 } })).toEqual(['spec.a.b: unknown field']);
  });

  it('allows fields where the CRD preserves unknown ones, and still checks the known', () => {
    const spec = { 'x-kubernetes-preserve-unknown-fields': true, properties: { a: { type: 'string' } } };
    expect(problems(spec, { b: 1 })).toEqual([]);
    expect(problems(spec, { a: 1 })).toEqual(['spec.a: must be string']);
  });

  it('takes numbers and texts where the CRD takes both', () => {
    const port = { 'x-kubernetes-int-or-string': true, anyOf: [{ type: 'integer' }, { type: 'string' }] };
    expect(problems({ properties: { port } }, { port: 80 })).toEqual([]);
    expect(problems({ properties: { port } }, { port: 'http' })).toEqual([]);
    expect(problems({ properties: { port } }, { port: true })).toEqual(['spec.port: must be integer or string']);
  });

  it('checks the values of maps, nullable fields and sets', () => {
    const properties = {
      map: { type: 'object', additionalProperties: { type: 'integer' } },
      maybe: { type: 'string', nullable: true },
      set: { type: 'array', items: { type: 'string' }, 'x-kubernetes-list-type': 'set' },
    };
    expect(problems({ properties }, { map: { a: 1 }, maybe: null, set: ['a', 'b'] })).toEqual([]);
    expect(problems({ properties }, { map: { a: '1' }, maybe: 1, set: ['a', 'a'] })).toEqual([
      'spec.map.a: must be integer',
      'spec.maybe: must be string or null',
      'spec.set: must not repeat items',
    ]);
  });

  it('does not take the fields of a condition for all the fields there are', () => {
    const spec = {
      properties: { a: { type: 'string' }, b: { type: 'string' } },
      oneOf: [{ properties: { a: { enum: ['x'] } }, required: ['a'] }, { required: ['b'] }],
    };
    expect(problems(spec, { b: 'y' })).toEqual([]);
    expect(problems(spec, { a: 'x' })).toEqual([]);
    expect(problems(spec, {})).toEqual(['spec: must have exactly one of a, b']);
  });

  it('leaves status open and drops what is not a rule', () => {
    const schema = deriveSchema(definition({ description: 'Long.', default: {} }), 'from x');
    expect(JSON.stringify(schema)).not.toMatch(/description|default|phase/);
    expect(schema).toMatchObject({ $comment: 'from x', scope: 'Cluster' });
  });

  it('keeps served versions only, and writes equal parts once', () => {
    const spec = {
      properties: { long: { type: 'string', pattern: '^some-pattern-that-is-long-enough-to-be-shared$' } },
    };
    const one = JSON.stringify(deriveSchema(definition(spec), ''));
    const three = deriveSchema(definition(spec, ['v1', 'v1beta1', 'v1alpha1']), '');
    expect(Object.keys(three.$defs as JsonObject).filter((name) => name.startsWith('v'))).toEqual([
      'v1',
      'v1beta1',
      'v1alpha1',
    ]);
    expect(JSON.stringify(three).match(/some-pattern/g)).toHaveLength(1);
    expect(JSON.stringify(three).length).toBeLessThan(one.length * 2.5);
  });
});
