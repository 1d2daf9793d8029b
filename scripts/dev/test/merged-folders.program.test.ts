import { appendFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type TestRepository, testRepository } from './repository.ts';

let repository: TestRepository;

beforeAll(() => {
  repository = testRepository();
});

afterAll(() => repository.remove());

const file = (path: string) => join(repository.root, path);

describe('what a copied, merged or renamed folder leaves', () => {
  const cluster = (name: string) =>
    `name: ${name}\nhost: kubeflow.acme.io\nkubeflow: {components: []}\nauth: {users: [{email: ann@acme.io}]}\n`;

  it('a merge conflict is named with its line, once', () => {
    const before = cluster('demo');
    repository.write('clusters/demo/cluster.yaml', `${before}<<<<<<< HEAD\na: 1\n=======\na: 2\n>>>>>>> other\n`);
    const { code, stderr } = repository.breakwater('render');
    expect(code).toBe(2);
    expect(stderr).toContain('clusters/demo/cluster.yaml:5:1: has an unresolved merge conflict\n');
    repository.git('checkout', '--quiet', '--', 'clusters');
  });

  it('a merge conflict in a generated file is called that, and render resolves it', () => {
    appendFileSync(file('clusters/demo/values/dex.yaml'), '<<<<<<< HEAD\na: 1\n=======\na: 2\n>>>>>>> other\n');
    const { clusters } = JSON.parse(repository.breakwater('validate', '--json').stdout);
    expect(clusters[0].findings).toContainEqual(
      expect.objectContaining({
        file: 'clusters/demo/values/dex.yaml',
        message: 'has a merge conflict, which render resolves',
      }),
    );
    const { stdout } = repository.breakwater('render');
    expect(stdout).toContain('change     clusters/demo/values/dex.yaml (had a merge conflict)');
    expect(repository.breakwater('validate').code).toBe(0);
  });

  it('a cluster that was never rendered is one finding', () => {
    repository.write('clusters/copy/cluster.yaml', cluster('copy'));
    const { clusters } = JSON.parse(repository.breakwater('validate', '--json').stdout);
    const [{ findings }] = clusters.filter((one: { cluster: string }) => one.cluster === 'copy');
    expect(findings).toEqual([
      expect.objectContaining({ rule: 'drift', message: expect.stringMatching(/^is not rendered yet: \d+ files/) }),
    ]);
    rmSync(file('clusters/copy'), { recursive: true });
  });

  it('two clusters with one host or context are noted', () => {
    for (const name of ['one', 'two'])
      repository.write(`clusters/${name}/cluster.yaml`, `${cluster(name)}kubernetes: {context: same}\n`);
    const { notes } = JSON.parse(repository.breakwater('validate', '--json').stdout);
    expect(notes).toContain(
      'clusters/one/cluster.yaml: host kubeflow.acme.io is also set in clusters/two/cluster.yaml',
    );
    expect(notes).toContain(
      'clusters/one/cluster.yaml: kubernetes.context same is also set in clusters/two/cluster.yaml',
    );
    const run = repository.breakwater('bootstrap', '--cluster', 'two', '--dry-run');
    expect(run).toMatchObject({ code: 0, stderr: expect.stringContaining('host kubeflow.acme.io is also set in') });
    for (const name of ['one', 'two']) rmSync(file(`clusters/${name}`), { recursive: true });
  });

  it('a renamed cluster is called that, and its files are not called edited', () => {
    repository.git('mv', 'clusters/demo', 'clusters/production');
    repository.write('clusters/production/cluster.yaml', cluster('production'));
    const { code, stdout } = repository.breakwater('render', '--cluster', 'production');
    expect(code).toBe(0);
    expect(stdout).not.toContain('manual edits');
    expect(repository.breakwater('validate', '--base', 'HEAD').stdout).toContain(
      'if you renamed it to production: its Argo CD reads the old folder until you register it again',
    );
    repository.git('reset', '--quiet', '--hard');
    repository.git('clean', '-fdq', 'clusters');
  });
});
