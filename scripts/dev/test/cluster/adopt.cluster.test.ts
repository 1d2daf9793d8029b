import { type ChildProcess, execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { parse, parseAllDocuments, stringify } from 'yaml';
import type { Api } from '../../../cluster/api.ts';
import { applyObjects } from '../../../cluster/apply.ts';
import { keyOf, kindsOf } from '../../../cluster/inventory.ts';
import type { LiveObject } from '../../../cluster/live.ts';
import type { KubernetesObject } from '../../../components/component.ts';
import { loadCluster } from '../../../config/load.ts';
import { carriedTool } from '../../../tools/find.ts';
import { buildPrograms } from '../../sandbox/build.ts';
import { packCharts } from '../../sandbox/chart-repository.ts';
import { type ChartName, chartFolder } from '../../sandbox/charts.ts';
import { imageVersionsOf, repositoryRoot } from '../../sandbox/of-repository.ts';
import { upstreamRepository } from '../../sandbox/upstream-repository.ts';
import { startTestServer, type TestServer } from '../../testing/api-server.ts';
import { gitIn } from '../../testing/git-in.ts';
import { checkout, type TestRepository, testRepository } from '../repository.ts';
import { startKubernetesControllers } from './controllers.ts';
import { type RealArgocd, startRealArgocd } from './real-argocd.ts';
import { type RunResult, startRun } from './run.ts';
import { startWorkloads, type Workloads } from './workloads.ts';

// Strangers have installed cert-manager by Helm, Istio by istioctl and a Dex by kubectl on a real API server. `adopt` reads it, its commands are
// run as it prints them, the bootstrap registers the platform, and Argo CD's real controller takes over. No pod runs: only objects are compared.

let folder: string;
let server: TestServer;
let workloads: Workloads;
let repository: TestRepository;
let charts: Server;
let controllers: ChildProcess;
let argocd: RealArgocd | undefined;
let api: Api;
let path: string | undefined;

const file = 'clusters/prod/cluster.yaml';
/** The charts of the platform, by the folder of their upstream.yaml. */
const chartsOf: Readonly<Record<string, ChartName>> = {
  'istio-base': 'base',
  istiod: 'istiod',
  gateway: 'gateway',
  'cert-manager': 'cert-manager',
  dex: 'dex',
  'oauth2-proxy': 'oauth2-proxy',
};

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'breakwater-adopt-'));
  path = process.env.PATH;
  process.env.PATH = `${await tools()}:${path}`;
  charts = await serveCharts();
  server = await startTestServer();
  api = server.connection.api;
  workloads = startWorkloads(api);
  // `kubectl delete --cascade=orphan` waits for it.
  controllers = await startKubernetesControllers(server, folder, ['garbage-collector-controller']);
  gitIn(folder)('init', '--quiet', '--bare', '--initial-branch=main', join(folder, 'platform.git'));
  repository = testRepository({});
  await strangers();
});
afterAll(async () => {
  await argocd?.stop();
  controllers?.kill('SIGKILL');
  await workloads?.stop();
  await server?.stop();
  charts?.close();
  repository?.remove();
  if (path !== undefined) process.env.PATH = path;
  if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
});

/** What Argo CD's image has, and kubectl for the commands of the list. */
async function tools(): Promise<string> {
  const bin = join(folder, 'tools');
  mkdirSync(bin);
  for (const name of ['kubectl', 'helm'] as const) symlinkSync(await carriedTool(name), join(bin, name));
  const { kustomize } = await buildPrograms(['kustomize'], { report: (line) => console.log(line) });
  symlinkSync(kustomize, join(bin, 'kustomize'));
  return bin;
}

function upstreams() {
  const { upstream } = loadCluster(checkout, 'demo').shared;
  return Object.entries(chartsOf).map(([component, chart]) => {
    const { repository = '', version = '' } = upstream.get(`infrastructure/${component}`) ?? {};
    return { chart, repository, version };
  });
}

