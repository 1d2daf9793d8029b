import { join } from 'node:path';
import { expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import type { Cluster } from '../config/cluster.ts';
import { loadCluster } from '../config/load.ts';
import { renderTree } from '../tree/render.ts';

const demo = loadCluster(join(import.meta.dirname, '../..'), 'demo');
const without: Cluster = { ...demo, components: { dex: { enabled: false } } };

it.each([
  ['with Dex', demo, 'dex'],
  ['without Dex', without, 'oauth2-proxy'],
])('%s the namespace of the login is there once, and its pods speak to the mesh only', (_, cluster, owner) => {
  const tree = renderTree(cluster);
  const namespaces = parseAllDocuments(tree.get('clusters/demo/apps/00-namespaces.yaml') ?? '').map((one) =>
    one.toJS(),
  );
  expect(namespaces.filter(({ metadata }) => metadata.name === 'auth')).toHaveLength(1);
  const strict = [...tree.keys()].filter((path) => path.endsWith('peerauthentication-default.yaml'));
  expect(strict).toEqual([`clusters/demo/manifests/${owner}/peerauthentication-default.yaml`]);
});
