import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { applyObjects } from '../../../cluster/apply.ts';
import type { LiveObject } from '../../../cluster/live.ts';
import type { KubernetesObject } from '../../../components/component.ts';
import { defaultProfile } from '../../../components/kubeflow/default-profile.ts';
import { profiles } from '../../../components/kubeflow/profiles.ts';
import { guardOfTenants } from '../../../components/tenant-guard.ts';
import { tenantObjects } from '../../../steps/tenant-objects.ts';
import { namespaces } from '../../../tree/root-objects.ts';
import { at, listAt } from '../../../tree/rules/parsed-tree.ts';
import { type KubeflowProgram, kubeflowPrograms } from '../../rehearsal/kubeflow/sources/programs.ts';
import { ask } from '../../rehearsal/observe/ask.ts';
import { freePort } from '../../sandbox/api-server.ts';
import { openAuthority } from '../../sandbox/pki.ts';
import { checkout } from '../repository.ts';
import { type KubeflowPlatform, startControllers, startKubeflow } from './kubeflow-platform.ts';

const sources = process.env.BREAKWATER_KUBEFLOW_SOURCES;
const ann = 'ann@example.com';
const bob = 'bob@example.com';
const namespace = 'research';
const rbac = 'rbac.authorization.k8s.io/v1';
const kfam = 'http://127.0.0.1:8081/kfam/v1';

let platform: KubeflowPlatform;

function find(apiVersion: string, kind: string, name: string, inside = namespace): Promise<LiveObject | undefined> {
  return platform.api.find<LiveObject>({ apiVersion, kind, metadata: { name, namespace: inside } });
}

