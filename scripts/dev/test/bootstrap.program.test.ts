import { appendFileSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { snapshot } from './folder-snapshot.ts';
import { type TestRepository, testRepository } from './repository.ts';

let repository: TestRepository;

afterEach(() => repository.remove());

const small = (name: string, host: string) => `name: ${name}
host: ${host}
argocd: {install: false}
kubeflow: {components: []}
auth: {users: [{email: user@example.com}]}
`;

const commits = () => Number(repository.git('rev-list', '--count', 'HEAD'));
const remoteHead = () => repository.git('--git-dir', '.breakwater/remote.git', 'rev-parse', 'main');
const file = (path: string) => join(repository.root, path);

describe('a fresh clone', () => {
  it('is published without a commit, says what was skipped and what is next, and then has nothing to do', () => {
    repository = testRepository();
    const dry = snapshot(repository.root);
    const wouldDo = repository.breakwater('bootstrap', '--dry-run');
    expect(wouldDo.code, wouldDo.stderr).toBe(0);
    expect(snapshot(repository.root)).toEqual(dry);

    const first = repository.breakwater('bootstrap');
    expect(first.code, first.stderr).toBe(0);
    expect(commits()).toBe(1);
    expect(remoteHead()).toBe(repository.git('rev-parse', 'HEAD'));
    expect(first.stdout).toContain('Skipped: the cluster, because no Kubernetes context is set');
    expect(first.stdout).toContain('Next: set git.url');
    expect(readdirSync(file('.breakwater/demo/objects')).map((name) => name.slice(0, 2))).toEqual([
      '01',
      '02',
      '03',
      '04',
      '05',
      '06',
    ]);

    const second = repository.breakwater('bootstrap', '--json');
    const { steps } = JSON.parse(second.stdout) as { steps: { step: string; outcome: string; message: string }[] };
    expect(steps.filter(({ outcome }) => outcome === 'done')).toEqual([]);
    expect(steps.find(({ step }) => step === 'commit')?.message).toBe('nothing to commit');
    expect(commits()).toBe(1);
    expect(repository.git('status', '--porcelain')).toBe('');
  });

  it('needs no author identity, since there is nothing to commit; a new cluster needs one, and is not started without', () => {
    repository = testRepository(undefined, { GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_SYSTEM: '/dev/null' });
    repository.git('config', '--unset', 'user.name');
    repository.git('config', '--unset', 'user.email');
    expect(repository.breakwater('bootstrap')).toMatchObject({ code: 0 });
    expect(repository.breakwater('new', 'prod')).toMatchObject({ code: 0 });
    const refused = repository.breakwater('bootstrap', '--cluster', 'prod');
    expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining('git config --global user.name') });
    expect(readdirSync(file('clusters/prod'))).toEqual(['cluster.yaml']);
  });
});

describe('a cluster that is not there yet', () => {
  it('is not made by a typo: refused without a write, in a dry run, too, with the name of the command that makes one', () => {
    repository = testRepository({ 'prod-1': small('prod-1', 'a.example.com') });
    const before = snapshot(repository.root);
    for (const more of [[], ['--dry-run'], ['--json']]) {
      const typo = repository.breakwater('bootstrap', '--cluster', 'nope', ...more);
      expect(typo.code).toBe(2);
      expect(typo.stderr).toContain('there is no cluster "nope"');
      expect(typo.stderr).toContain('npm run new -- nope');
      expect(snapshot(repository.root)).toEqual(before);
    }
    expect(repository.breakwater('bootstrap', '--cluster', 'prdo-1').stderr).toContain('Did you mean "prod-1"?');
  });

  it('is rendered, committed with the cluster.yaml that `new` made, and pushed', () => {
    repository = testRepository();
    expect(repository.breakwater('new', 'prod')).toMatchObject({ code: 0 });
    const made = repository.breakwater('bootstrap', '--cluster', 'prod');
    expect(made.code, made.stderr).toBe(0);
    expect(commits()).toBe(2);
    expect(remoteHead()).toBe(repository.git('rev-parse', 'HEAD'));
    expect(repository.git('ls-tree', '--name-only', 'HEAD:clusters/prod')).toContain('cluster.yaml');
    expect(repository.git('status', '--porcelain')).toBe('');
    expect(made.stdout).toContain('until the host is known');
  });
});

