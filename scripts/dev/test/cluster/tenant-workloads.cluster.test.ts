import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { parseAllDocuments } from 'yaml';
import type { Api } from '../../../cluster/api.ts';
import { applyObjects } from '../../../cluster/apply.ts';
import type { KubernetesObject } from '../../../components/component.ts';
import { guardOfTenants } from '../../../components/tenant-guard.ts';
import { loadCluster } from '../../../config/load.ts';
import { created, type GuardedServer, replaced, startGuardedServer } from '../../testing/guarded-server.ts';
import { checkout, testRepository } from '../repository.ts';

const role = 'arn:aws:iam::111122223333:role/red';
const roleKey = 'eks.amazonaws.com/role-arn';
const tenantYaml = `kind: namespace
owner: {group: "acme:red"}
labels: {example.com/cost-center: "4711"}
serviceAccounts:
  pullSecrets: [registry]
  annotations: {${roleKey}: "${role}"}
pods:
  nodeSelector: {pool: red, node.example.com/size: "2"}
  tolerations: [{key: dedicated, value: red, effect: NoSchedule}, {key: nvidia.com/gpu, operator: Exists}]
quota: {limits: {cpu: "4", memory: 8Gi}, loadBalancers: 1}
network: {internet: true, services: [LoadBalancer]}
`;

const controller = 'system:serviceaccount:argocd:argocd-application-controller';
const editor = 'ann@example.com';
const account = (metadata: object, namespace = 'red'): KubernetesObject =>
  ({ apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'trainer', namespace, ...metadata } }) as never;

let server: GuardedServer;

beforeAll(async () => {
  const repository = testRepository();
  repository.write('infrastructure/tenant/labels.yaml', 'labels: ["example.com/*"]\nannotations: []\n');
  repository.write('tenants/red/tenant.yaml', tenantYaml);
  const { stdout, stderr } = repository.breakwater('tenant', 'show', 'red', '--manifests');
  repository.remove();
  const objects = parseAllDocuments(stdout)
    .map((document) => document.toJS() as KubernetesObject)
    .filter((object) => 'kind' in Object(object));
  expect(stderr).not.toContain('tenants/red');
  const namespace = objects.find(({ kind }) => kind === 'Namespace');
  const { labels = {}, annotations = {} } = namespace?.metadata ?? {};
  server = await startGuardedServer(
    guardOfTenants(loadCluster(checkout, 'demo')),
    { red: { labels, annotations }, elsewhere: {} },
    [],
    account({ annotations: { [roleKey]: role } }),
    { podAccounts: true },
  );
  const builtIn = ['ServiceAccount', 'ResourceQuota', 'LimitRange', 'RoleBinding'];
  await applyObjects(await server.user('admin'), [
    ...objects.filter(({ kind, metadata }) => builtIn.includes(kind) && metadata.namespace === 'red'),
    ...objects.filter(({ kind }) => kind.startsWith('MutatingAdmissionPolicy')),
    account({ name: 'default' }, 'elsewhere'),
  ]);
  // The controller that counts does not run here; a quota holds from its first count on.
  const quota = objects.find(({ kind }) => kind === 'ResourceQuota') as unknown as {
    spec: { hard: Record<string, string> };
  };
  const { hard } = quota.spec;
  await (await server.user('admin')).request({
    method: 'PATCH',
    path: '/api/v1/namespaces/red/resourcequotas/tenant/status',
    contentType: 'application/merge-patch+json',
    body: { status: { hard, used: Object.fromEntries(Object.keys(hard).map((key) => [key, '0'])) } },
  });
});
afterAll(() => server?.stop());

interface MadePod {
  spec: { nodeSelector?: object; tolerations?: object[]; imagePullSecrets?: object[] };
}

/** Creates a pod as a dry run, as an editor of the tenant. */
async function made(spec: object, namespace = 'red'): Promise<MadePod['spec']> {
  const answer = await (await server.user(editor)).request<MadePod>({
    method: 'POST',
    path: `/api/v1/namespaces/${namespace}/pods`,
    query: { dryRun: 'All' },
    contentType: 'application/json',
    body: {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'one', namespace },
      spec: { containers: [{ name: 'main', image: 'example.com/main' }], ...spec },
    },
  });
  return answer.spec;
}

