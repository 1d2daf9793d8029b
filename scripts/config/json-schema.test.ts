import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv } from 'ajv';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { appJsonSchema, clusterJsonSchema, publishedSchemas } from './json-schema.ts';
import { withRemovals } from './removals.ts';

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

describe('what an editor shows', () => {
  const schemas = [...publishedSchemas].map(([file, compute]) => [file, JSON.parse(compute()) as Node] as const);
  interface Node {
    pattern?: string;
    patternErrorMessage?: string;
    defaultSnippets?: readonly { label: string; body: unknown }[];
    examples?: readonly unknown[];
    [key: string]: unknown;
  }

  function nodesOf(value: unknown, path = ''): [string, Node][] {
    if (typeof value !== 'object' || value === null) return [];
    const below = Object.entries(value).flatMap(([key, child]) =>
      ['defaultSnippets', 'examples', 'default', 'enum', 'const'].includes(key) ? [] : nodesOf(child, `${path}/${key}`),
    );
    return [[path, value as Node], ...below];
  }

  it.each(schemas)('instead of a pattern of %s is its message', (_, schema) => {
    const silent = nodesOf(schema).filter(
      ([path, { pattern, patternErrorMessage }]) =>
        typeof pattern === 'string' && typeof patternErrorMessage !== 'string' && !path.includes('/not/'),
    );
    expect(silent.map(([path]) => path)).toEqual([]);
  });

  it.each(schemas)('as examples and snippets of %s is valid where it is inserted', (_, schema) => {
    const filled = (body: unknown) => JSON.parse(JSON.stringify(body).replaceAll(/\$\{\d+:([^}]*)\}/g, '$1'));
    for (const [path, { defaultSnippets = [], examples = [], ...node }] of nodesOf(schema)) {
      const offered = [...examples, ...defaultSnippets.map(({ body }) => filled(body))];
      if (offered.length === 0) continue;
      const ajv = new Ajv({ strict: false, validateFormats: false });
      const check = ajv.compile({ definitions: schema.definitions, ...node });
      for (const value of offered)
        expect(check(value), `${path}: ${JSON.stringify(value)} ${JSON.stringify(check.errors)}`).toBe(true);
    }
  });

  it('for each part of Kubeflow and each way to publish is what it means', () => {
    const { properties } = JSON.parse(clusterJsonSchema());
    const { items } = properties.kubeflow.properties.components;
    expect(items.enumDescriptions).toHaveLength(items.enum.length);
    expect(properties.git.properties.publish.enumDescriptions).toEqual([
      'commit and push to the branch',
      'push to a new branch and open a pull request, for protected branches',
    ]);
  });
});

describe('the schemas of the smaller files', () => {
  const check = (file: string, text: string) =>
    new Ajv({ strict: false }).compile(JSON.parse(publishedSchemas.get(file)?.() ?? ''))(parse(text));

  it.each([
    ['removals: [tenants/red, clusters/prod, clusters/prod/dex]\n', true],
    ['removals:\n', true],
    ['removals: [red]\n', false],
    ['removal: []\n', false],
    [withRemovals(undefined, ['tenants/red']), true],
  ])('removals.yaml: %j is %s', (text, valid) => {
    expect(check('clusters/removals.schema.json', text)).toBe(valid);
  });

  const shipped = ['infrastructure', 'apps'].flatMap((folder) =>
    readdirSync(join(root, folder), { encoding: 'utf8', recursive: true })
      .filter((path) => path.endsWith('upstream.yaml'))
      .map((path) => join(folder, path)),
  );

  it.each(shipped)('upstream.yaml: %s is valid, and names its schema', (path) => {
    const [, schema = ''] =
      /^# yaml-language-server: \$schema=(.*)\n/.exec(readFileSync(join(root, path), 'utf8')) ?? [];
    expect(join(path, '..', schema)).toBe('infrastructure/upstream.schema.json');
    expect(check('infrastructure/upstream.schema.json', readFileSync(join(root, path), 'utf8'))).toBe(true);
  });

  it('VS Code uses the same schemas for files without that line, and offers the extension', () => {
    const read = (name: string) => JSON.parse(readFileSync(join(root, '.vscode', name), 'utf8'));
    const used = Object.keys(read('settings.json')['yaml.schemas']).map((path) => path.replace('./', ''));
    const helm = 'infrastructure/tenant/values.schema.json';
    expect(used.toSorted()).toEqual([...publishedSchemas.keys()].filter((path) => path !== helm).toSorted());
    expect(read('extensions.json').recommendations).toEqual(['redhat.vscode-yaml']);
  });

  it('upstream.yaml: a range is not', () => {
    const range = 'chart: dex\nrepository: https://charts.dexidp.io\nversion: 1.x\n';
    expect(check('infrastructure/upstream.schema.json', range)).toBe(false);
  });
});
