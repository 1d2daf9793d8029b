import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Problem, UsageError } from '../report/errors.ts';
import { loadAllClusters } from './load.ts';
import { newClusterFile } from './new-cluster.ts';
import { newTenantFile } from './new-tenant.ts';
import { belongsTo } from './tenant-rules.ts';
import { loadTenants } from './tenants.ts';

const repository = join(import.meta.dirname, '..', '..');
let root = '';

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "breakwater tenants 'test' "));
  for (const folder of ['infrastructure', 'apps'])
    cpSync(join(repository, folder), join(root, folder), { recursive: true });
  write('clusters/prod/cluster.yaml', `${newClusterFile({ name: 'prod' })}\nlabels: {stage: live}\n`);
});

afterEach(() => rmSync(root, { recursive: true, force: true }));

function write(file: string, text: string): void {
  mkdirSync(dirname(join(root, file)), { recursive: true });
  writeFileSync(join(root, file), text);
}

/** Writes tenants, by name and by what stands below kind and owner. */
function tenants(texts: Readonly<Record<string, string>>): void {
  for (const [name, text] of Object.entries(texts))
    write(`tenants/${name}/tenant.yaml`, `kind: namespace\nowner: ann@example.com\n${text}`);
}

function problems(): readonly Problem[] {
  try {
    loadTenants(root, loadAllClusters(root));
  } catch (error) {
    if (error instanceof UsageError) return error.problems;
    throw error;
  }
  return [];
}

it('whose members are groups have them known to every cluster, whatever else is wrong', () => {
  tenants({
    b: 'members: [{group: ml, role: edit}, {group: acme:data, role: view}]\n',
    a: 'members: [{group: ml, role: view}]\n',
  });
  write('tenants/broken/tenant.yaml', 'members: [{group: x');
  expect(loadAllClusters(root).map(({ memberGroups }) => memberGroups)).toEqual([['acme:data', 'ml']]);
});

describe('tenants', () => {
  it('are the folders of tenants/, and none is not a mistake', () => {
    expect(problems()).toEqual([]);
    tenants({ b: '', a: 'namespaces: [a, a--dev]\n' });
    write('tenants/README.md', 'x');
    write('tenants/.hidden/x', 'x');
    write('tenants/b/apps/x.yaml', 'x');
    const loaded = loadTenants(root, loadAllClusters(root));
    expect(loaded.map(({ name, hasApps }) => [name, hasApps])).toEqual([
      ['a', false],
      ['b', true],
    ]);
  });

  it('may be written by the program, and are good then', () => {
    const file = newTenantFile({
      name: 'a',
      kind: 'namespace',
      owner: 'ann@example.com',
      displayName: 'yes',
      members: ['bob@example.com', 'cy@example.com=view', 'acme:a=admin'],
      quota: { cpu: '8', memory: '32Gi', gpus: '2', pods: '50' },
      clusters: ['prod'],
      repositories: ['https://github.com/acme/a.git'],
    });
    const [tenant] = loadTenants(root, loadAllClusters(root), new Map([['tenants/a/tenant.yaml', file]]));
    expect(tenant).toMatchObject({
      displayName: 'yes',
      members: [
        { email: 'bob@example.com', role: 'edit' },
        { email: 'cy@example.com', role: 'view' },
        { group: 'acme:a', role: 'admin' },
      ],
      quota: { cpu: '8', gpus: { 'nvidia.com/gpu': 2 }, pods: 50 },
      clusters: { names: ['prod'] },
    });
  });

  it('belong to the clusters that they name, to those with all their labels, or to all', () => {
    const cluster = { name: 'prod', labels: { stage: 'live', zone: 'a' } };
    expect(belongsTo({ clusters: undefined }, cluster)).toBe(true);
    expect(belongsTo({ clusters: { names: ['prod'] } }, cluster)).toBe(true);
    expect(belongsTo({ clusters: { names: ['test'] } }, cluster)).toBe(false);
    expect(belongsTo({ clusters: { names: ['test'], labels: { stage: 'live' } } }, cluster)).toBe(true);
    expect(belongsTo({ clusters: { labels: { stage: 'live', zone: 'b' } } }, cluster)).toBe(false);
    expect(belongsTo({ clusters: { labels: {} } }, cluster)).toBe(false);
  });
});

describe('folders that are not tenants', () => {
  it.each([
    ['kube-x', 'is reserved'],
    ['argocd', 'is reserved'],
    ['a--b', 'must not contain "--"'],
    ['A', 'use lower-case letters'],
    ['a'.repeat(41), 'at most 40 characters'],
  ])('%s', (name, message) => {
    tenants({ [name]: '' });
    expect(problems()).toMatchObject([{ file: `tenants/${name}`, message: expect.stringContaining(message) }]);
  });

  it('one without a tenant.yaml, with a misspelt one, and a link', () => {
    write('tenants/a/apps/x.yaml', 'x');
    write('tenants/b/tenants.yaml', 'x');
    symlinkSync('a', join(root, 'tenants/c'));
    expect(problems()).toMatchObject([
      { file: 'tenants/a/tenant.yaml', message: 'there is no such file' },
      { file: 'tenants/b/tenant.yaml', hint: 'Rename tenants/b/tenants.yaml.' },
      { file: 'tenants/c', message: 'is a symbolic link' },
    ]);
  });

  it('tenants in a tenant, beside a tenant.yaml and without one, and manifests in a folder that is nearly apps/', () => {
    tenants({ eu: '', 'eu/team-a': '', 'us/team-b': '', x: '' });
    write('tenants/x/app/web.yaml', 'x');
    expect(problems()).toMatchObject([
      { file: 'tenants/eu/team-a/tenant.yaml', hint: 'Move it: git mv tenants/eu/team-a tenants/team-a' },
      { file: 'tenants/us/team-b/tenant.yaml', hint: 'Move it: git mv tenants/us/team-b tenants/team-b' },
      { file: 'tenants/x/app', hint: 'Rename it: git mv tenants/x/app tenants/x/apps' },
    ]);
  });

  it('defaults of all tenants that are misspelt', () => {
    write('infrastructure/tenant/values.yaml', 'podSecurty: baseline\n');
    expect(problems()).toMatchObject([
      { file: 'infrastructure/tenant/values.yaml', hint: 'Did you mean "podSecurity"?' },
    ]);
  });
});
