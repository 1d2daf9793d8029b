import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestServer, type TestServer } from '../dev/testing/api-server.ts';
import {
  argocd,
  bootstrap,
  ca,
  changes,
  clean,
  host,
  knownHosts,
  objectsOf,
  question,
  readManifests,
} from '../dev/testing/bootstrap-server.ts';
import { applyObjects } from './apply.ts';
import type { LiveData } from './live.ts';
import { requireOwnership } from './require-ownership.ts';
import { trustHost } from './trust.ts';

let test: TestServer;

beforeAll(async () => {
  test = await startTestServer();
  await readManifests();
});

afterAll(() => test?.stop());

describe('a cluster that belongs to another installation', () => {
  it('is refused before the first write: an Argo CD of Helm, another root, and everything is said', async () => {
    const { api } = test.connection;
    const namespace = 'helm';
    const release = { 'meta.helm.sh/release-name': 'argo', 'meta.helm.sh/release-namespace': namespace };
    const theirs = argocd(namespace).map((object) => ({
      ...object,
      metadata: { ...object.metadata, annotations: release },
    }));
    await applyObjects(api, theirs, { manager: 'helm' });
    const { root } = objectsOf(namespace);
    const foreign = {
      ...root,
      spec: {
        ...(root.spec as object),
        source: { repoURL: 'https://git.example.com/other/platform.git', path: 'clusters/prod/apps' },
      },
    };
    await applyObjects(api, [foreign]);
    let writes = 0;
    const counting = await test.through((transport) => ({
      ...transport,
      send(request) {
        if (request.method !== 'GET') writes++;
        return transport.send(request);
      },
    }));
    await expect(bootstrap(counting, namespace)).rejects.toMatchObject({
      name: 'RunError',
      details: [
        expect.stringContaining('belongs to Helm (release helm/argo)'),
        expect.stringContaining('the namespace helm belongs to Helm'),
        expect.stringContaining(
          'the Application helm/platform deploys clusters/prod/apps of https://git.example.com/other',
        ),
      ],
    });
    expect(writes).toBe(0);
    await clean(test.connection.api, namespace);
  });

  it('is taken over where a former Argo CD left nothing but its CRDs', async () => {
    const { api } = test.connection;
    const definitions = argocd('left').filter(({ kind }) => kind === 'CustomResourceDefinition');
    const theirs = definitions.map((crd) => ({
      ...crd,
      metadata: { ...crd.metadata, labels: { ...crd.metadata.labels, 'app.kubernetes.io/part-of': 'theirs' } },
    }));
    await applyObjects(api, theirs, { manager: 'helm' });
    const { verdict, applied } = await bootstrap(await test.through((transport) => transport), 'left');
    expect(verdict).toMatchObject({
      argocd: 'absent',
      takeOverDefinitions: true,
      findings: [{ code: 'definitions-left' }],
    });
    expect(changes(applied, 'changed')).toContain('CustomResourceDefinition applications.argoproj.io');
    const { verdict: next } = await bootstrap(await test.through((transport) => transport), 'left');
    expect(next).toMatchObject({ argocd: 'ours', takeOverDefinitions: false });
    await clean(test.connection.api, 'left');
  });

  it('is used as it is unless its settings take objects of the tree away, and used once they do not', async () => {
    const { api } = test.connection;
    const namespace = 'own';
    await applyObjects(api, argocd(namespace), { manager: 'helm' });
    const asked = question(namespace);
    const existing = {
      ...asked,
      argocd: { namespace, install: false, kinds: ['AuthorizationPolicy.security.istio.io', 'Deployment.apps'] },
    };
    const settings = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'argocd-cm', namespace } };
    const said = async (data: Record<string, string | null>) => {
      await api.merge(settings, { data });
      return await requireOwnership(api, existing).then(
        ({ argocd: found }) => found,
        (error: { details?: string[] }) => error.details?.join('\n'),
      );
    };
    expect(await said({ 'resource.exclusions': '- {apiGroups: ["*.istio.io"]}' })).toMatch(
      /"resource\.exclusions" .* excludes objects of the tree: AuthorizationPolicy\.security\.istio\.io/,
    );
    expect(
      await said({ 'resource.exclusions': null, 'resource.inclusions': '- {apiGroups: [apps], kinds: ["*"]}' }),
    ).toMatch(/"resource\.inclusions" .* excludes objects of the tree: AuthorizationPolicy\.security\.istio\.io/);
    const added = '- {apiGroups: [apps], kinds: ["*"]}\n- {apiGroups: [security.istio.io], kinds: ["*"]}';
    expect(await said({ 'resource.inclusions': added })).toBe('existing');
    await clean(api, namespace);
  });

  it('is waited for where a namespace is being deleted', async () => {
    const { api } = test.connection;
    await applyObjects(api, [{ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'going' } }]);
    // Without controllers it never goes: as in a cluster where a finalizer holds it up.
    await api.request({ method: 'DELETE', path: '/api/v1/namespaces/going' });
    await expect(requireOwnership(api, question('going'))).rejects.toMatchObject({
      details: [expect.stringContaining('the namespace going is being deleted (Terminating)')],
    });
  });

  it('keeps the CA that another client set for the Git host, and says which', async () => {
    const { api } = test.connection;
    await applyObjects(api, [{ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'trust' } }]);
    const map = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'argocd-tls-certs-cm', namespace: 'trust' } };
    await api.apply({ ...map, data: { [host]: 'theirs', 'other.example.com': 'theirs' } } as LiveData, {
      manager: 'argocd-server',
    });
    await expect(trustHost(api, { namespace: 'trust', host, ca })).rejects.toThrow(/belongs to "argocd-server"/);
    await trustHost(api, { namespace: 'trust', host: 'new.example.com', ca });
    expect((await api.find<LiveData>(map))?.data).toEqual({
      [host]: 'theirs',
      'other.example.com': 'theirs',
      'new.example.com': ca,
    });
    const gone = trustHost(api, { namespace: 'trust', host, knownHosts });
    await expect(gone).rejects.toThrow("Argo CD's ConfigMap trust/argocd-ssh-known-hosts-cm is missing");
  });
});
