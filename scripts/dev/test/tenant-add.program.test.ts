import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type TestRepository, testRepository } from './repository.ts';

let repository: TestRepository;

beforeEach(() => {
  repository = testRepository();
});
afterEach(() => repository.remove());

const add = (name: string, ...parameters: string[]) =>
  repository.breakwater('tenant', 'add', name, '--owner', 'ann@example.com', ...parameters);

describe('npm run tenant -- add, with a mistake', () => {
  it('names each option as it was typed, no line of a file that is not there, and writes nothing', () => {
    const refused = add(
      'red',
      ...[
        '--owner',
        'ann',
        '--kind',
        'namspace',
        '--display-name',
        '{{x}}',
        '--members',
        'bob@example.com,cy@example.com=boss',
      ],
      ...[
        '--quota',
        'memory=32Gi,cpu=lots,foo=1,gpus=2}',
        '--clusters',
        'demo,nowhere',
        '--repositories',
        'file:///etc',
      ],
    );
    expect(refused.code).toBe(2);
    for (const line of [
      '--owner ann: must be an e-mail address',
      '--kind namspace: must be one of kubeflow, namespace',
      '--display-name {{x}}: must be on one line',
      '--members cy@example.com=boss: must be one of admin, edit, view',
      '--quota cpu=lots: must be a number of cores',
      '--quota foo=1: unknown key',
      '--quota gpus=2}: must be a number',
      '--repositories file:///etc: must not be a file:// address',
    ])
      expect(refused.stderr).toContain(`\n  ${line}`);
    expect(refused.stderr).toContain('8 mistakes on the command line; nothing was written');
    expect(refused.stderr).not.toContain('tenant.yaml');
    expect(repository.git('status', '--porcelain')).toBe('');
  });

  it('says the same of what only a look at the others shows, and of the name', () => {
    repository.write(
      'tenants/zoe/tenant.yaml',
      'kind: namespace\nowner: zoe@example.com\nrepositories: ["https://github.com/acme/z.git"]\n',
    );
    const refused = add(
      'red',
      '--clusters',
      'demo,nowhere',
      '--repositories',
      'https://github.com/acme/z.git',
      '--json',
    );
    expect(JSON.parse(refused.stdout).error.problems).toEqual([
      expect.objectContaining({ typed: '--clusters nowhere', message: 'there is no cluster "nowhere"' }),
      expect.objectContaining({
        typed: '--repositories https://github.com/acme/z.git',
        message: 'belongs to the tenant zoe (tenants/zoe/tenant.yaml)',
      }),
    ]);
    repository.write(
      'clusters/demo/cluster.yaml',
      'name: demo\nhost: a.example.com\nauth: {emailDomains: [example.com], users: [{email: ann@example.com}]}\nargocd: {namespace: cd}\n',
    );
    expect(add('cd').stderr).toContain('\n  cd: the namespace "cd" is reserved on the cluster demo');
    expect(add('../red')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining(`"../red" cannot be a tenant's name`),
    });
    expect(repository.git('status', '--porcelain').split('\n')).toHaveLength(2);
  });

  it("points at the lines of another tenant's file, which is there to be read", () => {
    repository.write('tenants/zoe/tenant.yaml', 'kind: namespace\nowner: zoe\n');
    const refused = add('red');
    expect(refused.stderr).toContain('1 mistake; nothing was written');
    expect(refused.stderr).toContain('tenants/zoe/tenant.yaml:2:8: owner:');
  });

  it('writes nothing either when what the cluster gets can not be rendered', () => {
    repository.write('infrastructure/tenant/templates/broken.yaml', '{{ fail "not today" }}\n');
    expect(add('red')).toMatchObject({ code: 1, stderr: expect.stringContaining('not today') });
    expect(repository.git('status', '--porcelain')).toBe('?? infrastructure/tenant/templates/broken.yaml');
  });
});

it('list has a heading, and one row for each tenant', () => {
  add('red');
  const [heading, row] = repository.breakwater('tenant', 'list').stdout.split('\n');
  expect(heading).toMatch(/^TENANT +KIND +OWNER +CLUSTERS$/);
  expect(row).toMatch(/^red +namespace +ann@example\.com +demo$/);
});