describe("the nodes of a tenant's pods", () => {
  const selector = { pool: 'red', 'node.example.com/size': '2' };
  const tolerations = [
    { key: 'dedicated', value: 'red', effect: 'NoSchedule' },
    { key: 'nvidia.com/gpu', operator: 'Exists' },
  ];

  it('are those of tenant.yaml, for a pod that says nothing', async () => {
    // The server's cache of policies lags behind.
    const spec = await vi.waitFor(
      async () => {
        const one = await made({});
        expect(one.nodeSelector).toEqual(selector);
        return one;
      },
      { timeout: 30_000, interval: 250 },
    );
    expect(spec.tolerations).toEqual(expect.arrayContaining(tolerations));
  });

  it('are those of tenant.yaml, whatever a pod asks for; its own tolerations stay', async () => {
    const own = { key: 'spot', operator: 'Exists' };
    const spec = await made({ nodeSelector: { pool: 'blue', disk: 'ssd' }, tolerations: [own] });
    expect(spec.nodeSelector).toEqual({ ...selector, disk: 'ssd' });
    expect(spec.tolerations).toEqual(expect.arrayContaining([own, ...tolerations]));
  });

  it("are no one else's", async () => {
    expect((await made({}, 'elsewhere')).nodeSelector).toBeUndefined();
  });
});

describe("the accounts of a tenant's pods", () => {
  it('bring the pull secrets, where a pod names none', async () => {
    expect((await made({})).imagePullSecrets).toEqual([{ name: 'registry' }]);
    expect((await made({ imagePullSecrets: [{ name: 'own' }] })).imagePullSecrets).toEqual([{ name: 'own' }]);
  });

  it('have the cloud role of tenant.yaml, which no editor changes, removes or gives to another account', async () => {
    const [admin, api] = [await server.user('admin'), await server.user(editor)];
    const live = (await admin.find(account({ name: 'default' }))) as unknown as KubernetesObject;
    expect(live.metadata.annotations?.[roleKey]).toBe(role);
    const changed = (annotations: Record<string, string>): KubernetesObject => {
      const { [roleKey]: _, ...rest } = live.metadata.annotations ?? {};
      return { ...live, metadata: { ...live.metadata, annotations: { ...rest, ...annotations } } };
    };
    const refusal = `only the platform may set ${roleKey}`;
    const other = role.replace('/red', '/blue');
    for (const asker of [api, await server.user('system:serviceaccount:argocd:tenant-red')]) {
      expect(await replaced(asker, changed({ [roleKey]: other }))).toContain(refusal);
      expect(await replaced(asker, changed({}))).toContain(refusal);
      expect(await created(asker, account({ annotations: { [roleKey]: role } }))).toContain(refusal);
      for (const key of ['iam.gke.io/gcp-service-account', 'azure.workload.identity/client-id'])
        expect(await created(asker, account({ annotations: { [key]: 'x' } }))).toContain(
          `only the platform may set ${key}`,
        );
    }
    expect(await replaced(api, changed({ [roleKey]: role, 'example.com/note': 'x' }))).toBeUndefined();
    expect(await created(api, account({ annotations: { 'example.com/note': 'x' } }))).toBeUndefined();
    expect(await replaced(await server.user(controller), changed({ [roleKey]: other }))).toBeUndefined();
    const elsewhere = account({ annotations: { [roleKey]: role } }, 'elsewhere');
    expect(await created(api, elsewhere)).toBeUndefined();
  });
});

describe('what a tenant may use', () => {
  it('counts limits and load balancers', async () => {
    const api = await server.user(editor);
    const limited = (cpu: string) => made({ containers: [{ name: 'a', image: 'a', resources: { limits: { cpu } } }] });
    await expect(limited('5')).rejects.toThrow('limited: limits.cpu=4');
    expect(await limited('3')).toBeDefined();
    const service = (name: string): KubernetesObject => ({
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name, namespace: 'red' },
      spec: { type: 'LoadBalancer', ports: [{ port: 80 }] },
    });
    await applyObjects(api, [service('one')]);
    expect(await created(api, service('two'))).toContain('limited: services.loadbalancers=1');
  });
});

describe('a group as owner', () => {
  const asks = async (api: Api, spec: object) => {
    const review = await api.request<{ status: { allowed: boolean } }>({
      method: 'POST',
      path: '/apis/authorization.k8s.io/v1/subjectaccessreviews',
      body: { apiVersion: 'authorization.k8s.io/v1', kind: 'SubjectAccessReview', spec },
    });
    return review.status.allowed;
  };

  it("has the rights for kubectl, and none where a program asks without groups, as Kubeflow's pages do", async () => {
    const resourceAttributes = { namespace: 'red', verb: 'create', resource: 'configmaps' };
    const admin = await server.user('admin');
    await applyObjects(admin, [
      {
        apiVersion: 'rbac.authorization.k8s.io/v1',
        kind: 'ClusterRole',
        metadata: { name: 'edit' },
        rules: [{ apiGroups: [''], resources: ['configmaps'], verbs: ['create'] }],
      },
    ]);
    const user = 'zoe@example.com';
    expect(await asks(admin, { user, groups: ['acme:red'], resourceAttributes })).toBe(true);
    expect(await asks(admin, { user, resourceAttributes })).toBe(false);
  });
});
