import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { applyObjects } from '../../../cluster/apply.ts';
import type { KubernetesObject } from '../../../components/component.ts';
import { argocdManifest } from '../../testing/api-server.ts';
import { clusterName, openSite, type TestSite } from './site.ts';

let site: TestSite;

const label = 'breakwater.dev/tenant';
const namespace = (tenant: string, name: string): KubernetesObject => ({
  apiVersion: 'v1',
  kind: 'Namespace',
  metadata: { name, labels: { [label]: tenant } },
});

/** Red was removed and left its namespace; blue is there, and its file names blue--old no more; green has not heard of a change. */
beforeAll(async () => {
  site = await openSite({ controllers: false });
  const { api } = site.cluster.connection;
  const owned = (name: string, metadata: object, resources: object[]) => {
    const source = { repoURL: site.remote.url, path: `clusters/${clusterName}/apps`, targetRevision: 'main' };
    const sync = { status: 'Synced', comparedTo: { destination: {}, source } };
    return {
      apiVersion: 'argoproj.io/v1alpha1',
      kind: 'Application',
      metadata: { name, namespace: 'argocd', ...metadata },
      spec: { project: 'platform', destination: {}, source },
      status: { sync, resources },
    };
  };
  const place = (tenant: string, resources: object[]) =>
    owned(`tenant-${tenant}-place`, { labels: { [label]: tenant } }, resources);
  const resource = (name: string, more: object = {}) => ({ version: 'v1', kind: 'Namespace', name, ...more });
  await applyObjects(api, [
    parse(await argocdManifest('crds/application-crd.yaml')),
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'argocd' } },
    ...[namespace('red', 'red'), namespace('blue', 'blue'), namespace('blue', 'blue--old')],
    ...[namespace('green', 'green'), namespace('green', 'green--lab')],
  ]);
  await applyObjects(api, [
    owned('platform', {}, []),
    place('blue', [resource('blue'), resource('blue--old', { requiresPruning: true })]),
    place('green', [resource('green'), resource('green--lab')]),
  ]);
  site.checkout.write('tenants/blue/tenant.yaml', 'kind: namespace\nowner: ann@example.com\n');
  site.checkout.write('tenants/green/tenant.yaml', 'kind: namespace\nowner: bob@example.com\n');
});
afterAll(() => site?.stop());

const tenant = (...parameters: string[]) =>
  site.run('tenant', ...parameters, '--cluster', clusterName, '--context', site.cluster.server.contextName);
const going = async (name: string) => {
  const found = await site.cluster.connection.api.find<KubernetesObject>(namespace('', name));
  return found === undefined || 'deletionTimestamp' in found.metadata;
};

describe('npm run tenant', () => {
  it('lists as orphaned what a removed tenant left and what one dropped, and not what is only about to be', async () => {
    const listed = await tenant('list');
    expect(listed.stdout).toMatch(/^red +orphaned +kept in .*: red \(/m);
    expect(listed.stdout).toMatch(/^blue +orphaned +kept in .*: blue--old \(/m);
    expect(listed.stdout).toMatch(/^blue +namespace +ann@example.com/m);
    expect(listed.stdout).not.toMatch(/^green +orphaned/m);
  });

  it('purges the namespace that a tenant dropped, and leaves it its others', async () => {
    const asked = await tenant('purge', 'blue');
    expect(asked.code).toBe(2);
    expect(asked.stdout + asked.stderr).toContain('Namespace blue--old: 0 pods');
    expect(await going('blue--old')).toBe(false);
    expect(await tenant('purge', 'blue', '--yes')).toMatchObject({ code: 0 });
    expect([await going('blue--old'), await going('blue')]).toEqual([true, false]);
  });

  it('purges nothing that the cluster still makes, though the file here names it no more', async () => {
    const refused = await tenant('purge', 'green', '--yes');
    expect(refused).toMatchObject({ code: 2 });
    expect(refused.stderr).toContain('tenants/green still exists');
    expect(await going('green--lab')).toBe(false);
  });

  it('purges all of a tenant that was removed', async () => {
    expect(await tenant('purge', 'red', '--yes')).toMatchObject({ code: 0 });
    expect(await going('red')).toBe(true);
  });
});
