import { afterEach, beforeEach, expect, it } from 'vitest';
import { type TestRepository, testRepository } from './repository.ts';

let repository: TestRepository;

beforeEach(() => {
  repository = testRepository();
});
afterEach(() => repository.remove());

it('validate says where an override takes the login check away, and what it loses', () => {
  repository.write(
    'clusters/demo/overrides/istiod.yaml',
    'meshConfig:\n  extensionProviders:\n    - {name: otel, opentelemetry: {service: otel.tracing.svc.cluster.local, port: 4317}}\n',
  );
  const { code, stdout } = repository.breakwater('validate');
  expect(code).toBe(1);
  expect(stdout).toContain(
    'clusters/demo/overrides/istiod.yaml:2:3: meshConfig.extensionProviders replaces the generated list and drops oauth2-proxy: repeat the entries of clusters/demo/values/istiod.yaml before your own',
  );
  const { findings } = JSON.parse(repository.breakwater('validate', '--json').stdout).clusters[0];
  expect(findings).toContainEqual(
    expect.objectContaining({ rule: 'lists-are-whole', line: 2, column: 3, path: 'meshConfig.extensionProviders' }),
  );
});

it("a cluster's patches of a part of Kubeflow reach that cluster, and the bootstrap commits them with the tree", () => {
  const file = 'clusters/demo/overrides/kubeflow-notebooks/kustomization.yaml';
  repository.write(
    file,
    `apiVersion: kustomize.config.k8s.io/v1alpha1
kind: Component
patches:
  - target: {kind: Deployment, name: jupyter-web-app-deployment}
    patch: |-
      - op: add
        path: /spec/template/spec/nodeSelector
        value: {pool: kubeflow}
`,
  );
  const run = repository.breakwater('bootstrap', '--no-push');
  expect([run.code, run.stderr]).toEqual([0, '']);
  expect(repository.git('show', '--name-only', '--format=', 'HEAD')).toContain(file);
  expect(repository.git('show', 'HEAD')).toMatch(/^\+ +value: \{pool: kubeflow\}$/m);
  expect(repository.breakwater('validate').code).toBe(0);
  expect(repository.git('status', '--porcelain')).toBe('');
});
