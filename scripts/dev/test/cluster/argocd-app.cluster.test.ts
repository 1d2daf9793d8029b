import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { request as plainRequest } from 'node:http';
import { createServer, type Server } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { hashSync } from 'bcryptjs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { argocdPatches } from '../../../components/apps/argocd.ts';
import type { Cluster } from '../../../config/cluster.ts';
import { ask } from '../../rehearsal/observe/ask.ts';
import { type ApiServer, freePort, startApiServer } from '../../sandbox/api-server.ts';
import { buildPrograms } from '../../sandbox/build.ts';
import { kubectl } from '../../sandbox/kubectl.ts';
import { moduleFolder } from '../../sandbox/modules.ts';
import { type Authority, openAuthority } from '../../sandbox/pki.ts';
import { startProcess, startUntilReady, stopProcesses } from '../../sandbox/processes.ts';
import { argocdProgram } from './real-argocd.ts';
import { startRealDex } from './real-dex.ts';
import { openScenario, type Scenario } from './scenarios.ts';

// Argo CD's real server with the settings of the tree, and the real Dex behind a private CA that nothing on this machine trusts.
const password = 'password of a user';
const groups = {
  'ann@example.com': ['platform-admins'],
  'bob@example.com': ['platform-viewers'],
  'eve@example.com': ['x'],
  'mal@example.com': ['admin'],
};

let folder: string;
let scenario: Scenario;
let server: ApiServer;
let authority: Authority;
let front: Server;
let issuer: string;
let argocd: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'breakwater-argocd-app-'));
  const programs = await buildPrograms(['argocd'], { report: (line) => console.log(line) });
  scenario = await openScenario('apps-of-every-kind');
  authority = await openAuthority(join(folder, 'pki'));
  server = await startApiServer({ folder: join(folder, 'api') });
  const dexPort = await freePort();
  issuer = await serveTls(dexPort);
  await startDex(dexPort);
  await install();
  const redis = await freePort();
  const command = ['redis-server', '--port', String(redis), '--bind', '127.0.0.1', '--save', ''] as const;
  await startProcess(folder, { name: 'redis', command, cwd: folder, endWithParent: true });
  argocd = await startArgocd(programs.argocd, redis);
});

afterAll(async () => {
  await stopProcesses(folder);
  front?.close();
  await server?.stop();
  scenario?.remove();
  if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
});

/** The gateway: TLS with a certificate of the private CA, and what comes is Dex's. */
async function serveTls(dexPort: number): Promise<string> {
  const pair = await authority.issue({ name: 'gateway', commonName: 'gateway', subjectAltNames: ['DNS:localhost'] });
  const options = { key: readFileSync(pair.key), cert: readFileSync(pair.certificate) };
  front = createServer(options, (incoming, outgoing) => {
    const { method, headers, url: path } = incoming;
    const onward = plainRequest({ host: '127.0.0.1', port: dexPort, method, headers, path }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(outgoing);
    });
    onward.once('error', () => outgoing.writeHead(502).end());
    incoming.pipe(onward);
  });
  const port = await freePort();
  front.listen(port, 'localhost');
  return `https://localhost:${port}/dex`;
}

async function startDex(port: number): Promise<void> {
  await startRealDex(
    folder,
    () => ({
      issuer,
      oauth2: { skipApprovalScreen: true, passwordConnector: 'local' },
      staticClients: [
        { id: 'oauth2-proxy', name: 'x', secret: 'secret', redirectURIs: ['https://localhost/x'] },
        { id: 'other', name: 'x', secret: 'secret', redirectURIs: ['https://localhost/x'] },
      ],
      enablePasswordDB: true,
      staticPasswords: Object.entries(groups).map(([email, list]) => ({
        email,
        username: email,
        userID: email,
        hash: hashSync(password, 10),
        emailVerified: true,
        groups: list,
      })),
    }),
    { port },
  );
}

/** The settings of the tree, at the addresses of this test: patches of one ConfigMap are one object. */
function settings(cluster: Cluster): object[] {
  const patches = argocdPatches(cluster, 'oauth2-proxy')
    .filter(({ target }) => target?.kind === 'ConfigMap')
    .map(({ patch }): { metadata: { name: string }; data: Record<string, string> } => parse(patch));
  const labels = { 'app.kubernetes.io/part-of': 'argocd' };
  return [...new Set(patches.map(({ metadata }) => metadata.name))].map((name) => ({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name, namespace: 'argocd', labels },
    data: Object.fromEntries(
      patches
        .filter(({ metadata }) => metadata.name === name)
        .flatMap(({ data }) => Object.entries(data))
        .map(([key, text]) => [key, text.replace('https://platform.example.com/dex', issuer)]),
    ),
  }));
}

