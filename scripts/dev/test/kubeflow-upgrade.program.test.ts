import { afterAll, beforeAll, expect, it } from 'vitest';
import { type TestRepository, testRepository } from './repository.ts';

const clusterFile = (release: string) => `name: prod
host: platform.example.com
argocd: {install: false}
auth: {users: [{email: user@example.com}]}
kubeflow: {version: "${release}", components: [central-dashboard, profiles, trainer]}
`;
const step =
  'Kubeflow 26.03 → 26.03.1: Deployment kubeflow-system/jobset-manager replaces kubeflow-system/jobset-controller-manager';
const revert = 'Kubeflow 26.03 → 26.03.1: a later revert drops fields that only the newer CRDs of the Trainer';
const file = 'clusters/prod/cluster.yaml';

let repository: TestRepository;

beforeAll(() => {
  repository = testRepository({ prod: clusterFile('26.03') });
  expect(repository.breakwater('render', '--cluster', 'prod').code).toBe(0);
  repository.git('add', '.');
  repository.git('commit', '--quiet', '--message', 'Render 26.03');
});
afterAll(() => repository.remove());

it('a raise of Kubeflow says before anything is written what it does once, and what a revert leaves', () => {
  repository.write(file, clusterFile('26.03.1'));
  const dry = repository.breakwater('bootstrap', '--cluster', 'prod', '--dry-run', '--json');
  const { steps } = JSON.parse(dry.stdout) as { steps: { step: string; details?: string[] }[] };
  const details = steps.find((one) => one.step === 'tree')?.details ?? [];
  const once = details.filter((line) => line.startsWith('once '));
  expect(once).toEqual([
    expect.stringContaining('Deployment kubeflow/profiles-controller replaces kubeflow/profiles-deployment'),
    expect.stringContaining(step),
    expect.stringContaining(revert),
  ]);
});

it('and in the diff of the pull request, without parts that do not run; then validate has nothing against it', () => {
  expect(repository.breakwater('render', '--cluster', 'prod').code).toBe(0);
  for (const more of [[], ['--markdown'], ['--json']]) {
    const shown = repository.breakwater('diff', '--cluster', 'prod', '--base', 'HEAD', ...more);
    expect(shown.stdout).toContain(step);
    expect(shown.stdout).toContain(revert);
    expect(shown.stdout).not.toContain('KServe');
  }
  expect(repository.breakwater('validate', '--cluster', 'prod', '--base', 'HEAD')).toMatchObject({ code: 0 });
});

it('and its revert says what comes back, and what does not', () => {
  repository.git('add', '.');
  repository.git('commit', '--quiet', '--message', 'Raise Kubeflow');
  repository.git('revert', '--no-edit', '--no-commit', 'HEAD');
  const shown = repository.breakwater('diff', '--cluster', 'prod', '--base', 'HEAD');
  expect(shown.stdout).toContain('kubeflow-system/jobset-controller-manager replaces kubeflow-system/jobset-manager');
  expect(shown.stdout).toContain('Kubeflow 26.03.1 → 26.03: this drops fields that only the newer CRDs of the Trainer');
});
