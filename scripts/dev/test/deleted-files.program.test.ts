import { renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadCluster } from '../../config/load.ts';
import { templateFiles } from '../../config/template-files.ts';
import { UsageError } from '../../report/errors.ts';
import { checkDeleted } from '../../steps/check-repository.ts';
import { type TestRepository, testRepository } from './repository.ts';

let repository: TestRepository;
let tracked: string[];

beforeAll(() => {
  repository = testRepository();
  tracked = repository.git('ls-files', 'infrastructure', 'apps').split('\n');
});
afterAll(() => repository?.remove());

/** Does something while a file is not there. */
async function without<T>(file: string, act: () => T | Promise<T>): Promise<T> {
  const path = join(repository.root, file);
  renameSync(path, `${repository.root}/../gone`);
  try {
    return await act();
  } finally {
    renameSync(`${repository.root}/../gone`, path);
  }
}

/** Files that their owner may do without: examples of apps, text for people, the record of charts, editors' schemas. */
const optional =
  /\.md$|^apps\/(argocd|grafana|prometheus)\/|charts\.lock\.yaml$|^(apps\/app|infrastructure\/upstream)\.schema\.json$/;

it('the list of what the template brings is what it has', () => {
  expect([...templateFiles].sort()).toEqual(tracked.filter((file) => !optional.test(file)).sort());
});

it('each missing file is reported by what render, validate and bootstrap read', async () => {
  for (const file of templateFiles) {
    const problems = await without(file, () => {
      try {
        loadCluster(repository.root, 'demo');
      } catch (error) {
        if (error instanceof UsageError) return error.problems;
        throw error;
      }
      return [];
    });
    expect(
      problems.map((problem) => `${problem.file} ${problem.message}`),
      file,
    ).toContain(`${file} there is no such file`);
  }
});

it('each missing file is reported until its deletion is staged, but none of an app that is gone as a whole', async () => {
  expect(await checkDeleted(repository.root)).toEqual([]);
  for (const file of tracked) rmSync(join(repository.root, file));
  expect((await checkDeleted(repository.root)).map(({ file }) => file).toSorted()).toEqual(tracked.toSorted());
  repository.git('checkout', '--quiet', '--', ...tracked);
  expect(await without('apps/grafana', () => checkDeleted(repository.root))).toEqual([]);
});

describe.each([
  'infrastructure/tenant/templates/network.yaml',
  'infrastructure/argocd/kustomization.yaml',
  'apps/kubeflow/kubeflow-dashboard/dashboard/kustomization.yaml',
  'apps/grafana/values.yaml',
])('%s', (file) => {
  it.each(['doctor', 'validate', 'render', 'bootstrap'])('is named by %s when it is gone', async (command) => {
    const run = await without(file, () => repository.breakwater(command));
    expect(run.stdout + run.stderr).toContain(file);
    if (command !== 'render' || !optional.test(file)) expect(run.code).toBeGreaterThan(0);
  });
});

it('is found by validate also after the deletion was committed', () => {
  repository.git('rm', '--quiet', 'infrastructure/tenant/templates/network.yaml');
  repository.git('commit', '--quiet', '--message', 'Tidy up');
  const run = repository.breakwater('validate');
  expect(run.code).toBe(2);
  expect(run.stderr).toContain('infrastructure/tenant/templates/network.yaml: there is no such file');
  const [, command = ''] = /(git log .*? -- \S+)/.exec(run.stderr) ?? [];
  const [, ...words] = command.split(' ');
  expect(repository.git(...words)).toContain('Tidy up');
});