async function serveCharts(): Promise<Server> {
  const packed = join(folder, 'charts');
  await packCharts(packed, await Promise.all(upstreams().map(({ chart, version }) => chartFolder(chart, version))));
  const started = createServer((request, response) => {
    try {
      response.end(readFileSync(join(packed, request.url ?? '')));
    } catch {
      response.writeHead(404).end();
    }
  });
  await new Promise<void>((resolve) => started.listen(0, '127.0.0.1', resolve));
  return started;
}

async function template(chart: ChartName, version: string, namespace: string, values: object) {
  const text = execFileSync(
    await carriedTool('helm'),
    ['template', chart, await chartFolder(chart, version), '--namespace', namespace, '--include-crds', '--values', '-'],
    { input: stringify(values), encoding: 'utf8', maxBuffer: 1e8 },
  );
  return parseAllDocuments(text)
    .map((document) => document.toJS() as KubernetesObject | null)
    .filter((object) => object !== null)
    .filter(({ metadata }) => metadata.annotations?.['helm.sh/hook'] === undefined);
}

const clusterScoped = /^(Cluster|CustomResourceDefinition|.*WebhookConfiguration|Namespace)/;
const inNamespace = (namespace: string, object: KubernetesObject): KubernetesObject =>
  clusterScoped.test(object.kind) ? object : { ...object, metadata: { namespace, ...object.metadata } };
const namespaced = (name: string, labels = {}): KubernetesObject => ({
  apiVersion: 'v1',
  kind: 'Namespace',
  metadata: { name, labels },
});

function workload(namespace: string, name: string, labels: Record<string, string>): KubernetesObject {
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, namespace },
    spec: {
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers: [{ name, image: `example.com/${name}:v1.2.3` }] } },
    },
  };
}

/** A provider of the mesh that someone else needs. */
const otel = { name: 'otel', opentelemetry: { service: 'otel.example.com', port: 4317 } };

/** Everything that is there before. */
async function strangers(): Promise<void> {
  const release = {
    'meta.helm.sh/release-name': 'cert-manager',
    'meta.helm.sh/release-namespace': 'cert-manager',
  };
  const certManager = (await template('cert-manager', '1.20.0', 'cert-manager', { crds: { enabled: true } }))
    .map((object) => inNamespace('cert-manager', object))
    .map((object) => ({
      ...object,
      metadata: { ...object.metadata, annotations: { ...object.metadata.annotations, ...release } },
    }));
  await applyObjects(api, [namespaced('cert-manager'), ...certManager], { manager: 'helm', force: true });
  const mesh = [
    ...(await template('base', '1.30.0', 'istio-system', {})),
    ...(await template('istiod', '1.30.0', 'istio-system', { meshConfig: { extensionProviders: [otel] } })),
  ].map((object) => inNamespace('istio-system', object));
  const gateway = { istio: 'ingressgateway', app: 'istio-ingressgateway' };
  await applyObjects(
    api,
    [
      namespaced('istio-system'),
      ...mesh.filter(({ kind }) => kind !== 'ValidatingWebhookConfiguration'),
      workload('istio-system', 'istio-ingressgateway', gateway),
      {
        apiVersion: 'v1',
        kind: 'Service',
        metadata: { name: 'istio-ingressgateway', namespace: 'istio-system' },
        spec: { type: 'LoadBalancer', selector: gateway, ports: [{ port: 80 }] },
      },
    ],
    { manager: 'istioctl', force: true },
  );
  await applyObjects(
    api,
    [
      namespaced('auth', { 'pod-security.kubernetes.io/enforce': 'baseline' }),
      workload('auth', 'dex', { app: 'dex' }),
      {
        apiVersion: 'networking.istio.io/v1',
        kind: 'Gateway',
        metadata: { name: 'open', namespace: 'auth' },
        spec: {
          selector: { istio: 'ingressgateway' },
          servers: [{ hosts: ['*'], port: { number: 80, name: 'http', protocol: 'HTTP' } }],
        },
      },
      {
        apiVersion: 'networking.istio.io/v1',
        kind: 'VirtualService',
        metadata: { name: 'login', namespace: 'auth' },
        spec: { hosts: ['*'], gateways: ['open'], http: [{ route: [{ destination: { host: 'dex' } }] }] },
      },
    ],
    { manager: 'kubectl', force: true },
  );
}

