import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { type TestRepository, testRepository } from './repository.ts';

let repository: TestRepository;
afterEach(() => repository.remove());

const clusterFile = (components: string) => `name: one
host: a.example.com
argocd: {install: false}
kubeflow: {components: [${components}]}
auth: {users: [{email: user@example.com}]}
`;
const all = 'central-dashboard, profiles, volumes, tensorboards, katib, notebooks';

function start(): void {
  repository = testRepository({ one: clusterFile(all) });
  render();
  repository.git('add', '-A');
  repository.git('commit', '--quiet', '-m', 'Render');
  repository.git('update-ref', 'refs/remotes/origin/main', 'HEAD');
}

const render = () => expect(repository.breakwater('render').code).toBe(0);

describe('validate, against where the branch parted from its remote', () => {
  it('refuses the deletion of many Applications until each is named in removals.yaml, and the entry once it is back', () => {
    start();
    repository.write('clusters/one/cluster.yaml', clusterFile('central-dashboard, profiles'));
    render();
    const refused = repository.breakwater('validate');
    expect(refused.code, refused.stderr).toBe(1);
    expect(refused.stdout).toContain('one loses 4 Applications');
    const names = /If that is intended, add: (.*)/.exec(refused.stdout)?.[1]?.split(', ') ?? [];
    expect(names).toContain('clusters/one/kubeflow-katib');
    repository.git('add', '-A');
    repository.git('commit', '--quiet', '-m', 'Committed, it is the same');
    expect(repository.breakwater('validate').code).toBe(1);
    expect(repository.breakwater('validate', '--base', 'HEAD').code).toBe(0);

    repository.write('removals.yaml', `removals:\n${names.map((name) => `  - ${name}\n`).join('')}`);
    const named = repository.breakwater('validate', '--json');
    expect(named.code, named.stderr).toBe(0);
    expect(JSON.parse(named.stdout)).toMatchObject({ base: repository.git('rev-parse', 'HEAD~1'), removals: [] });
    repository.write('clusters/one/cluster.yaml', clusterFile(all));
    render();
    expect(repository.breakwater('validate').stdout).toContain('which exists: remove the entry');
  });

  it('takes a tenant away by one command, which notes it for the review, and brings it back by another', () => {
    start();
    const add = () => repository.breakwater('tenant', 'add', 'red', '--owner', 'ann@example.com');
    expect(add().code).toBe(0);
    render();
    repository.git('add', '-A');
    repository.git('commit', '--quiet', '-m', 'Red comes');
    repository.git('update-ref', 'refs/remotes/origin/main', 'HEAD');
    const dry = repository.breakwater('tenant', 'remove', 'red', '--dry-run');
    expect(dry.stdout).toContain('would note tenants/red in removals.yaml');
    expect(repository.git('status', '--porcelain')).toBe('');
    expect(repository.breakwater('tenant', 'remove', 'red').code).toBe(0);
    render();
    const removed = repository.breakwater('validate');
    expect(removed.code, removed.stdout + removed.stderr).toBe(0);
    expect(add().code).toBe(0);
    render();
    const back = repository.breakwater('validate');
    expect(back.code, back.stdout + back.stderr).toBe(0);
  });

  it('refuses the deletion of a tenant, and says what a shallow clone lacks', () => {
    start();
    repository.git('switch', '--quiet', '--create', 'change');
    repository.write('tenants/red/tenant.yaml', 'displayName: Red\n');
    repository.git('add', '-A');
    repository.git('commit', '--quiet', '-m', 'Red comes');
    repository.git('update-ref', 'refs/remotes/origin/main', 'HEAD');
    repository.git('rm', '-r', '--quiet', 'tenants/red');
    expect(repository.breakwater('validate').stdout).toContain('add: tenants/red');
    repository.git('commit', '--quiet', '-m', 'Red goes');
    repository.git('switch', '--quiet', 'main');
    repository.git('commit', '--quiet', '--allow-empty', '-m', 'Somebody else');
    repository.git('update-ref', 'refs/remotes/origin/main', 'HEAD');

    const shallow = testRepository({ one: clusterFile(all) });
    try {
      const { git } = shallow;
      git('fetch', '--quiet', '--depth=1', `file://${repository.root}`, 'main:refs/remotes/origin/main');
      git('fetch', '--quiet', '--depth=1', `file://${repository.root}`, 'change:refs/heads/change');
      git('switch', '--quiet', '--force', 'change');
      const lacking = shallow.breakwater('validate');
      expect(lacking).toMatchObject({ code: 1, stderr: expect.stringContaining('fetch-depth: 0') });
    } finally {
      shallow.remove();
    }
  });
});

describe('bootstrap --remove', () => {
  it('notes what it was asked to remove, so that validate agrees on the pull request', () => {
    start();
    repository.write(
      'clusters/one/cluster.yaml',
      clusterFile('central-dashboard, profiles, volumes, tensorboards, katib'),
    );
    const refused = repository.breakwater('bootstrap', '--no-push');
    expect(refused.stderr).toContain('deletes all objects of their kinds');
    repository.git('commit', '--quiet', '--all', '-m', 'No notebooks');
    const removed = repository.breakwater('bootstrap', '--no-push', '--remove', 'kubeflow-notebooks');
    expect(removed.code, removed.stderr).toBe(0);
    expect(readFileSync(join(repository.root, 'removals.yaml'), 'utf8')).toContain(
      '- clusters/one/kubeflow-notebooks\n',
    );
    expect(repository.git('status', '--porcelain')).toBe('');
    const checked = repository.breakwater('validate');
    expect(checked.code, checked.stdout).toBe(0);
    expect(repository.breakwater('bootstrap', '--no-push').code).toBe(0);
  });
});
