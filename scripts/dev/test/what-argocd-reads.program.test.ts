import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, lstatSync, mkdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { gitIn } from '../testing/git-in.ts';
import { type TestRepository, testRepository } from './repository.ts';

let repository: TestRepository;
const at = (path: string) => join(repository.root, path);
const link = (path: string, target: string) => {
  mkdirSync(dirname(at(path)), { recursive: true });
  symlinkSync(target, at(path));
};
/** A repository in the folder, with a commit: `git add` makes a submodule of it. */
function clone(path: string): void {
  mkdirSync(at(path), { recursive: true });
  const git = gitIn(at(path), { author: 'x' });
  git('init', '--quiet');
  git('commit', '--quiet', '--allow-empty', '--message', 'Start');
}

/** Says what a command found about a path. */
const about = (path: string, text: string) => text.split('\n').filter((line) => line.includes(path));

const gateway = 'clusters/demo/manifests/gateway';
const openRoute = JSON.stringify({
  apiVersion: 'networking.istio.io/v1',
  kind: 'VirtualService',
  metadata: { name: 'open', namespace: 'ingress' },
  spec: {
    hosts: ['*'],
    gateways: ['http-redirect'],
    http: [{ route: [{ destination: { host: 'centraldashboard.kubeflow' } }] }],
  },
});