/** All objects of the cluster; those that the API server writes at any time aside. */
async function everything(): Promise<Map<string, LiveObject>> {
  const lists = await Promise.all(
    (await kindsOf(api, { all: true })).map(async ({ apiVersion, kind }) => (await api.list(apiVersion, kind)).items),
  );
  const objects = lists
    .flat()
    .filter(
      ({ kind, metadata }) => !['Lease', 'Event'].includes(kind) && !/^(kube-|default$)/.test(metadata.namespace ?? ''),
    );
  return new Map(objects.map((object) => [keyOf(object), object]));
}

const versions = (found: ReadonlyMap<string, LiveObject>) =>
  [...found].map(([name, { metadata }]) => `${name} ${metadata.uid} ${metadata.resourceVersion}`).sort();

function run(...parameters: string[]): Promise<RunResult> {
  return startRun(repository.root, [...parameters, '--context', server.server.contextName], {
    ...process.env,
    KUBECONFIG: server.server.kubeconfigPath,
    GIT_CONFIG_GLOBAL: '/dev/null',
    GIT_CONFIG_NOSYSTEM: '1',
    https_proxy: 'http://127.0.0.1:9',
  }).result;
}

interface Row {
  fate: string;
  what: string;
  reason: string;
  todo?: string;
}

async function list(): Promise<Row[]> {
  const { stdout, stderr } = await run('adopt', '--cluster', 'prod', '--json');
  expect(stderr).not.toContain('not compared');
  return JSON.parse(stdout).rows;
}

/** Runs the kubectl commands of a line, up to what comes after the bootstrap. */
function obey({ todo = '' }: Row): void {
  for (const command of todo.split(/; |\. /).filter((part) => !/^(after|Once)/.test(part))) {
    const line = command.replace(/^[A-Z][^:]*: (?=kubectl)/, '');
    if (!line.startsWith('kubectl')) continue;
    const { status, stderr } = spawnSync('sh', ['-c', line], {
      env: { ...process.env, KUBECONFIG: server.server.kubeconfigPath },
      encoding: 'utf8',
      timeout: 60_000,
    });
    expect(status, `${line}: ${stderr}`).toBe(0);
  }
}

let before: Map<string, LiveObject>;

it('reads the cluster, changes nothing in it, and writes a file that fits, once', async () => {
  before = await everything();
  const url = pathToFileURL(join(folder, 'platform.git')).href;
  const options = [
    '--cluster',
    'prod',
    '--git-url',
    url,
    '--host',
    'kubeflow.example.com',
    '--email',
    'ann@example.com',
  ];
  const dry = await run('adopt', ...options, '--dry-run');
  expect(dry.stdout).toContain('name: prod');
  const first = await run('adopt', ...options);
  expect(first.code, first.stderr).toBe(1);
  expect(first.stdout).toContain(`wrote ${file}`);
  const text = readFileSync(join(repository.root, file), 'utf8');
  expect(dry.stdout).toContain(text.trimEnd());
  expect(parse(text)).toMatchObject({
    git: { url },
    components: { 'cert-manager': { enabled: false } },
    auth: { users: [{ email: 'ann@example.com' }] },
  });
  expect(versions(await everything())).toEqual(versions(before));

  const path = join(repository.root, file);
  writeFileSync(path, text.replace(/^( *context:) .*$/m, '$1 gone'));
  const { notes } = JSON.parse((await run('adopt', '--cluster', 'prod', '--json')).stdout);
  writeFileSync(path, text);
  const { contextName } = server.server;
  expect(notes).toContainEqual(
    expect.stringMatching(
      `names the context gone \\(which your kubeconfig does not have\\), but this is ${contextName} \\(https://.*--context ${contextName}`,
    ),
  );
});