function post(url: string, user: string, body: object, headers: Readonly<Record<string, string>> = {}) {
  return ask(url, {
    method: 'POST',
    headers: { 'kubeflow-userid': user, 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  });
}

/** Starts a web app, and opens its page as ann. @returns its address, and what a request from the page has besides */
async function openWebApp(program: 'jupyter-web-app' | 'volumes-web-app') {
  const { files, start } = platform;
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const folder = await files(program);
  await start({
    words: ['python3', '-m', 'gunicorn', '--bind', `127.0.0.1:${port}`, 'entrypoint:app'],
    account: `${program}-service-account`,
    ready: `${url}/healthz`,
    cwd: join(folder, 'src'),
    env: {
      ...{ PYTHONPATH: join(folder, 'opt/packages'), PYTHONDONTWRITEBYTECODE: '1', UI: 'default', APP_PREFIX: '/' },
      ...{ USERID_HEADER: 'kubeflow-userid', USERID_PREFIX: '', APP_SECURE_COOKIES: 'false' },
    },
  });
  const page = await ask(`${url}/`, { headers: { 'kubeflow-userid': ann } });
  expect(page).toMatchObject({ status: 200, body: expect.stringContaining('<app-root>') });
  const token = /XSRF-TOKEN=([^;]+)/.exec((page.headers['set-cookie'] ?? []).join(';'))?.[1] ?? '';
  return { url, csrf: { cookie: `XSRF-TOKEN=${token}`, 'x-xsrf-token': token } };
}

const soon = <T>(look: () => Promise<T>) => vi.waitFor(look, { timeout: 90_000, interval: 250 });

/** What the tree has of a default profile. */
function profileOf(owner: string): KubernetesObject[] {
  const { cluster } = platform.scenario;
  const defaults = { ...cluster.kubeflow.defaultProfile, name: namespace, owner };
  const changed = { ...cluster, kubeflow: { ...cluster.kubeflow, defaultProfile: defaults } };
  return [...namespaces(changed, [defaultProfile]), ...(defaultProfile.manifests?.(changed) ?? [])];
}

describe.skipIf(sources === undefined)("Kubeflow's own programs, from BREAKWATER_KUBEFLOW_SOURCES", () => {
  beforeAll(async () => {
    platform = await startKubeflow(sources ?? '');
    const { cluster } = platform.scenario;
    await startControllers(platform);
    await applyObjects(platform.api, [...guardOfTenants(cluster), ...(profiles.manifests?.(cluster) ?? [])]);
    await applyObjects(platform.api, profileOf(ann));
    await soon(async () => expect(await find('v1', 'ServiceAccount', 'default-viewer')).toBeDefined());
  });
  afterAll(() => platform?.stop());

  it('all pods of a training job are outside the mesh, and so reach each other', () => {
    const templates = platform.objects
      .filter(({ kind }) => kind === 'ClusterTrainingRuntime')
      .flatMap(({ spec }) => listAt(spec, 'template', 'spec', 'replicatedJobs'))
      .map((job) => at(job, 'template', 'spec', 'template', 'metadata', 'labels', 'sidecar.istio.io/inject'));
    expect(templates.length).toBeGreaterThan(5);
    expect(new Set(templates)).toEqual(new Set(['false']));
  });

  it('the manifests name the programs that are built, and their routes set no pool of connections', () => {
    const images = JSON.stringify(platform.objects);
    for (const [name, { image }] of Object.entries<KubeflowProgram>(kubeflowPrograms))
      if (image !== undefined) expect(images, name).toContain(image.name);
    const rules = platform.objects.filter(({ kind }) => kind === 'DestinationRule');
    expect(rules.length).toBeGreaterThan(0);
    for (const { spec } of rules) expect(at(spec, 'trafficPolicy', 'connectionPool')).toBeUndefined();
  });

  it("a profile's namespace has what Kubeflow's other parts and the gateway go by", async () => {
    const { metadata } = (await find('v1', 'Namespace', namespace)) ?? {};
    expect(metadata?.labels).toMatchObject({
      'app.kubernetes.io/part-of': 'kubeflow-profile',
      'istio-injection': 'enabled',
      'pod-security.kubernetes.io/enforce': 'baseline',
    });
    for (const account of ['default-editor', 'default-viewer'])
      expect(await find('v1', 'ServiceAccount', account)).toBeDefined();
    const policy = await find('security.istio.io/v1', 'AuthorizationPolicy', 'ns-owner-access-istio');
    expect(JSON.stringify(policy)).toContain('cluster.local/ns/ingress/sa/istio-ingressgateway');
    expect(JSON.stringify(policy)).toContain(ann);
  });

  it('no one takes a namespace by the access API', async () => {
    const profile = profileOf(bob).find(({ kind }) => kind === 'Profile');
    const answer = await post(`${kfam}/profiles`, bob, { ...profile, metadata: { name: 'bob-takes-one' } });
    expect(answer).toMatchObject({ status: 403, body: expect.stringContaining('by pull request only') });
    expect(await find('kubeflow.org/v1', 'Profile', 'bob-takes-one')).toBeUndefined();
  });

  it('nor by the dashboard, which shows each person their own', async () => {
    const { files, start } = platform;
    const port = await freePort();
    const url = `http://127.0.0.1:${port}`;
    const folder = join(await files('central-dashboard'), 'usr/src/app');
    await start({
      words: [process.execPath, 'dist/server.js'],
      account: 'centraldashboard',
      ready: `${url}/healthz`,
      cwd: folder,
      env: {
        ...{ NODE_ENV: 'production', PORT_1: String(port), PROFILES_KFAM_SERVICE_HOST: '127.0.0.1' },
        ...{
          USERID_HEADER: 'kubeflow-userid',
          USERID_PREFIX: '',
          REGISTRATION_FLOW: 'false',
          POD_NAMESPACE: 'kubeflow',
        },
      },
    });
    const answer = await post(`${url}/api/workgroup/create`, bob, { namespace: 'bob-takes-one' });
    expect(answer).toMatchObject({ status: 403, body: expect.stringContaining('by pull request only') });
    expect(await find('kubeflow.org/v1', 'Profile', 'bob-takes-one')).toBeUndefined();
    const { body } = await ask(`${url}/api/workgroup/env-info`, { headers: { 'kubeflow-userid': ann } });
    expect(JSON.parse(body)).toMatchObject({
      user: ann,
      namespaces: expect.arrayContaining([{ namespace, role: 'owner', user: ann }]),
    });
  });

  it('the Jupyter web app makes a notebook for its owner, with the CSRF cookie, and for no one else', async () => {
    const { url, csrf } = await openWebApp('jupyter-web-app');
    const notebooks = `${url}/api/namespaces/${namespace}/notebooks`;
    const notebook = {
      ...{ name: 'by-page', image: 'example.com/lab:1', imagePullPolicy: 'IfNotPresent', serverType: 'jupyter' },
      ...{ cpu: '0.1', cpuLimit: '1', memory: '0.3Gi', memoryLimit: '1Gi', gpus: { num: 'none' }, shm: false },
      ...{ workspace: null, datavols: [], environment: '{}', configurations: [] },
      ...{ tolerationGroup: 'none', affinityConfig: 'none' },
    };
    expect((await post(notebooks, ann, notebook)).status).toBe(403);
    expect((await post(notebooks, 'eve@example.com', notebook, csrf)).status).toBe(403);
    const made = await post(notebooks, ann, notebook, csrf);
    expect(`${made.status} ${made.body}`).toContain('200 ');
    expect(await find('kubeflow.org/v1', 'Notebook', 'by-page')).toBeDefined();
  });

  it('the volumes web app makes a claim for its owner, with the CSRF cookie, and for no one else', async () => {
    const { url, csrf } = await openWebApp('volumes-web-app');
    const claims = `${url}/api/namespaces/${namespace}/pvcs`;
    const claim = { name: 'files', mode: 'ReadWriteOnce', class: '{empty}', size: '1Gi', type: 'empty' };
    expect((await post(claims, ann, claim)).status).toBe(403);
    expect((await post(claims, 'eve@example.com', claim, csrf)).status).toBe(403);
    const made = await post(claims, ann, claim, csrf);
    expect(`${made.status} ${made.body}`).toContain('200 ');
    expect(await find('v1', 'PersistentVolumeClaim', 'files')).toBeDefined();
  });

  it('an owner lets another person in, and no one lets themselves in', async () => {
    const binding = {
      user: { kind: 'User', name: bob },
      referredNamespace: namespace,
      RoleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'edit' },
    };
    expect((await post(`${kfam}/bindings`, bob, binding)).status).toBe(403);
    expect((await post(`${kfam}/bindings`, ann, binding)).status).toBe(200);
    expect(await find(rbac, 'RoleBinding', 'user-bob-example-com-clusterrole-edit')).toBeDefined();
  });

  it("a tenant of kind kubeflow keeps the label by which it is known, and gets the controller's accounts", async () => {
    const { cluster } = platform.scenario;
    const { access, place } = await tenantObjects(checkout, cluster, 'team-a', `kind: kubeflow\nowner: ${ann}\n`);
    await applyObjects(
      platform.api,
      [...place, ...access].filter(({ kind }) => kind !== 'AppProject'),
    );
    await soon(async () => expect(await find('v1', 'ServiceAccount', 'default-editor', 'team-a')).toBeDefined());
    const { metadata } = (await find('v1', 'Namespace', 'team-a')) ?? {};
    expect(metadata?.labels?.['app.kubernetes.io/part-of']).toBe('kubeflow-profile');
    const owner = await soon(async () => {
      const found = await find(rbac, 'RoleBinding', 'namespaceAdmin', 'team-a');
      expect(found).toBeDefined();
      return found;
    });
    // Of the Profile: no one. Who may enter is said by the team's file.
    expect(JSON.stringify(listAt(owner, 'subjects'))).toContain('.invalid');
  });

  it("a notebook gets a route on the platform's gateway and host", async () => {
    const container = { name: 'lab', image: 'ghcr.io/kubeflow/kubeflow/notebook-servers/jupyter-scipy:v1.10.0' };
    await applyObjects(platform.api, [
      {
        apiVersion: 'kubeflow.org/v1',
        kind: 'Notebook',
        metadata: { name: 'lab', namespace },
        spec: { template: { spec: { serviceAccountName: 'default-editor', containers: [container] } } },
      },
    ]);
    const route = await soon(async () => {
      const found = await find('networking.istio.io/v1', 'VirtualService', `notebook-${namespace}-lab`);
      expect(found).toBeDefined();
      return found;
    });
    expect(at(route, 'spec')).toMatchObject({
      gateways: ['ingress/ingress-gateway'],
      hosts: [platform.scenario.cluster.knownHost],
    });
    expect(await find('apps/v1', 'StatefulSet', 'lab')).toBeDefined();
    expect(await find('v1', 'Service', 'lab')).toBeDefined();
  });

  it('a PodDefault reaches the pods of a profile', async () => {
    const { files, start, objects, scenario, api } = platform;
    const port = await freePort();
    const authority = await openAuthority(join(scenario.root, 'pki'));
    const serving = await authority.issue({
      name: 'webhook',
      commonName: 'webhook',
      subjectAltNames: ['IP:127.0.0.1'],
    });
    await start({
      words: [
        join(await files('poddefaults-webhook'), 'webhook'),
        ...['-tlsCertFile', serving.certificate, '-tlsKeyFile', serving.key, '-webhookPort', String(port)],
      ],
      account: 'admission-webhook-service-account',
      ready: `https://127.0.0.1:${port}/`,
    });
    const webhook = objects.find(({ kind }) => kind === 'MutatingWebhookConfiguration');
    const [first] = listAt(webhook, 'webhooks') as Record<string, unknown>[];
    const clientConfig = {
      url: `https://127.0.0.1:${port}/apply-poddefault`,
      caBundle: (await readFile(authority.ca.certificate)).toString('base64'),
    };
    const pod = (name: string): KubernetesObject => ({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name, namespace, labels: { mark: 'true' } },
      spec: { containers: [{ name: 'main', image: 'example.com/main:1' }] },
    });
    await applyObjects(api, [
      { ...webhook, webhooks: [{ ...first, clientConfig }] } as KubernetesObject,
      {
        apiVersion: 'kubeflow.org/v1alpha1',
        kind: 'PodDefault',
        metadata: { name: 'mark', namespace },
        spec: { desc: 'A mark', selector: { matchLabels: { mark: 'true' } }, env: [{ name: 'MARK', value: 'here' }] },
      },
    ]);
    let tries = 0;
    await soon(async () => {
      tries += 1;
      const made = await api.create<LiveObject>(pod(`pod-${tries}`));
      expect(at(made, 'spec', 'containers', 0, 'env')).toEqual([{ name: 'MARK', value: 'here' }]);
    });
  });

  it('a profile that gets another owner is out of the reach of the old one', async () => {
    const policies = async () =>
      JSON.stringify(at(await find('security.istio.io/v1', 'AuthorizationPolicy', 'ns-owner-access-istio'), 'spec'));
    const listed = async (user: string) => (await ask(`${kfam}/bindings?user=${user}&role=admin`)).body;
    await applyObjects(platform.api, profileOf(bob), { force: true });
    await soon(async () => expect(await policies()).toContain(bob));
    expect(await policies()).not.toContain(ann);
    expect(at(await find(rbac, 'RoleBinding', 'namespaceAdmin'), 'subjects', 0, 'name')).toBe(bob);
    // By these the dashboard says whose namespace it is.
    await soon(async () => expect(await listed(bob)).toContain(namespace));
    expect(await listed(ann)).not.toContain(namespace);
  });
});
