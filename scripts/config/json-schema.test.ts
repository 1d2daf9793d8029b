import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv } from 'ajv';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { clusterJsonSchema, clusterSchemaFile } from './json-schema.ts';

const root = join(import.meta.dirname, '..', '..');
const fixtures = join(import.meta.dirname, 'fixtures');

describe('the published JSON Schema', () => {
  const published = join(root, clusterSchemaFile);
  if (process.env.UPDATE_GOLDEN === '1') writeFileSync(published, clusterJsonSchema());

  it('is the one that the schema of the program gives (UPDATE_GOLDEN=1 npm test refreshes it)', () => {
    expect(readFileSync(published, 'utf8')).toBe(clusterJsonSchema());
  });

  it('comes out the same twice', () => {
    expect(clusterJsonSchema()).toBe(clusterJsonSchema());
  });

  it('describes every key that people can write', () => {
    expect(undescribed(JSON.parse(clusterJsonSchema()), '')).toEqual([]);
  });

  it('offers the components by name', () => {
    const { properties } = JSON.parse(clusterJsonSchema()) as { properties: { components: { properties: object } } };
    expect(Object.keys(properties.components.properties)).toContain('oauth2-proxy');
  });
});

describe('an editor with the JSON Schema', () => {
  const check = new Ajv({ strict: false, validateFormats: false, allErrors: true }).compile(
    JSON.parse(clusterJsonSchema()),
  );
  const accepts = (file: string): boolean => check(parse(readFileSync(file, 'utf8')));

  it('accepts the demo', () => {
    expect(accepts(join(root, 'clusters/demo/cluster.yaml'))).toBe(true);
  });

  it.each(readdirSync(join(fixtures, 'valid')))('accepts %s', (name) => {
    expect(accepts(join(fixtures, 'valid', name))).toBe(true);
  });

  it.each([
    'misspelt-key',
    'misspelt-section',
    'misspelt-component',
    'unknown-key-in-a-list-entry',
    'auth-missing',
    'email-missing',
    'name-is-a-number',
    'name-too-long',
    'kubeflow-version-is-a-number',
    'kubeflow-component-misspelt',
    'password-in-the-file',
    'credentials-of-two-kinds',
    'secret-from-two-places',
    'connector-type-misspelt',
    'session-store-misspelt',
    'tls-duration-in-days',
    'node-port-outside-the-range',
    'machine-tokens-is-yes',
    'revision-is-a-branch',
    'email-with-two-at-signs',
    'document-is-a-list',
    'host-is-a-url',
    'git-url-with-password',
    'tls-names-two-kinds',
    'load-balancer-of-two-kinds',
  ])('marks %s', (situation) => {
    expect(accepts(join(fixtures, 'invalid', `${situation}.yaml`))).toBe(false);
  });
});

/** @returns paths of properties without a description */
function undescribed(schema: unknown, path: string): string[] {
  if (typeof schema !== 'object' || schema === null) return [];
  if (Array.isArray(schema)) return schema.flatMap((entry: unknown, index) => undescribed(entry, `${path}/${index}`));
  return Object.entries(schema).flatMap(([key, value]: [string, unknown]) => {
    const own = key === 'properties' ? withoutDescription(value).map((name) => `${path}/${name}`) : [];
    return [...own, ...undescribed(value, `${path}/${key}`)];
  });
}

function withoutDescription(properties: unknown): string[] {
  return Object.entries(properties ?? {})
    .filter(([, value]) => !('description' in value) && !('$ref' in value) && !('const' in value))
    .map(([name]) => name);
}
