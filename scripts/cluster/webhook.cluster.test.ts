import { createHmac } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import type { KubernetesObject } from '../components/component.ts';
import { webhookSecretKeys } from '../components/webhook.ts';
import { freePort } from '../dev/sandbox/api-server.ts';
import { buildPrograms } from '../dev/sandbox/build.ts';
import { moduleFolder } from '../dev/sandbox/modules.ts';
import { logTail, startProcess, stopProcess } from '../dev/sandbox/processes.ts';
import { startTestServer, type TestServer } from '../dev/testing/api-server.ts';
import { applyObjects } from './apply.ts';

// The real argocd-server on a real API server: whom does its webhook believe?
let cluster: TestServer;
let url: string;
const metadata = (name: string) => ({
  name,
  namespace: 'argocd',
  labels: { 'app.kubernetes.io/part-of': 'argocd', 'app.kubernetes.io/name': name },
});

beforeAll(async () => {
  cluster = await startTestServer();
  const { api } = cluster.connection;
  const { argocd } = await buildPrograms(['argocd']);
  const crds = join(await moduleFolder('argo-cd'), 'manifests', 'crds');
  const definitions = ['application-crd.yaml', 'appproject-crd.yaml', 'applicationset-crd.yaml'].map(
    (file) => parse(readFileSync(join(crds, file), 'utf8')) as KubernetesObject,
  );
  const secret = Object.fromEntries(webhookSecretKeys.map((key) => [key, `secret of ${key}`]));
  await applyObjects(api, [
    ...definitions,
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'argocd' } },
    { apiVersion: 'v1', kind: 'ConfigMap', metadata: metadata('argocd-cm') },
    { apiVersion: 'v1', kind: 'ConfigMap', metadata: metadata('argocd-rbac-cm') },
    { apiVersion: 'v1', kind: 'Secret', metadata: metadata('argocd-secret'), stringData: secret },
  ]);
  const port = await freePort();
  const folder = cluster.server.folder;
  await startProcess(folder, {
    name: 'argocd-server',
    command: [
      argocd,
      ...['--kubeconfig', cluster.server.kubeconfigPath, '--namespace', 'argocd', '--insecure'],
      ...['--address', '127.0.0.1', '--port', String(port), '--metrics-port', String(await freePort())],
      ...['--redis', '127.0.0.1:1', '--repo-server', '127.0.0.1:1', '--dex-server', 'http://127.0.0.1:1'],
    ],
    env: { ...process.env, ARGOCD_BINARY_NAME: 'argocd-server', HOME: folder },
    endWithParent: true,
  });
  url = `http://127.0.0.1:${port}/api/webhook`;
  for (let tries = 0; ; tries += 1) {
    const answer = await fetch(url, { method: 'POST' }).catch(() => undefined);
    if (answer !== undefined) break;
    if (tries > 240) throw new Error(logTail(folder, 'argocd-server', 30));
    await sleep(500);
  }
});
afterAll(async () => {
  if (cluster === undefined) return;
  await stopProcess(cluster.server.folder, 'argocd-server');
  await cluster.stop();
});

const body = JSON.stringify({
  ref: 'refs/heads/main',
  before: '0'.repeat(40),
  after: '1'.repeat(40),
  commits: [],
  repository: { html_url: 'https://git.example.com/acme/platform', default_branch: 'main' },
});
const hmac = (key: string) => createHmac('sha256', key).update(body).digest('hex');

async function post(headers: Record<string, string>): Promise<number> {
  return (await fetch(url, { method: 'POST', headers: { 'content-type': 'application/json', ...headers }, body }))
    .status;
}

describe("Argo CD's webhook, with a secret for every kind of host", () => {
  it('believes Gitea, GitHub and GitLab by their secrets', async () => {
    const signed = hmac('secret of webhook.gogs.secret');
    const gitea = {
      'x-gitea-event': 'push',
      'x-gogs-event': 'push',
      'x-github-event': 'push',
      'x-gogs-signature': signed,
    };
    expect(await post(gitea)).toBe(200);
    const github = {
      'x-github-event': 'push',
      'x-hub-signature-256': `sha256=${hmac('secret of webhook.github.secret')}`,
    };
    expect(await post(github)).toBe(200);
    const gitlab = { 'x-gitlab-event': 'Push Hook', 'x-gitlab-token': 'secret of webhook.gitlab.secret' };
    expect(await post(gitlab)).toBe(200);
  });

  it.each([
    ['nobody', {}],
    ['Gitea with another secret', { 'x-gogs-event': 'push', 'x-gogs-signature': hmac('guess') }],
    ['Gitea without a signature', { 'x-gogs-event': 'push' }],
    ['GitHub without a signature', { 'x-github-event': 'push' }],
    ['a registry of GitHub without a signature', { 'x-github-event': 'package' }],
    ['GitLab without a token', { 'x-gitlab-event': 'Push Hook' }],
    ['Bitbucket without its id', { 'x-hook-uuid': 'x', 'x-event-key': 'repo:push' }],
    ['Bitbucket Server without a signature', { 'x-event-key': 'repo:refs_changed' }],
    ['Azure DevOps without a password', { 'x-vss-activityid': 'x' }],
  ])('refuses %s', async (_who, headers: Record<string, string>) => {
    expect(await post(headers)).toBeGreaterThanOrEqual(400);
  });
});
