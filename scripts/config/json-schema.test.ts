import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv } from 'ajv';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { appJsonSchema, clusterJsonSchema, publishedSchemas } from './json-schema.ts';

const root = join(import.meta.dirname, '..', '..');
const fixtures = join(import.meta.dirname, '../dev/fixtures');

describe.each([...publishedSchemas])('the published JSON Schema %s', (file, compute) => {
  const published = join(root, file);

  it('is the one that the schema of the program gives (npm run render -- --all refreshes it)', () => {
    expect(readFileSync(published, 'utf8')).toBe(compute());
  });

  it('comes out the same twice', () => {
    expect(compute()).toBe(compute());
  });

  it('describes every key that people can write', () => {
    expect(undescribed(JSON.parse(compute()), '')).toEqual([]);
  });
});

describe('the JSON Schema of cluster.yaml', () => {
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

describe('an editor with the JSON Schema of app.yaml', () => {
  const check = new Ajv({ strict: false, validateFormats: false, allErrors: true }).compile(
    JSON.parse(appJsonSchema()),
  );
  const accepts = (file: string): boolean => check(parse(readFileSync(file, 'utf8')));

  it.each(['prometheus', 'grafana', 'argocd'])('accepts what ships for %s', (app) => {
    expect(accepts(join(root, 'apps', app, 'app.yaml'))).toBe(true);
  });

  it.each(readdirSync(join(fixtures, 'app/valid')))('accepts %s', (name) => {
    expect(accepts(join(fixtures, 'app/valid', name))).toBe(true);
  });

  it.each([
    'access-missing',
    'header-with-underscore',
    'misspelt-key',
    'path-without-slash',
    'place-of-two-kinds',
    'port-is-text',
    'source-of-two-kinds',
    'version-missing',
  ])('marks %s', (situation) => {
    expect(accepts(join(fixtures, 'app/invalid', `${situation}.yaml`))).toBe(false);
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
