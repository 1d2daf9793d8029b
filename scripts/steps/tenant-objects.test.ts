import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { KubernetesObject } from '../components/component.ts';
import { loadCluster } from '../config/load.ts';
import { type KubeflowPart, kubeflowParts } from '../config/schema/component-facts.ts';
import { tenantObjects } from './tenant-objects.ts';

const root = join(import.meta.dirname, '..', '..');
const demo = loadCluster(root, 'demo');
const render = (text: string, name = 'team-a', cluster = demo) => tenantObjects(root, cluster, name, text);
const names = (objects: readonly KubernetesObject[]) =>
  objects.map(({ kind, metadata }) => `${kind} ${metadata.namespace ?? ''}/${metadata.name}`).sort();
const find = (objects: readonly KubernetesObject[], kind: string, name: string) =>
  objects.find((object) => object.kind === kind && object.metadata.name === name);

const small = 'kind: namespace\nowner: ann@example.com\n';

describe('the chart of tenants', () => {
  it('gives the smallest tenant a namespace that allows nothing, and access for its owner', async () => {
    const { access, place } = await render(small);
    expect(names(place)).toEqual([
      'AuthorizationPolicy team-a/default-deny',
      'DestinationRule team-a/gateway',
      'LimitRange team-a/tenant',
      'Namespace /team-a',
      'NetworkPolicy team-a/default-deny',
      'ResourceQuota team-a/tenant',
      'ServiceAccount team-a/default',
    ]);
    expect(names(access)).toEqual([
      'AppProject argocd/tenant-team-a',
      'AppProject argocd/tenant-team-a-apps',
      'AuthorizationPolicy team-a/own-namespaces',
      'AuthorizationPolicy team-a/user-ann-example-com-clusterrole-admin',
      'NetworkPolicy team-a/openings',
      'RoleBinding team-a/applications',
      'RoleBinding team-a/user-ann-example-com-clusterrole-admin',
      'ServiceAccount argocd/tenant-team-a',
    ]);
    for (const { metadata } of place)
      expect(metadata.annotations?.['argocd.argoproj.io/sync-options']).toContain('Prune=false,Delete=false');
  });

  it("makes Kubeflow's contributors as its access management does, on a Profile that no one can log in to", async () => {
    const { access, place } = await render(
      'kind: kubeflow\nowner: ann@example.com\nmembers: [{email: bob.b@example.com, role: view}]\n',
    );
    const name = 'user-bob-b-example-com-clusterrole-view';
    const writing = ['/notebook/*', '/pvcviewer*'];
    const annotations = { role: 'view', user: 'bob.b@example.com' };
    expect(find(access, 'RoleBinding', name)).toMatchObject({
      metadata: { annotations },
      roleRef: { kind: 'ClusterRole', name: 'kubeflow-view' },
      subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: 'bob.b@example.com' }],
    });
    expect(find(access, 'AuthorizationPolicy', name)).toMatchObject({
      metadata: { annotations },
      spec: {
        rules: [
          {
            from: [
              {
                source: {
                  principals: [
                    'cluster.local/ns/ingress/sa/istio-ingressgateway',
                    'cluster.local/ns/kubeflow/sa/ml-pipeline-ui',
                  ],
                },
              },
            ],
            to: [{ operation: { notPaths: writing } }],
            when: [
              { key: 'request.headers[x-envoy-original-path]', notValues: writing },
              { key: 'request.headers[kubeflow-userid]', values: ['bob.b@example.com'] },
            ],
          },
        ],
      },
    });
    const owner = 'team-a@tenants.invalid';
    expect(find(place, 'Profile', 'team-a')).toMatchObject({ spec: { owner: { kind: 'User', name: owner } } });
    expect(find(place, 'Namespace', 'team-a')).toMatchObject({ metadata: { annotations: { owner } } });
  });

  it('lets its projects write to its own namespaces, as the tenant, and no kind of the platform', async () => {
    const { access } = await render(
      `${small}namespaces: [team-a, team-a--dev]\nrepositories: ["https://github.com/acme/a.git"]\ndeny: [{group: batch, kind: CronJob}]\n`,
    );
    const server = 'https://kubernetes.default.svc';
    for (const name of ['tenant-team-a', 'tenant-team-a-apps']) {
      const spec = find(access, 'AppProject', name)?.spec as Record<string, unknown>;
      expect(spec.destinations).toEqual(['team-a', 'team-a--dev'].map((namespace) => ({ server, namespace })));
      expect(spec.destinationServiceAccounts).toEqual([
        { server, namespace: '*', defaultServiceAccount: 'argocd:tenant-team-a' },
      ]);
      expect(spec.clusterResourceBlacklist).toEqual([{ group: '*', kind: '*' }]);
      for (const denied of [
        { group: 'networking.istio.io', kind: '*' },
        { group: 'rbac.authorization.k8s.io', kind: '*' },
        { group: 'batch', kind: 'CronJob' },
      ])
        expect(spec.namespaceResourceBlacklist).toContainEqual(denied);
    }
  });

  it.each([
    ['kubeflow', 'kubeflow-edit'],
    ['namespace', 'edit'],
  ])(
    'applies the objects of kind %s with the role %s, by an account that no pod of the tenant can have',
    async (kind, role) => {
      const { access } = await render(`kind: ${kind}\nowner: ann@example.com\nnamespaces: [team-a, team-a--dev]\n`);
      expect(find(access, 'ServiceAccount', 'tenant-team-a')?.metadata.namespace).toBe('argocd');
      const bindings = access.filter(
        ({ kind: one, metadata }) => one === 'RoleBinding' && metadata.name === 'applications',
      );
      expect(bindings.map(({ metadata, roleRef, subjects }) => [metadata.namespace, roleRef, subjects])).toEqual(
        ['team-a', 'team-a--dev'].map((namespace) => [
          namespace,
          { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: role },
          [{ kind: 'ServiceAccount', name: 'tenant-team-a', namespace: 'argocd' }],
        ]),
      );
    },
  );

  it("lets its admins make Applications from the tenant's repositories only, and everyone use those of this one", async () => {
    const sources = async (text: string) => {
      const { access } = await render(`${small}${text}`);
      const spec = (name: string) => find(access, 'AppProject', name)?.spec as Record<string, unknown>;
      const admin = (name: string) =>
        JSON.stringify((spec(name).roles as { name: string }[]).find((role) => role.name === 'admin'));
      expect(admin('tenant-team-a')).toContain('applications, *, tenant-team-a/*, allow');
      expect(admin('tenant-team-a-apps')).toContain('applications, sync, tenant-team-a-apps/*, allow');
      expect(admin('tenant-team-a-apps')).not.toContain('applications, *');
      return ['tenant-team-a', 'tenant-team-a-apps'].map((name) => spec(name).sourceRepos);
    };
    expect(await sources('')).toEqual([[], [demo.repositoryUrl]]);
    const own = 'https://github.com/acme/a.git';
    expect(await sources(`repositories: ["${own}"]\n`)).toEqual([[own], [demo.repositoryUrl]]);
  });

  it('keeps notebooks and volumes from viewers, named by address or by group, and from no one else', async () => {
    const member = (who: string, role: string) => `members: [{${who}, role: ${role}}]\n`;
    const rules = async (kind: string, line: string) => {
      const { access } = await render(`kind: ${kind}\nowner: ann@example.com\n${line}`);
      return JSON.stringify(access.filter(({ kind: one }) => one === 'AuthorizationPolicy').map(({ spec }) => spec));
    };
    for (const who of ['email: bob@example.com', 'group: acme:auditors']) {
      expect((await rules('kubeflow', member(who, 'view'))).match(/otPaths":\["\/notebook/g)).toHaveLength(1);
      for (const role of ['edit', 'admin'])
        expect(await rules('kubeflow', member(who, role))).not.toContain('notebook');
      expect(await rules('namespace', member(who, 'view'))).not.toContain('notebook');
    }
  });

  it("gives Kubeflow's tenants the label by which Kubeflow selects its users' namespaces, and openings for model servers where they run", async () => {
    const label = async (kind: string) => {
      const { place } = await render(`kind: ${kind}\nowner: ann@example.com\n`);
      return find(place, 'Namespace', 'team-a')?.metadata.labels;
    };
    const tenant = { 'breakwater.dev/tenant': 'team-a' };
    expect(await label('kubeflow')).toMatchObject({ ...tenant, 'app.kubernetes.io/part-of': 'kubeflow-profile' });
    expect(await label('namespace')).toMatchObject({ ...tenant, 'app.kubernetes.io/part-of': 'breakwater-tenant' });
    const openings = async (kind: string, components: readonly KubeflowPart[]) => {
      const cluster = { ...demo, kubeflow: { ...demo.kubeflow, components: [...components] } };
      const { access } = await render(`kind: ${kind}\nowner: ann@example.com\n`, 'team-a', cluster);
      return JSON.stringify(find(access, 'NetworkPolicy', 'openings')).match(/cluster-local-gateway/g)?.length ?? 0;
    };
    expect(await openings('kubeflow', kubeflowParts)).toBe(2);
    expect(await openings('kubeflow', ['notebooks', 'profiles'])).toBe(0);
    expect(await openings('namespace', kubeflowParts)).toBe(0);
  });

  it("lets the gateway call the mesh's TLS only, whichever Service of the namespace a route leads to", async () => {
    const { place } = await render(`${small}namespaces: [team-a, team-a--dev]\n`);
    const rules = place.filter(({ kind }) => kind === 'DestinationRule').map(({ spec }) => spec);
    expect(rules).toEqual(
      ['team-a', 'team-a--dev'].map((namespace) => ({
        host: `*.${namespace}.svc.cluster.local`,
        exportTo: ['ingress'],
        trafficPolicy: { tls: { mode: 'ISTIO_MUTUAL' } },
      })),
    );
  });

  it('says on its namespaces which types of Services and which priorities it may have; without a word, none', async () => {
    const annotation = async (text: string) => {
      const { place } = await render(small + text);
      return find(place, 'Namespace', 'team-a')?.metadata.annotations?.['breakwater.dev/services'];
    };
    expect(await annotation('')).toBeUndefined();
    expect(await annotation('network: {services: [LoadBalancer, NodePort]}\n')).toBe('LoadBalancer,NodePort');
    const { place } = await render(`${small}priorityClasses: [urgent]\n`);
    expect(find(place, 'Namespace', 'team-a')?.metadata.annotations?.['breakwater.dev/priority-classes']).toBe(
      'urgent',
    );
    for (const type of ['ExternalName', 'loadBalancer'])
      await expect(annotation(`network: {services: [${type}]}\n`)).rejects.toThrow();
  });

  it("gives its pods' accounts pull secrets and a cloud role, and takes them away with the keys", async () => {
    const role = 'arn:aws:iam::111122223333:role/team-a';
    const accounts = async (kind: string, text: string) => {
      const { place } = await render(`kind: ${kind}\nowner: ann@example.com\n${text}`);
      return place
        .filter((object) => object.kind === 'ServiceAccount')
        .map(({ metadata, imagePullSecrets }) => [
          metadata.name,
          metadata.annotations?.['eks.amazonaws.com/role-arn'],
          imagePullSecrets,
        ]);
    };
    const keys = `serviceAccounts: {pullSecrets: [registry], annotations: {eks.amazonaws.com/role-arn: "${role}"}}\n`;
    const secrets = [{ name: 'registry' }];
    expect(await accounts('namespace', keys)).toEqual([['default', role, secrets]]);
    expect(await accounts('kubeflow', keys)).toEqual([
      ['default', role, secrets],
      ['default-editor', role, secrets],
    ]);
    expect(await accounts('namespace', '')).toEqual([['default', undefined, undefined]]);
  });

  it('owned by a group: its role, its header and its place in Argo CD are those of any member by group', async () => {
    const { access } = await render('kind: kubeflow\nowner: {group: "acme:a"}\nmembers: [{email: bob@example.com}]\n');
    const name = access.find(({ kind, metadata }) => kind === 'RoleBinding' && /^group-/.test(metadata.name))?.metadata
      .name;
    expect(find(access, 'RoleBinding', String(name))).toMatchObject({
      roleRef: { name: 'kubeflow-admin' },
      subjects: [{ kind: 'Group', name: 'acme:a' }],
    });
    expect(JSON.stringify(find(access, 'AuthorizationPolicy', String(name)))).toContain(
      `request.headers[x-breakwater-group-${Buffer.from('acme:a').toString('hex')}]`,
    );
    expect(JSON.stringify(find(access, 'AppProject', 'tenant-team-a'))).toContain(
      '{"name":"admin","groups":["acme:a"]',
    );
  });

  it('chooses the nodes of its pods by a policy of the cluster, and by the annotations that admission plugins read', async () => {
    const { access, place } = await render(
      `${small}pods: {nodeSelector: {pool: a}, tolerations: [{key: gpu, operator: Exists}]}\n`,
    );
    expect(find(access, 'MutatingAdmissionPolicy', 'breakwater-tenant-team-a-nodes')).toBeDefined();
    expect(find(access, 'MutatingAdmissionPolicyBinding', 'breakwater-tenant-team-a-nodes')).toBeDefined();
    expect(find(place, 'Namespace', 'team-a')?.metadata.annotations).toMatchObject({
      'scheduler.alpha.kubernetes.io/node-selector': 'pool=a',
      'openshift.io/node-selector': 'pool=a',
      'scheduler.alpha.kubernetes.io/defaultTolerations': '[{"key":"gpu","operator":"Exists"}]',
    });
    const nothing = await render(small);
    expect(names(nothing.access).join()).not.toContain('Mutating');
  });

  it('moves namespaces to what goes with the folder where deletionPolicy says so', async () => {
    const { access, place } = await render(`${small}deletionPolicy: delete\n`);
    expect(place).toEqual([]);
    expect(find(access, 'Namespace', 'team-a')?.metadata.annotations).not.toHaveProperty(
      'argocd.argoproj.io/sync-options',
    );
  });

  it('gives nothing to a cluster that a tenant does not belong to, nor for an empty file', async () => {
    const elsewhere = { ...demo, labels: { stage: 'live' } };
    for (const text of [
      '',
      '# nothing\n',
      `${small}clusters: {names: [other]}\n`,
      `${small}clusters: {labels: {stage: test}}\n`,
    ])
      expect(await render(text, 'team-a', elsewhere)).toEqual({ access: [], place: [] });
    expect((await render(`${small}clusters: {labels: {stage: live}}\n`, 'team-a', elsewhere)).place).not.toEqual([]);
  });

  it("takes nothing of the platform's from a tenant.yaml", async () => {
    const forged = `${small}part: place\nplatform: {gatewayPrincipal: "*", reserved: [], argocd: kube-system}\n`;
    expect(await render(forged)).toEqual(await render(small));
  });
});
