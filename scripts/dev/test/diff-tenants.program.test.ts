import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Change } from '../../diff/compare.ts';
import type { ChangeCounts, ClusterDifference } from '../../diff/summary.ts';
import { type TestRepository, testRepository } from './repository.ts';

const clusterFile = (name: string) => `name: ${name}
host: ${name}.example.com
labels: {stage: ${name === 'one' ? 'live' : 'test'}}
auth:
  emailDomains: [example.com]
  users: [{email: ann@example.com}]
kubeflow: {components: []}
`;
const tenant = (more = '') => `kind: namespace\nowner: ann@example.com\n${more}`;

interface Shown extends Omit<ClusterDifference, 'changes'> {
  summary: ChangeCounts;
  changes: (Change & { diff: string })[];
}

let repository: TestRepository;

function commit(): void {
  repository.git('add', '-A');
  repository.git('commit', '--quiet', '-m', 'Change');
}

/** The difference against the last commit, by cluster. */
function differences(...parameters: string[]): Record<string, Shown> {
  const { code, stdout, stderr } = repository.breakwater('diff', '--base', 'HEAD', '--json', ...parameters);
  expect(code, stderr).toBe(0);
  const { clusters } = JSON.parse(stdout) as { clusters: Shown[] };
  return Object.fromEntries(clusters.map((shown) => [shown.cluster, shown]));
}

const brief = (shown: Shown | undefined) =>
  shown?.changes.map(
    ({ change, application, kind, namespace, name }) =>
      `${change} ${application} ${kind} ${namespace === '' ? '' : `${namespace}/`}${name}`,
  );

beforeEach(() => {
  repository = testRepository({ one: clusterFile('one'), two: clusterFile('two') });
  repository.write('tenants/red/tenant.yaml', tenant('clusters: {names: [one]}\n'));
  repository.write('tenants/blue/tenant.yaml', tenant());
  const rendered = repository.breakwater('render', '--all');
  expect(rendered.code, rendered.stderr).toBe(0);
  commit();
});
afterEach(() => repository.remove());