it('says of each program what becomes of it, and compares the objects with those of the charts', async () => {
  const { argocd: tag } = imageVersionsOf(repositoryRoot);
  const origin = `http://127.0.0.1:${(charts.address() as AddressInfo).port}`;
  const settings = parse(readFileSync(join(repository.root, file), 'utf8'));
  const mirror = pathToFileURL(await upstreamRepository('argo-cd', ['manifests'], tag)).href;
  repository.write(
    file,
    stringify({
      ...settings,
      // All becomes the platform's.
      components: undefined,
      argocd: { version: tag },
      istio: { cni: { enabled: false } },
      kubeflow: { components: [] },
      mirrors: {
        charts: Object.fromEntries(upstreams().map(({ repository: from }) => [from, origin])),
        git: { 'https://github.com/argoproj/argo-cd': mirror },
      },
    }),
  );
  const rows = await list();
  const of = (fate: string) => rows.filter((row) => row.fate === fate).map(({ what }) => what);
  expect(of('in the way')).toEqual(['extension provider otel', 'Deployment auth/dex (spec.selector)']);
  expect(of('open today')).toEqual(['Gateway auth/open on Deployment istio-system/istio-ingressgateway']);
  expect(of('becomes ours')).toEqual(
    expect.arrayContaining([
      expect.stringContaining('Istio 1.30.0'),
      'mesh config (ConfigMap istio-system/istio)',
      'platform',
      'cert-manager',
      'istiod',
      'dex',
    ]),
  );
  expect(rows.find(({ what }) => what === 'cert-manager')?.reason).toContain(
    'Helm (release cert-manager/cert-manager)',
  );
  expect(versions(await everything())).toEqual(versions(before));
});

it('is followed: the bootstrap accepts what was handed over, and refused it before', async () => {
  const refused = await run('bootstrap', '--cluster', 'prod', '--dry-run');
  expect(refused.code).toBe(1);
  expect(refused.stderr).toContain('belongs to Helm (release cert-manager/cert-manager)');
  for (const row of await list()) if (row.fate !== 'stays yours') obey(row);
  const rendered = repository.breakwater('render', '--cluster', 'prod');
  expect(rendered.code, rendered.stderr).toBe(0);
  const { meshConfig } = parse(readFileSync(join(repository.root, 'clusters/prod/values/istiod.yaml'), 'utf8'));
  const extensionProviders = [...meshConfig.extensionProviders, otel];
  repository.write('clusters/prod/overrides/istiod.yaml', stringify({ meshConfig: { extensionProviders } }));
  expect((await list()).filter(({ fate }) => fate === 'in the way')).toEqual([]);
  repository.git('add', '.');
  repository.git('commit', '--quiet', '--message', 'Adopt prod');
  const bootstrapped = await run('bootstrap', '--cluster', 'prod');
  expect(bootstrapped.code, bootstrapped.stderr).toBe(0);
});

it("changes hands: Argo CD's real controller takes each object with its uid, and nothing is left to do", async () => {
  mkdirSync(join(folder, 'argocd'));
  argocd = await startRealArgocd(join(folder, 'argocd'), server.server.kubeconfigPath);
  const tracked = ({ metadata }: LiveObject) => metadata.annotations?.['argocd.argoproj.io/tracking-id'];
  const istiod = { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'istiod', namespace: 'istio-system' } };
  await expect
    .poll(async () => tracked((await api.find(istiod)) ?? (istiod as LiveObject)), { timeout: 240_000, interval: 1000 })
    .toBeDefined();
  const after = await everything();
  const kept = [...before].filter(([name]) => name !== 'apps Deployment auth/dex');
  expect(
    kept.filter(([name, { metadata }]) => after.get(name)?.metadata.uid !== metadata.uid).map(([name]) => name),
  ).toEqual([]);
  const rows = await list();
  expect(rows.filter(({ fate }) => fate !== 'stays yours')).toEqual([]);
});