describe('a change of cluster.yaml', () => {
  it('becomes one commit of generated files, which leaves alone what is staged, dirty or untracked', () => {
    repository = testRepository({ one: small('one', 'a.example.com'), two: small('two', 'b.example.com') });
    const which = repository.breakwater('bootstrap');
    expect(which.code).toBe(2);
    expect(which.stderr).toContain('one, two');
    expect(repository.breakwater('bootstrap', '--cluster', 'one').code).toBe(0);
    expect(repository.breakwater('bootstrap', '--cluster', 'two').code).toBe(0);
    expect(commits()).toBe(3);

    repository.write('clusters/one/cluster.yaml', small('one', 'c.example.com'));
    repository.write('staged.txt', 'staged\n');
    repository.git('add', 'staged.txt');
    repository.write('untracked.txt', 'untracked\n');
    appendFileSync(file('tenants/README.md'), 'dirty\n');
    const changed = repository.breakwater('bootstrap', '--cluster', 'one');
    expect(changed.code, changed.stderr).toBe(0);
    expect(commits()).toBe(4);
    expect(
      repository
        .git('status', '--porcelain')
        .split('\n')
        .map((line) => line.trim())
        .toSorted(),
    ).toEqual(['?? untracked.txt', 'A  staged.txt', 'M tenants/README.md']);
    expect(changed.stdout).toContain('with your changes in clusters/one/cluster.yaml');
    const committed = repository.git('show', '--name-only', '--format=', 'HEAD').split('\n');
    expect(committed).toContain('clusters/one/values/dex.yaml');
    expect(
      committed.filter((path) => !/^clusters\/one\/(cluster\.yaml|README|apps|values|manifests)/.test(path)),
    ).toEqual([]);
  });

  it('commits deletions too, and refuses many of them until they are named, also when they were pruned before', () => {
    const parts = (list: string) =>
      `${small('one', 'a.example.com').replace('components: []', `components: [${list}]`)}`;
    repository = testRepository({ one: parts('central-dashboard, profiles, volumes, tensorboards, katib, notebooks') });
    expect(repository.breakwater('bootstrap', '--no-push').code).toBe(0);
    repository.write('clusters/one/cluster.yaml', parts('central-dashboard, profiles'));
    const refused = repository.breakwater('bootstrap', '--no-push');
    expect(refused.code).toBe(2);
    expect(refused.stderr).toContain('this would remove 4 components');
    const named = /--remove \S+/.exec(refused.stderr)?.[0].split(' ') ?? [];
    expect(repository.breakwater('render').code).toBe(0);
    expect(repository.breakwater('bootstrap', '--no-push').code).toBe(2);
    expect(repository.breakwater('bootstrap', '--no-push', '--remove', 'no-such-thing').code).toBe(2);
    expect(repository.breakwater('bootstrap', '--no-push', ...named).code).toBe(0);
    expect(repository.git('status', '--porcelain')).toBe('');
    expect(repository.git('ls-tree', '-r', '--name-only', 'HEAD')).not.toContain('kubeflow-katib.yaml');
  });

  it('names a generated file that was edited by hand before it is overwritten, and refuses to touch one that is not marked', () => {
    repository = testRepository({ one: small('one', 'a.example.com') });
    expect(repository.breakwater('bootstrap', '--no-push').code).toBe(0);
    appendFileSync(file('clusters/one/values/dex.yaml'), 'edited: true\n');
    const run = repository.breakwater('bootstrap', '--no-push');
    expect(run.stdout).toMatch(/overwrite .*clusters\/one\/values\/dex\.yaml \(has manual edits/);
    repository.write('clusters/one/values/dex.yaml', 'mine: true\n');
    const refused = repository.breakwater('bootstrap', '--no-push');
    expect(refused.code).toBe(1);
    expect(refused.stderr).toContain('clusters/one/values/dex.yaml has no "generated" mark');
    expect(readFileSync(file('clusters/one/values/dex.yaml'), 'utf8')).toBe('mine: true\n');
  });
});

describe('a repository that cannot be committed to or published', () => {
  it('is refused with a hint, and nothing is written', () => {
    repository = testRepository({ one: small('one', 'a.example.com') });
    repository.git('switch', '--quiet', '--create', 'feature');
    const wrongBranch = repository.breakwater('bootstrap');
    expect(wrongBranch).toMatchObject({ code: 2, stderr: expect.stringContaining('git switch main') });
    repository.git('checkout', '--quiet', '--detach');
    const detached = repository.breakwater('bootstrap');
    expect(detached).toMatchObject({ code: 1, stderr: expect.stringContaining('HEAD is detached') });
    rmSync(file('.git'), { recursive: true });
    const zip = repository.breakwater('bootstrap');
    expect(zip).toMatchObject({ code: 1, stderr: expect.stringContaining('git init') });
    expect(readdirSync(file('clusters/one'))).toEqual(['cluster.yaml']);
    const rendered = repository.breakwater('render');
    expect(rendered.code, rendered.stderr).toBe(0);
  });
});

describe('a folder below the root', () => {
  it('works on the repository; one outside of any says so', () => {
    repository = testRepository();
    expect(repository.breakwaterIn('tenants', 'render', '--check')).toMatchObject({ code: 0, stderr: '' });
    const outside = repository.breakwaterIn('..', 'render', '--check');
    expect(outside).toMatchObject({ code: 2, stderr: expect.stringContaining('is not a Breakwater repository') });
  });
});