describe('npm run diff, for tenants', () => {
  it('shows what a new tenant gets, as the Applications that make it, in the clusters it belongs to', () => {
    repository.write('tenants/green/tenant.yaml', tenant('clusters: {labels: {stage: live}}\n'));
    repository.write(
      'tenants/green/apps/site/all.yaml',
      'apiVersion: v1\nkind: Secret\nmetadata: {name: web}\nstringData: {key: hunter2}\n',
    );
    const { one, two } = differences();
    expect(one?.notes).toEqual([]);
    expect(brief(one)).toEqual([
      'added tenant-green-access AppProject argocd/tenant-green',
      'added tenant-green-access AppProject argocd/tenant-green-apps',
      'added tenant-green-access Application argocd/tenant-green-access',
      'added tenant-green-access AuthorizationPolicy green/own-namespaces',
      'added tenant-green-access AuthorizationPolicy green/user-ann-example-com-clusterrole-admin',
      'added tenant-green-access NetworkPolicy green/openings',
      'added tenant-green-access RoleBinding green/applications',
      'added tenant-green-access RoleBinding green/user-ann-example-com-clusterrole-admin',
      'added tenant-green-access ServiceAccount argocd/tenant-green',
      'added tenant-green-apps Application argocd/tenant-green-apps',
      'added tenant-green-apps Secret green/web',
      'added tenant-green-place Application argocd/tenant-green-place',
      'added tenant-green-place AuthorizationPolicy green/default-deny',
      'added tenant-green-place DestinationRule green/gateway',
      'added tenant-green-place LimitRange green/tenant',
      'added tenant-green-place Namespace green',
      'added tenant-green-place NetworkPolicy green/default-deny',
      'added tenant-green-place ResourceQuota green/tenant',
      'added tenant-green-place ServiceAccount green/default',
    ]);
    expect(JSON.stringify(one)).not.toContain('hunter2');
    const gateway = one?.changes.find(({ name }) => name === 'tenant-green-access')?.diff;
    expect(gateway).toContain('host: one.example.com');
    expect(brief(two)?.map((line) => line.split(' ')[2])).toEqual([
      'Application',
      'Application',
      'Secret',
      'Application',
    ]);
  });

  it('shows what a changed line results in, for that tenant alone', () => {
    repository.write(
      'tenants/blue/tenant.yaml',
      tenant('members: [{group: acme:blue, role: view}]\nquota: {cpu: "4"}\n'),
    );
    const shown = differences('--cluster', 'two').two;
    expect(brief(shown)).toEqual([
      'changed tenant-blue-access AppProject argocd/tenant-blue',
      'changed tenant-blue-access AppProject argocd/tenant-blue-apps',
      expect.stringMatching(/^added tenant-blue-access AuthorizationPolicy blue\/group-acme-blue-clusterrole-view-/),
      expect.stringMatching(/^added tenant-blue-access RoleBinding blue\/group-acme-blue-clusterrole-view-/),
      'changed tenant-blue-place ResourceQuota blue/tenant',
    ]);
    expect(shown?.changes.at(-1)?.diff).toMatch(/- {4}requests\.cpu: "16"\n\+ {4}requests\.cpu: "4"/);
  });

  it('says of a removed tenant what goes at once and what stays, and of one that keeps nothing that all goes', () => {
    repository.write('tenants/blue/apps/web.yaml', 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: web}\n');
    repository.write('tenants/fleeting/tenant.yaml', tenant('deletionPolicy: delete\n'));
    commit();
    repository.git('rm', '-r', '--quiet', 'tenants/blue', 'tenants/fleeting');
    const { two } = differences('--cluster', 'two');
    const of = (change: string) => brief(two)?.filter((line) => line.startsWith(`${change} `)) ?? [];
    expect(of('kept')).toEqual([
      'kept tenant-blue-apps ConfigMap blue/web',
      'kept tenant-blue-place AuthorizationPolicy blue/default-deny',
      'kept tenant-blue-place DestinationRule blue/gateway',
      'kept tenant-blue-place LimitRange blue/tenant',
      'kept tenant-blue-place Namespace blue',
      'kept tenant-blue-place NetworkPolicy blue/default-deny',
      'kept tenant-blue-place ResourceQuota blue/tenant',
      'kept tenant-blue-place ServiceAccount blue/default',
    ]);
    expect(two?.summary).toMatchObject({ added: 0, changed: 0, kept: 8 });
    expect(of('removed')).toContain(
      'removed tenant-blue-access RoleBinding blue/user-ann-example-com-clusterrole-admin',
    );
    expect(of('removed')).toContain('removed tenant-fleeting-access Namespace fleeting');
    const text = repository.breakwater('diff', '--base', 'HEAD', '--cluster', 'two').stdout;
    expect(text).toMatch(/tenant-blue-place +0 added, 0 changed, 1 removed, 7 kept/);
    expect(text).toContain(
      '= two, wave 6, tenant-blue-place: Namespace blue (stays in the cluster, no longer managed)',
    );
    const markdown = repository.breakwater('diff', '--base', 'HEAD', '--cluster', 'two', '--markdown').stdout;
    expect(markdown).toMatch(/^<!-- breakwater:diff -->\n/);
    expect(markdown).toContain('tenant-blue-place | 0 | 0 | 1 | 7 |');
  });

  it('keeps the namespace that a tenant no longer lists, since its Application must not prune it', () => {
    repository.write('tenants/blue/tenant.yaml', tenant('namespaces: [blue, blue--dev]\n'));
    commit();
    repository.write('tenants/blue/tenant.yaml', tenant());
    const shown = brief(differences('--cluster', 'two').two);
    expect(shown).toContain('kept tenant-blue-place Namespace blue--dev');
    expect(shown).toContain('removed tenant-blue-access NetworkPolicy blue--dev/openings');
  });

  it('shows for each tenant what the chart of all gives now', () => {
    const values = readFileSync(join(repository.root, 'infrastructure/tenant/values.yaml'), 'utf8');
    repository.write('infrastructure/tenant/values.yaml', values.replace('cpu: "16"', 'cpu: "15"'));
    const { one, two } = differences();
    expect(brief(one)).toEqual([
      'changed tenant-blue-place ResourceQuota blue/tenant',
      'changed tenant-red-place ResourceQuota red/tenant',
    ]);
    expect(brief(two)).toEqual(['changed tenant-blue-place ResourceQuota blue/tenant']);
  });

  it('names a tenant that the chart refuses, whose objects stay as they are, and shows the others', () => {
    repository.write('tenants/blue/tenant.yaml', tenant('namespaces: [red]\n'));
    repository.write('tenants/red/apps/broken.yaml', 'a: [\n');
    repository.write('tenants/green/tenant.yaml', tenant());
    const shown = differences('--cluster', 'two').two;
    expect(brief(shown)).toContain('added tenant-green-place Namespace green');
    expect(shown?.changes.some(({ application }) => application.startsWith('tenant-blue'))).toBe(false);
    expect(shown?.notes.join('\n')).toMatch(/tenant-blue-place: what is there stays .* must be "blue"/);
    expect(shown?.notes.join('\n')).toMatch(/tenant-red-apps: .* tenants\/red\/apps\/broken.yaml cannot be read/);
  });
});
