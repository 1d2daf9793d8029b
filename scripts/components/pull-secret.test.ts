import { expect, it } from 'vitest';
import { loadCluster } from '../config/load.ts';
import { checkout } from '../dev/test/repository.ts';
import { components } from './index.ts';
import { pullSecretName, withPullSecret } from './pull-secret.ts';

const demo = loadCluster(checkout, 'demo');
const cluster = {
  ...demo,
  knownHost: 'x.example.com',
  mirrors: { ...demo.mirrors, pullSecret: { env: 'REGISTRIES' } },
};
const charts = components
  .filter((component) => component.sources(cluster).some(({ kind }) => kind === 'chart'))
  // It has no pods.
  .filter(({ name }) => name !== 'istio-base');

it.each(charts)('$name gets the pull secret where its chart takes it, beside its other values', (component) => {
  const values = { global: { hub: 'x' }, replicaCount: 2 };
  const made = withPullSecret(cluster, component, values);
  expect(JSON.stringify(made)).toContain(pullSecretName);
  expect(made).toMatchObject(values);
  expect(withPullSecret(demo, component, values)).toBe(values);
});
