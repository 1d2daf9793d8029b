import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { applyObjects } from '../../../cluster/apply.ts';
import { argocdManifest } from '../../testing/api-server.ts';
import { clusterName, openSite, type TestSite } from './site.ts';

let site: TestSite;

beforeAll(async () => {
  site = await openSite({ controllers: false });
  const { api } = site.cluster.connection;
  const crd = parse(await argocdManifest('crds/application-crd.yaml'));
  await applyObjects(api, [crd, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'argocd' } }]);
  site.checkout.write(
    'clusters/other/cluster.yaml',
    'name: other\nhost: other.example.com\nauth: {users: [{email: ann@example.com}]}\nkubeflow: {components: []}\n',
  );
});
afterAll(() => site?.stop());

async function rootDeploys(path: string, repoURL = site.remote.url): Promise<void> {
  await applyObjects(site.cluster.connection.api, [
    {
      apiVersion: 'argoproj.io/v1alpha1',
      kind: 'Application',
      metadata: { name: 'platform', namespace: 'argocd' },
      spec: { project: 'platform', destination: {}, source: { repoURL, path, targetRevision: 'main' } },
    },
  ]);
}

const onContext = (...parameters: string[]) =>
  site.run(...parameters, '--cluster', clusterName, '--context', site.cluster.server.contextName);

describe("a context that is another cluster's", () => {
  it('with no platform at all: verify refuses it before it sends a request, with exit code 2', async () => {
    const refused = await onContext('verify');
    expect(refused).toMatchObject({ code: 2, stdout: '' });
    expect(refused.stderr).toContain(
      `is not the cluster ${clusterName}: Application argocd/platform does not exist: this cluster has no platform yet`,
    );
    expect(refused.stderr).toContain('Nothing was changed. Pass the context of prod with --context');
  });

  it.each(['verify', 'status', 'sync --dry-run', 'tenant list', 'tenant purge red --yes'])(
    'with the platform of another folder: refused by %s, with what is there and exit code 2',
    async (line) => {
      await rootDeploys('clusters/other/apps');
      const refused = await onContext(...line.split(' '));
      expect(refused).toMatchObject({ code: 2, stdout: '' });
      expect(refused.stderr).toContain('deploys clusters/other/apps of');
      expect(refused.stderr).toContain(`not clusters/${clusterName}/apps of ${site.remote.url}`);
    },
  );

  it('with the same folder of another repository: refused, too', async () => {
    await rootDeploys(`clusters/${clusterName}/apps`, 'https://git.example.com/somebody/else.git');
    const refused = await onContext('verify', '--json');
    expect(refused.code).toBe(2);
    expect(JSON.parse(refused.stdout).error.message).toContain('of https://git.example.com/somebody/else.git');
  });

  it('is let through where it is the right one, and said where no one may look', async () => {
    await rootDeploys(`clusters/${clusterName}/apps`);
    const status = await onContext('status', '--json');
    expect(JSON.parse(status.stdout)).not.toHaveProperty('error');
    const kubeconfig = await site.cluster.server.kubeconfigFor({ name: 'guest' });
    const context = site.cluster.server.contextName;
    const words = ['verify', '--cluster', clusterName, '--context', context, '--address', '127.0.0.1:9'];
    const guest = await site.startAs(kubeconfig, ...words, '--only', 'tls').result;
    expect(guest.stderr).toContain(
      `may not read Applications, so nothing checked that it is the context of ${clusterName}`,
    );
  });
});