async function install(): Promise<void> {
  const labels = { 'app.kubernetes.io/part-of': 'argocd' };
  const apply = (objects: readonly object[]) =>
    kubectl(
      server.kubeconfigPath,
      ['apply', '--server-side', '-f', '-'],
      JSON.stringify({ apiVersion: 'v1', kind: 'List', items: objects }),
    );
  await kubectl(server.kubeconfigPath, [
    'apply',
    '--server-side',
    '-f',
    join(await moduleFolder('argo-cd'), 'manifests', 'crds', 'application-crd.yaml'),
    '-f',
    join(await moduleFolder('argo-cd'), 'manifests', 'crds', 'appproject-crd.yaml'),
    '-f',
    join(await moduleFolder('argo-cd'), 'manifests', 'crds', 'applicationset-crd.yaml'),
  ]);
  await kubectl(server.kubeconfigPath, [
    'wait',
    '--for=condition=Established',
    'crd/applications.argoproj.io',
    '--timeout=30s',
  ]);
  await apply([{ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'argocd' } }]);
  const source = { repoURL: 'https://git.example.com/x.git', path: '.' };
  await apply([
    ...settings(scenario.cluster),
    { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'argocd-cmd-params-cm', namespace: 'argocd', labels } },
    {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 'argocd-secret', namespace: 'argocd', labels },
      stringData: { 'server.secretkey': 'key' },
    },
    // As cert-manager writes it for the certificate of the tree.
    {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 'argocd-platform-ca', namespace: 'argocd', labels },
      stringData: { 'ca.crt': readFileSync(authority.ca.certificate, 'utf8') },
    },
    {
      apiVersion: 'argoproj.io/v1alpha1',
      kind: 'AppProject',
      metadata: { name: 'platform', namespace: 'argocd' },
      spec: { sourceRepos: ['*'], destinations: [{ server: '*', namespace: '*' }] },
    },
    {
      apiVersion: 'argoproj.io/v1alpha1',
      kind: 'Application',
      metadata: { name: 'hello', namespace: 'argocd' },
      spec: { project: 'platform', source, destination: { server: 'https://kubernetes.default.svc', namespace: 'x' } },
    },
  ]);
}

async function startArgocd(program: string, redis: number): Promise<string> {
  const [port, metrics] = [await freePort(), await freePort()];
  // The arguments that the tree adds to the Deployment.
  const added = argocdPatches(scenario.cluster, 'oauth2-proxy')
    .filter(({ target }) => target?.name === 'argocd-server')
    .flatMap(({ patch }) =>
      (parse(patch) as { path: string; value: string }[]).filter(({ path }) => path.endsWith('/args/-')),
    )
    .map(({ value }) => value);
  const command = [
    argocdProgram(folder, program, 'argocd-server'),
    ...['--port', String(port), '--metrics-port', String(metrics)],
    ...['--redis', `127.0.0.1:${redis}`, '--repo-server', '127.0.0.1:1'],
    ...['--kubeconfig', server.kubeconfigPath, '--namespace', 'argocd'],
    ...added,
  ] as const;
  const url = `https://127.0.0.1:${port}`;
  await startUntilReady(
    folder,
    { name: 'argocd-server', command, env: { PATH: process.env.PATH, HOME: folder }, endWithParent: true },
    async () => (await ask(`${url}/healthz`)).status === 200,
    120_000,
  );
  return `${url}/api/v1`;
}

async function tokenOf(email: string, client = 'oauth2-proxy'): Promise<string> {
  const body = new URLSearchParams({
    grant_type: 'password',
    username: email,
    password,
    scope: 'openid email profile groups',
  });
  const answer = await ask(`${issuer}/token`, {
    method: 'POST',
    body: body.toString(),
    headers: {
      'content-type': 'application/x-www-form-urlencoded',
      authorization: `Basic ${Buffer.from(`${client}:secret`).toString('base64')}`,
    },
  });
  return (JSON.parse(answer.body) as { id_token: string }).id_token;
}

async function api(path: string, token?: string, method = 'GET', body = '') {
  const headers = {
    ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    // Argo CD takes what changes something as JSON only.
    'content-type': 'application/json',
  };
  const answer = await ask(`${argocd}/${path}`, { method, headers, body });
  return { status: answer.status, body: answer.body };
}

const names = ({ body }: { body: string }): string[] =>
  ((JSON.parse(body) as { items: { metadata: { name: string } }[] | null }).items ?? []).map(
    ({ metadata }) => metadata.name,
  );

describe("Argo CD's API with the settings of the tree", () => {
  it("takes a token that Dex gave for the gateway, verified by the private CA's certificate", async () => {
    const { status, body } = await api('session/userinfo', await tokenOf('ann@example.com'));
    expect(status).toBe(200);
    expect(JSON.parse(body)).toMatchObject({ loggedIn: true, groups: ['platform-admins', 'ann@example.com'] });
  });

  it('gives the rights of the groups', async () => {
    const [ann, bob, eve, mal] = await Promise.all(Object.keys(groups).map((email) => tokenOf(email)));
    expect(names(await api('applications', ann))).toEqual(['hello']);
    expect(names(await api('applications', bob))).toEqual(['hello']);
    expect(names(await api('applications', eve))).toEqual([]);
    // Argo CD's own policy would make an administrator of everyone in a group of this name.
    expect(names(await api('applications', mal))).toEqual([]);
    const remove = (token: string | undefined) => api('applications/hello?cascade=false', token, 'DELETE');
    expect((await remove(eve)).status).toBe(403);
    expect((await remove(bob)).status).toBe(403);
    expect((await remove(ann)).status).toBe(200);
  });

  it('refuses requests without a token, with one for another client, or with one that the sender signed', async () => {
    const good = await tokenOf('ann@example.com');
    const [header = '', claims = ''] = good.split('.');
    for (const token of [
      undefined,
      'x',
      await tokenOf('ann@example.com', 'other'),
      `${header}.${claims}.${'A'.repeat(342)}`,
    ])
      expect((await api('applications', token)).status).toBe(401);
  });

  it('has no local admin', async () => {
    const { status } = await api('session', undefined, 'POST', '{"username":"admin","password":"admin"}');
    expect([400, 401, 403]).toContain(status);
    const { body } = await api('settings');
    expect(JSON.parse(body)).toMatchObject({ userLoginsDisabled: true, oidcConfig: { issuer, clientID: 'argo-cd' } });
  });
});
