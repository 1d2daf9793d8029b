import { execFileSync } from 'node:child_process';
import { appendFileSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { gitIn } from '../testing/git-in.ts';
import { snapshot } from './folder-snapshot.ts';
import { type TestRepository, testRepository } from './repository.ts';

let repository: TestRepository;
afterEach(() => repository.remove());

const cluster = (name: string, more = '') => `name: ${name}
host: ${name}.example.com
kubeflow: {components: []}
auth: {users: [{email: user@example.com}]}
${more}`;
const file = (path: string) => join(repository.root, path);
/** Not the remote: each start sets its HEAD to what it was, which changes the file's time. */
const files = () =>
  Object.entries(snapshot(repository.root)).filter(([path]) => !path.startsWith('.breakwater/remote.git'));
const pushed = () => repository.git('--git-dir', '.breakwater/remote.git', 'rev-parse', 'main');

/** Checks what was pushed, as anyone would who clones it. */
function validateAClone() {
  const clone = join(dirname(repository.root), 'clone');
  execFileSync('git', ['clone', '--quiet', '--branch', 'main', file('.breakwater/remote.git'), clone]);
  const result = repository.breakwaterIn('../clone', 'validate');
  rmSync(clone, { recursive: true });
  return result;
}

function start(clusters: Readonly<Record<string, string>> = { prod: cluster('prod') }): void {
  repository = testRepository(clusters);
  for (const name of Object.keys(clusters))
    expect(repository.breakwater('bootstrap', '--cluster', name)).toMatchObject({ code: 0 });
}

describe('what the owner of a cluster has not committed yet', () => {
  it('goes into the commit of the tree that is made from it, and a fresh clone of what was pushed is valid', () => {
    start();
    repository.write('clusters/prod/cluster.yaml', cluster('prod', 'argocd: {root: {name: prod}}\n'));
    repository.write('clusters/prod/overrides/dex.yaml', 'replicaCount: 3\n');
    repository.write('clusters/prod/overrides/.notes.txt', 'mine\n');
    const dry = repository.breakwater('bootstrap', '--dry-run');
    expect(dry.stdout).toContain('with your changes in clusters/prod/cluster.yaml, clusters/prod/overrides/dex.yaml');
    const run = repository.breakwater('bootstrap');
    expect(run.code, run.stderr).toBe(0);
    expect(run.stdout).toContain('with your changes in clusters/prod/cluster.yaml, clusters/prod/overrides/dex.yaml');
    expect(repository.git('status', '--porcelain')).toBe('?? clusters/prod/overrides/.notes.txt');
    expect(validateAClone()).toMatchObject({ code: 0 });

    rmSync(file('clusters/prod/overrides/dex.yaml'));
    expect(repository.breakwater('bootstrap')).toMatchObject({ code: 0 });
    expect(repository.git('ls-tree', '-r', '--name-only', 'HEAD', 'clusters/prod/overrides')).toBe('');
    expect(validateAClone()).toMatchObject({ code: 0 });
  });

  it.each<[what: string, path: string, change: () => void]>([
    [
      'a values file',
      'infrastructure/dex/values.yaml',
      () => appendFileSync(file('infrastructure/dex/values.yaml'), '# mine\n'),
    ],
    [
      'a patch that is gone',
      'infrastructure/argocd/kustomization.yaml',
      () =>
        writeFileSync(
          file('infrastructure/argocd/kustomization.yaml'),
          'apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\n',
        ),
    ],
    [
      'a new tenant',
      'tenants/team-a/',
      () => repository.write('tenants/team-a/tenant.yaml', 'kind: namespace\nowner: ann@example.com\n'),
    ],
  ])('is refused where every cluster reads it: %s, and both hints lead out', (_, path, change) => {
    start();
    change();
    const [head, before] = [pushed(), files()];
    const refused = repository.breakwater('bootstrap');
    expect(refused.code).toBe(2);
    expect(refused.stderr).toContain(
      `the tree of clusters/prod is rendered from files that are not committed: ${path}`,
    );
    expect(files()).toEqual(before);
    const [, commit = '', stash = ''] =
      /\((git add .*? && git commit)\).*\((git stash .*)\)\./.exec(refused.stderr) ?? [];
    const run = (command: string) => execFileSync('sh', ['-c', command], { cwd: repository.root });
    run(stash);
    expect(repository.breakwater('bootstrap')).toMatchObject({ code: 0 });
    expect(pushed()).toBe(head);
    repository.git('stash', 'pop', '--quiet');
    run(`${commit} --quiet --message Mine`);
    const done = repository.breakwater('bootstrap');
    expect(done.code, done.stderr).toBe(0);
    expect(validateAClone()).toMatchObject({ code: 0 });
  });

  it('on another branch: the hint makes the branch, and that has the cluster.yaml that names it', () => {
    start();
    const main = pushed();
    repository.write('clusters/prod/cluster.yaml', cluster('prod', 'git: {branch: test}\n'));
    const refused = repository.breakwater('bootstrap');
    expect(refused.code).toBe(2);
    const [, command = ''] = /Run "(.*?)"/.exec(refused.stderr) ?? [];
    expect(command).toBe('git switch -c test');
    execFileSync('sh', ['-c', `${command} --quiet`], { cwd: repository.root });
    const run = repository.breakwater('bootstrap');
    expect(run.code, run.stderr).toBe(0);
    expect(repository.git('status', '--porcelain')).toBe('');
    expect(repository.git('show', 'HEAD:clusters/prod/cluster.yaml')).toContain('branch: test');
    expect(repository.breakwater('render', '--check')).toMatchObject({ code: 0 });
    expect(pushed()).toBe(main);
    repository.git('switch', '--quiet', 'main');
    repository.write('clusters/prod/cluster.yaml', cluster('prod', 'git: {branch: test}\n'));
    expect(repository.breakwater('bootstrap').stderr).toContain('Run "git switch test"');
  });
});

describe('what validate refuses', () => {
  it.each<[what: string, names: string, change: () => void]>([
    [
      'a merged value of an override',
      'clusters/prod/overrides/istiod.yaml',
      () => repository.write('clusters/prod/overrides/istiod.yaml', 'meshConfig: {extensionProviders: []}\n'),
    ],
    [
      'a version that is not one',
      'clusters/prod/cluster.yaml:5:38: components.cert-manager.version: must be one version',
      () =>
        repository.write(
          'clusters/prod/cluster.yaml',
          cluster('prod', 'components: {cert-manager: {version: "1.19.x"}}\n'),
        ),
    ],
    [
      "a tenant's manifest",
      'tenants/team-a/apps/role.yaml',
      () => {
        repository.write('tenants/team-a/tenant.yaml', 'kind: namespace\nowner: ann@example.com\n');
        repository.write(
          'tenants/team-a/apps/role.yaml',
          'apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata: {name: mine}\nrules: []\n',
        );
        repository.git('add', 'tenants');
        repository.git('commit', '--quiet', '--message', 'Add a tenant');
      },
    ],
    [
      'a tree of another cluster that was rendered from older inputs',
      'clusters/other/apps',
      () => {
        const text = readFileSync(file('infrastructure/dex/upstream.yaml'), 'utf8');
        repository.write('infrastructure/dex/upstream.yaml', text.replace(/^version: .*/m, 'version: 0.23.0'));
        repository.git('commit', '--quiet', '--all', '--message', 'Take an older Dex');
      },
    ],
  ])('is not published, committed or written: %s', (_, names, change) => {
    start({ prod: cluster('prod'), other: cluster('other') });
    change();
    const [remote, before] = [pushed(), files()];
    const checked = repository.breakwater('validate');
    expect(checked.code).not.toBe(0);
    for (const more of [[], ['--dry-run'], ['--no-push']]) {
      const refused = repository.breakwater('bootstrap', '--cluster', 'prod', ...more);
      expect(refused.code, refused.stdout).toBeGreaterThan(0);
      expect(refused.stderr).toContain(names);
      expect(files()).toEqual(before);
    }
    expect(pushed()).toBe(remote);
  });
});

describe('a remote that is another one than it seems', () => {
  const bare = (name: string) => {
    const folder = join(dirname(repository.root), name);
    execFileSync('git', ['init', '--quiet', '--bare', '--initial-branch=main', folder]);
    return `file://${encodeURI(folder)}`;
  };
  const use = (url: string) =>
    repository.write('clusters/prod/cluster.yaml', cluster('prod', `git: {url: ${JSON.stringify(url)}}\n`));

  it('by insteadOf: both addresses are said', () => {
    repository = testRepository({ prod: cluster('prod') });
    const [url, real] = [bare('some.git'), bare('other.git')];
    use(url);
    repository.git('config', `url.${real}.insteadOf`, url);
    const run = repository.breakwater('bootstrap');
    expect(run.code, run.stderr).toBe(0);
    expect(run.stderr).toMatch(/warning: git rewrites file:\S*some\.git to file:\S*other\.git .*insteadOf/);
    expect(repository.breakwater('doctor').stdout).toContain('insteadOf');
  });

  it('with a README of the host: refused before anything is written or committed, and the hint leads out', () => {
    repository = testRepository({ prod: cluster('prod') });
    const url = bare('made.git');
    const seed = join(dirname(repository.root), 'seed');
    execFileSync('git', ['init', '--quiet', '--initial-branch=main', seed]);
    writeFileSync(join(seed, 'HOST.md'), 'Hello\n');
    const at = gitIn(seed, { author: 'Host' });
    at('add', '.');
    at('commit', '--quiet', '--message', 'Initial commit');
    at('push', '--quiet', url, 'main');
    use(url);
    const [head, status] = [repository.git('rev-parse', 'HEAD'), repository.git('status', '--porcelain')];
    const refused = repository.breakwater('bootstrap');
    expect(refused.code).toBe(1);
    expect(refused.stderr).toContain('no commit in common');
    expect([repository.git('rev-parse', 'HEAD'), repository.git('status', '--porcelain')]).toEqual([head, status]);
    repository.git(
      'pull',
      '--quiet',
      '--no-rebase',
      '--no-edit',
      '--autostash',
      '--allow-unrelated-histories',
      url,
      'main',
    );
    expect(repository.breakwater('bootstrap')).toMatchObject({ code: 0 });
  });
});