describe('an entry of a generated folder that no run wrote', () => {
  const entries: Record<string, (path: string) => void> = {
    [`${gateway}/Kustomization`]: (path) =>
      repository.write(
        path,
        'apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources: [gateway-ingress-gateway.yaml]\n',
      ),
    [`${gateway}/kustomization.yml`]: (path) => repository.write(path, 'resources: [gateway-ingress-gateway.yaml]\n'),
    [`${gateway}/x.json`]: (path) => repository.write(path, openRoute),
    [`${gateway}/x.yaml`]: (path) => repository.write(path, openRoute),
    'clusters/demo/manifests/dex/y.jsonnet': (path) => repository.write(path, '{x: importstr "/proc/self/environ"}\n'),
    'clusters/demo/manifests/dex/Chart.yaml': (path) => repository.write(path, 'name: x\nversion: 1.0.0\n'),
    'clusters/demo/manifests/dex/.argocd-source.yaml': (path) =>
      repository.write(path, 'directory: null\nkustomize: {}\n'),
    'clusters/demo/manifests/dex/.hidden': (path) => repository.write(path, 'x\n'),
    'clusters/demo/manifests/dex/deep/er/x.yaml': (path) => repository.write(path, openRoute),
    'clusters/demo/apps/.argocd-source-platform.yaml': (path) =>
      repository.write(path, 'kustomize: {namePrefix: x-}\n'),
    'clusters/demo/apps/run.sh': (path) => {
      repository.write(path, '#!/bin/sh\n');
      chmodSync(at(path), 0o755);
    },
    'clusters/demo/values/link.yaml': (path) => link(path, 'dex.yaml'),
    'clusters/demo/values/pipe': (path) => execFileSync('mkfifo', [at(path)]),
    'clusters/demo/values/vendor': clone,
  };
  const paths = Object.keys(entries);
  const notInGit = 'clusters/demo/values/pipe';

  beforeAll(() => {
    repository = testRepository();
    for (const [path, make] of Object.entries(entries)) make(path);
    mkdirSync(at('clusters/demo/manifests/empty/folder'), { recursive: true });
    repository.write('.git/info/exclude', '.DS_Store\n');
    repository.write('clusters/demo/values/.DS_Store', 'x');
  });
  afterAll(() => repository.remove());

  it.each(['validate', 'render --check', 'render'])('is named by %s', (command) => {
    const { code, stdout, stderr } = repository.breakwater(...command.split(' '));
    expect(code).toBe(['validate', 'render --check'].includes(command) ? 1 : 0);
    for (const path of paths) expect(about(path, stdout + stderr), path).not.toEqual([]);
    expect(stdout + stderr).not.toMatch(/DS_Store|manifests\/empty/);
    expect(stdout + stderr).toMatch(/overrides\//);
  });

  it('is named by diff, as what it cannot show', () => {
    const { stdout } = repository.breakwater('diff', '--base', 'HEAD', '--json');
    const { notShown } = JSON.parse(stdout) as { notShown: string[] };
    expect(notShown).toEqual(expect.arrayContaining(paths));
    expect(notShown).not.toContain('clusters/demo/values/.DS_Store');
    for (const format of [[], ['--markdown']]) {
      const text = repository.breakwater('diff', '--base', 'HEAD', ...format).stdout;
      expect(text).toContain(`${paths.length} files that Argo CD might read and this command cannot show`);
      expect(text.replaceAll('\\', '')).toContain('clusters/demo/manifests/gateway/Kustomization');
    }
    expect(repository.breakwater('diff', '--base', 'HEAD', '--exit-code').code).toBe(1);
  });

  it('stops a bootstrap before it writes or commits', () => {
    const head = repository.git('rev-parse', 'HEAD');
    const { code, stderr } = repository.breakwater('bootstrap');
    expect(code).toBe(1);
    expect(stderr).toContain(`${gateway}/Kustomization is not a generated file`);
    expect(repository.git('rev-parse', 'HEAD')).toBe(head);
  });

  it('stays where it is', () => {
    for (const path of paths.filter((each) => each !== notInGit)) expect(existsSync(at(path)), path).toBe(true);
    expect(readFileSync(at(`${gateway}/x.json`), 'utf8')).toBe(openRoute);
  });
});

it('a generated file that may be executed is drift, and is written again', () => {
  repository = testRepository();
  const path = 'clusters/demo/apps/05-dex.yaml';
  chmodSync(at(path), 0o755);
  const { code, stdout } = repository.breakwater('validate');
  expect({ code, about: about(path, stdout) }).toEqual({ code: 1, about: [expect.stringContaining('is executable')] });
  expect(repository.breakwater('render', '--check').stdout).toContain(`executable ${path}`);
  expect(repository.breakwater('render').code).toBe(0);
  expect(lstatSync(at(path)).mode & 0o777).toBe(0o644);
  expect(repository.breakwater('validate').code).toBe(0);
  repository.remove();
});

it('on a file system that has no modes, no file counts as executable', () => {
  repository = testRepository();
  for (const path of ['cluster.yaml', 'apps/05-dex.yaml']) chmodSync(at(`clusters/demo/${path}`), 0o777);
  expect(repository.breakwater('render', '--check').code).toBe(0);
  repository.remove();
});

it('a link to a cache elsewhere, which Git does not have, is not a finding', () => {
  repository = testRepository();
  link('.breakwater', '../elsewhere');
  expect(repository.breakwater('validate').code).toBe(0);
  repository.remove();
});

describe('an entry anywhere in the repository', () => {
  const evil = 'extraArgs:\n  skip-auth-regex: ".*"\n';
  /** Each with the words that its finding has. */
  const entries: Record<string, [words: string, make: (path: string) => void]> = {
    'clusters/demo/overrides/oauth2-proxy.yaml': ['symbolic link', (path) => link(path, '../../../docs/evil.yaml')],
    'infrastructure/oauth2-proxy/values.yaml': [
      'symbolic link',
      (path) => {
        rmSync(at(path));
        link(path, '../../docs/evil.yaml');
      },
    ],
    'infrastructure/tenant/templates/more.yaml': ['symbolic link', (path) => link(path, 'place.yaml')],
    'apps/grafana/more.yaml': ['symbolic link', (path) => link(path, 'values.yaml')],
    'tenants/red/apps/link.yaml': ['symbolic link', (path) => link(path, '../../../docs/evil.yaml')],
    'docs/passwd.txt': ['is a link out of the repository', (path) => link(path, '/etc/passwd')],
    'docs/above.txt': ['is a link out of the repository', (path) => link(path, '../../above.txt')],
    'infrastructure/tenant/.argocd-source.yaml': ['remove it', (path) => repository.write(path, 'helm: null\n')],
    'tenants/red/apps/.argocd-source-tenant-red-apps.yaml': [
      'remove it',
      (path) => repository.write(path, 'directory: null\nkustomize: {}\n'),
    ],
    'tenants/red/apps/vendor': ['submodule', clone],
    'infrastructure/vendor': ['submodule', clone],
    '.gitmodules': [
      'submodule',
      (path) =>
        repository.write(path, '[submodule "x"]\n\tpath = infrastructure/vendor\n\turl = https://git.example.com/x\n'),
    ],
  };
  const paths = Object.keys(entries);
  const inside = 'docs/inside.txt';

  beforeAll(() => {
    repository = testRepository();
    repository.write('docs/evil.yaml', evil);
    repository.write('tenants/red/tenant.yaml', 'kind: namespace\nowner: ann@example.com\n');
    for (const [path, [, make]] of Object.entries(entries)) make(path);
    link(inside, '../docs/evil.yaml');
    link('.breakwater/cache', '/etc');
    link('node_modules/.bin/x', '../../../x');
  });
  afterAll(() => repository.remove());

  const named = () => {
    const { code, stdout, stderr } = repository.breakwater('validate', '--json');
    const { repository: findings } = JSON.parse(stdout) as { repository: { file: string; message: string }[] };
    return { code, stderr, findings };
  };

  it.each(['on disk', 'added', 'committed'])('is a finding when it is %s', (state) => {
    if (state !== 'on disk') repository.git('add', '--all');
    if (state === 'committed') repository.git('commit', '--quiet', '--message', 'Add');
    const { code, findings } = named();
    expect(code).toBe(1);
    for (const [path, [words]] of Object.entries(entries)) {
      const messages = findings.filter(({ file }) => file === path).map(({ message }) => message);
      expect(messages, path).toEqual([expect.stringContaining(words)]);
    }
    expect(findings.map(({ file }) => file).sort()).toEqual([...paths].sort());
  });

  it('is named by diff, with what is built from other files', () => {
    const files = ['x.jsonnet', 'a/Kustomization', 'a/kustomization.yaml', 'b/Chart.yaml'].map(
      (name) => `tenants/red/apps/${name}`,
    );
    for (const path of files) repository.write(path, '{}\n');
    const { notShown } = JSON.parse(repository.breakwater('diff', '--base', 'HEAD', '--json').stdout) as {
      notShown: string[];
    };
    expect(notShown).toEqual([...paths, ...files].sort());
    for (const path of files) rmSync(at(path));
  });

  it('is named by diff', () => {
    const { stdout } = repository.breakwater('diff', '--base', 'HEAD');
    expect(stdout).toContain(`${paths.length} files that Argo CD might read and this command cannot show`);
    for (const path of paths) expect(stdout).toContain(path);
  });

  it('stops a bootstrap before it commits or pushes, also when only the index lost it', () => {
    repository.git('rm', '--quiet', '--cached', 'docs/passwd.txt', 'infrastructure/vendor');
    const head = repository.git('rev-parse', 'HEAD');
    const { code, stderr } = repository.breakwater('bootstrap');
    expect(code).toBe(1);
    for (const [path, [words]] of Object.entries(entries)) expect(stderr).toMatch(new RegExp(`${path} .*${words}`));
    expect(repository.git('rev-parse', 'HEAD')).toBe(head);
    expect(repository.git('ls-remote', '.breakwater/remote.git')).toBe('');
    repository.git('reset', '--quiet');
  });

  it('is no longer found once it is removed from the disk', () => {
    rmSync(at('docs/above.txt'));
    expect(named().findings.filter(({ file }) => file === 'docs/above.txt')).toEqual([]);
    repository.git('checkout', '--', 'docs/above.txt');
  });

  it('is a finding as Git has it, where the disk cannot have links', () => {
    repository.git('config', 'core.symlinks', 'false');
    rmSync(at('docs/passwd.txt'));
    rmSync(at('apps/grafana/more.yaml'));
    repository.git('checkout', '--', 'docs/passwd.txt', 'apps/grafana/more.yaml');
    expect(lstatSync(at('apps/grafana/more.yaml')).isFile()).toBe(true);
    expect(named().findings.map(({ file }) => file)).toEqual(
      expect.arrayContaining(['apps/grafana/more.yaml', 'docs/passwd.txt']),
    );
  });

  it('is a finding in a downloaded archive, which has no repository', () => {
    rmSync(at('.git'), { recursive: true });
    rmSync(at('infrastructure/vendor/.git'), { recursive: true });
    const { findings } = named();
    expect(findings.map(({ file }) => file)).toEqual(
      expect.arrayContaining([
        'docs/above.txt',
        'tenants/red/apps/link.yaml',
        'tenants/red/apps/vendor',
        '.gitmodules',
      ]),
    );
    expect(findings.filter(({ file }) => /^(node_modules|\.breakwater)/.test(file) || file === inside)).toEqual([]);
  });
});

describe('a secret that is a pipe or a device', () => {
  const cluster = (file: string) => `name: demo
host: demo.example.com
git: {url: 'https://git.example.com/x.git', credentials: {token: {file: ${file}}}}
auth: {emailDomains: [example.com], users: [{email: ann@example.com}]}
`;

  it.each(['pipe', '/dev/zero'])('does not hold up diff: %s', async (file) => {
    repository = testRepository({ demo: cluster(file) });
    execFileSync('mkfifo', [at('pipe')]);
    const child = repository.start('diff', '--base', 'HEAD');
    const ended = new Promise<number | null>((resolve) => child.on('exit', resolve));
    const late = setTimeout(() => process.kill(-Number(child.pid), 'SIGKILL'), 60_000);
    expect(await ended).toBe(0);
    clearTimeout(late);
    repository.remove();
  });
});
