import { symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type TenantRepository, tenantRepository } from '../dev/test/tenant-repository.ts';
import { loadAllClusters } from './load.ts';
import { newTenantFile } from './new-tenant.ts';
import { belongsTo } from './tenant-rules.ts';
import { loadTenants } from './tenants.ts';

let place: TenantRepository;
beforeEach(() => {
  place = tenantRepository();
});
afterEach(() => place.remove());

it('whose members are groups have them known to every cluster, whatever else is wrong', () => {
  place.tenants({
    b: 'members: [{group: ml, role: edit}, {group: acme:data, role: view}]\n',
    a: 'members: [{group: ml, role: view}]\n',
  });
  place.write('tenants/broken/tenant.yaml', 'members: [{group: x');
  expect(loadAllClusters(place.root).map(({ memberGroups }) => memberGroups)).toEqual([['acme:data', 'ml']]);
});

describe('tenants', () => {
  it('are the folders of tenants/, and none is not a mistake', () => {
    expect(place.problems()).toEqual([]);
    place.tenants({ b: '', a: 'namespaces: [a, a--dev]\n' });
    place.write('tenants/README.md', 'x');
    place.write('tenants/.hidden/x', 'x');
    place.write('tenants/b/apps/x.yaml', 'x');
    const loaded = loadTenants(place.root, loadAllClusters(place.root));
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
    const [tenant] = loadTenants(place.root, loadAllClusters(place.root), new Map([['tenants/a/tenant.yaml', file]]));
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
    place.tenants({ [name]: '' });
    expect(place.problems()).toMatchObject([{ file: `tenants/${name}`, message: expect.stringContaining(message) }]);
  });

  it('one without a tenant.yaml, with a misspelt one, and a link', () => {
    place.write('tenants/a/apps/x.yaml', 'x');
    place.write('tenants/b/tenants.yaml', 'x');
    symlinkSync('a', join(place.root, 'tenants/c'));
    expect(place.problems()).toMatchObject([
      { file: 'tenants/a/tenant.yaml', message: 'there is no such file' },
      { file: 'tenants/b/tenant.yaml', hint: 'Rename tenants/b/tenants.yaml.' },
      { file: 'tenants/c', message: 'is a symbolic link' },
    ]);
  });

  it('tenants in a tenant, beside a tenant.yaml and without one, and manifests in a folder that is nearly apps/', () => {
    place.tenants({ eu: '', 'eu/team-a': '', 'us/team-b': '', x: '' });
    place.write('tenants/x/app/web.yaml', 'x');
    expect(place.problems()).toMatchObject([
      { file: 'tenants/eu/team-a/tenant.yaml', hint: 'Move it: git mv tenants/eu/team-a tenants/team-a' },
      { file: 'tenants/us/team-b/tenant.yaml', hint: 'Move it: git mv tenants/us/team-b tenants/team-b' },
      { file: 'tenants/x/app', hint: 'Rename it: git mv tenants/x/app tenants/x/apps' },
    ]);
  });

  it('defaults of all tenants that are misspelt', () => {
    place.write('infrastructure/tenant/values.yaml', 'podSecurty: baseline\n');
    expect(place.problems()).toMatchObject([
      { file: 'infrastructure/tenant/values.yaml', hint: 'Did you mean "podSecurity"?' },
    ]);
  });
});
