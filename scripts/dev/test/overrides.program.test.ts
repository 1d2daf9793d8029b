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
