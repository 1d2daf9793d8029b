import { afterAll, beforeAll, expect, it } from 'vitest';
import { bootstrap, clusterName, openSite, type TestSite } from './site.ts';

let site: TestSite;
const names = ['rook-ceph', 'red', 'blue'];

beforeAll(async () => {
  site = await openSite({ controllers: false });
  for (const name of names)
    site.checkout.write(`tenants/${name}/tenant.yaml`, 'kind: namespace\nowner: ann@example.com\n');
  await site.run('render', '--cluster', clusterName);
  site.checkout.git('add', '.');
  site.checkout.git('commit', '--quiet', '--message', 'Add tenants');
  const { api } = site.cluster.connection;
  const namespace = (name: string, labels = {}) => ({
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name, labels },
  });
  await api.apply(namespace('rook-ceph'), { manager: 'somebody' });
  await api.apply(namespace('red', { 'breakwater.dev/tenant': 'red' }), { manager: 'argocd' });
});
afterAll(() => site?.stop());

const tells =
  /the namespace rook-ceph of tenant rook-ceph already exists in the cluster, and does not belong to a tenant/;

async function outputs(): Promise<Record<string, { code: number; text: string }>> {
  const { contextName } = site.cluster.server;
  const options = ['--cluster', clusterName, '--context', contextName];
  const all: Record<string, { code: number; text: string }> = {};
  for (const command of [['validate', ...options], ['doctor', ...options], bootstrap(site, '--dry-run')]) {
    const { code, stdout, stderr } = await site.run(...command);
    all[command[0] ?? ''] = { code: code ?? -1, text: stdout + stderr };
  }
  return all;
}

it("a tenant whose namespace is someone else's is named before the first write, with a hint that leads out", async () => {
  const before = await outputs();
  for (const { text } of Object.values(before)) {
    expect(text).toMatch(tells);
    expect(text).not.toMatch(/the namespace (red|blue)/);
  }
  expect(Object.values(before).map(({ code }) => code)).toEqual([1, 1, 0]);

  const [, label = ''] = /label namespace rook-ceph --overwrite (\S+)/.exec(before.doctor?.text ?? '') ?? [];
  const [key = '', value = ''] = label.split('=');
  const metadata = { name: 'rook-ceph' };
  const patch = { metadata: { labels: { [key]: value } } };
  await site.cluster.connection.api.merge({ apiVersion: 'v1', kind: 'Namespace', metadata }, patch);
  const after = await outputs();
  for (const { text } of Object.values(after)) expect(text).not.toMatch(/the namespace rook-ceph/);
  expect(after.validate?.code).toBe(0);
});
