import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
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

const clashes: [
  what: string,
  texts: Record<string, string>,
  file: string,
  line: number,
  path: string,
  message: string,
][] = [
  [
    "another tenant's namespace",
    { a: '', b: 'namespaces: [b, a]\n' },
    'b',
    3,
    'namespaces[1]',
    'belongs to the tenant a (tenants/a/tenant.yaml): must be b, or start with b--',
  ],
  ['a namespace of nobody', { a: 'namespaces: [a, shop]\n' }, 'a', 3, 'namespaces[1]', 'must be a, or start with a--'],
  ['namespaces without its own', { a: 'namespaces: [a--dev]\n' }, 'a', 3, 'namespaces', 'must contain a,'],
  [
    "another tenant's path",
    { a: '', b: 'routes: [{path: /tenants/a/, service: web, port: 80}]\n' },
    'b',
    3,
    'routes[0].path',
    'belongs to the tenant a (tenants/a/tenant.yaml): must start with /tenants/b/',
  ],
  [
    'one path twice',
    { a: 'routes:\n  - {path: /tenants/a/, service: w, port: 80}\n  - {path: /tenants/a/, service: x, port: 80}\n' },
    'a',
    5,
    'routes[1].path',
    'is listed twice (the other is at 4:12)',
  ],
  [
    'a path that is never reached',
    { a: 'routes:\n  - {path: /tenants/a/, service: w, port: 80}\n  - {path: /tenants/a/x/, service: x, port: 80}\n' },
    'a',
    5,
    'routes[1].path',
    'is never reached: /tenants/a/ comes before it (the other is at 4:12)',
  ],
  [
    'a route into another namespace',
    { a: 'routes: [{path: /tenants/a/, service: w, port: 80, namespace: b}]\n', b: '' },
    'a',
    3,
    'routes[0].namespace',
    'not one of its namespaces',
  ],
  [
    "another tenant's repository, in another spelling",
    { a: 'repositories: ["https://github.com/acme/x.git"]\n', b: 'repositories: ["git@github.com:Acme/x"]\n' },
    'b',
    3,
    'repositories[0]',
    'belongs to the tenant a',
  ],
  [
    'a call to a tenant that does not let it in',
    { a: 'network: {to: [b]}\n', b: '' },
    'a',
    3,
    'network.to[0]',
    'the tenant b does not admit a',
  ],
  [
    'a limit that is above the maximum, by what all tenants get',
    { a: 'limits: {max: {ephemeralStorage: 5Gi}}\n' },
    'a',
    3,
    'limits.max.ephemeralStorage',
    'limits.limit.ephemeralStorage is 10Gi, more than limits.max.ephemeralStorage, which is 5Gi',
  ],
  [
    'a device that is misspelt',
    { a: 'quota: {gpus: {nvida.com/gpu: 2}}\n' },
    'a',
    3,
    'quota.gpus["nvida.com/gpu"]',
    'is an unknown device',
  ],
  [
    'a cluster that there is not',
    { a: 'clusters: {names: [prdo]}\n' },
    'a',
    3,
    'clusters.names[0]',
    'there is no cluster "prdo"',
  ],
  [
    'labels that no cluster has',
    { a: 'clusters: {labels: {stage: test}}\n' },
    'a',
    3,
    'clusters',
    'no cluster has all of these labels',
  ],
  ['the owner as a member', { a: 'members: [{email: ann@example.com}]\n' }, 'a', 3, 'members[0].email', 'is the owner'],
  [
    'two people whose objects would have one name',
    { a: 'members: [{email: b.c@example.com}, {email: b-c@example.com}]\n' },
    'a',
    3,
    'members[1].email',
    'results in the same object names as b.c@example.com',
  ],
];

describe('what a tenant may not have is refused, with both owners named where there are two', () => {
  it.each(clashes)('%s', (_, texts, name, line, path, message) => {
    tenants(texts);
    expect(problems()).toMatchObject([
      { file: `tenants/${name}/tenant.yaml`, line, path, message: expect.stringContaining(message) },
    ]);
  });

  it.each([
    ['the app as it is', '', 'has no effect: the app grafana accepts calls from the gateway only'],
    ['an app that is installed already', 'source: {installed: true}', 'bypasses the gateway'],
  ])('a call to an app: %s', (_, source, message) => {
    const file = readFileSync(join(root, 'apps/grafana/app.yaml'), 'utf8');
    if (source !== '')
      write(
        'apps/grafana/app.yaml',
        `description: x\n${source}\nnamespace: grafana\nplace: {path: /grafana/}\nservice: {name: grafana, port: 80}\naccess: {everyone: true}\n`,
      );
    write(
      'clusters/prod/cluster.yaml',
      `${newClusterFile({ name: 'prod', host: 'x.example.com' })}\napps: {grafana: {}}\n`,
    );
    tenants({ a: 'network: {to: [grafana]}\n' });
    expect(problems()).toMatchObject([{ path: 'network.to[0]', message: expect.stringContaining(message) }]);
    write('apps/grafana/app.yaml', `${file}\ncallers: [{namespace: a, serviceAccount: default}]\n`);
    expect(problems()).toEqual([]);
  });

  it.each([
    ['host: 192.0.2.10', 'contains 192.0.2.10-192.0.2.10'],
    [
      'loadBalancer: {metallb: {pools: [{name: a, addresses: [192.0.2.20-192.0.2.30]}]}}',
      'contains 192.0.2.20-192.0.2.30',
    ],
  ])('addresses of the cluster itself: %s', (line, message) => {
    write('clusters/prod/cluster.yaml', `${newClusterFile({ name: 'prod' }).replace(/^host:.*\n/m, '')}\n${line}\n`);
    tenants({ a: 'network: {addresses: [192.0.2.0/24]}\n' });
    expect(problems()).toMatchObject([{ path: 'network.addresses[0]', message: expect.stringContaining(message) }]);
    tenants({ a: 'network: {addresses: [192.0.2.128/25]}\n' });
    expect(problems()).toEqual([]);
  });

  it('a call to a tenant that lets it in is not a mistake', () => {
    tenants({ a: 'network: {to: [b]}\n', b: 'network: {from: [a]}\n' });
    expect(problems()).toEqual([]);
  });

  it("the platform's own repository", () => {
    write(
      'clusters/prod/cluster.yaml',
      newClusterFile({ name: 'prod', gitUrl: 'https://github.com/acme/platform.git' }),
    );
    tenants({ a: 'repositories: ["https://github.com/acme/platform"]\n' });
    expect(problems()).toMatchObject([{ path: 'repositories[0]', message: "is the platform's own repository" }]);
  });

  it("Kubeflow's profiles, where they do not run", () => {
    write(
      'clusters/prod/cluster.yaml',
      `${newClusterFile({ name: 'prod' })}\nkubeflow: {components: [], defaultProfile: {enabled: false}}\n`,
    );
    write('tenants/a/tenant.yaml', 'kind: kubeflow\nowner: ann@example.com\n');
    expect(problems()).toMatchObject([{ path: 'kind', message: expect.stringContaining('do not run on: prod') }]);
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
