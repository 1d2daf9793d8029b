import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import type { Cluster } from '../../config/cluster.ts';
import { loadCluster } from '../../config/load.ts';
import { argocdPatches } from './argocd.ts';

const demo = loadCluster(join(import.meta.dirname, '../../..'), 'demo');
const entry = demo.shared.apps.get('argocd');
if (entry === undefined) throw new Error('apps/argocd is not there');
const { name, folder: source, manifests, file } = entry;
const app = {
  ...file,
  name,
  folder: source,
  manifests,
  application: 'argocd-app',
  gate: 'argocd-app',
  namespace: 'argocd',
};
const onPath = { ...app, token: false, place: { path: '/argocd/', strip: false } };
const cluster: Cluster = { ...demo, knownHost: 'kubeflow.example.com', runningApps: [onPath] };

interface Operation {
  op: string;
  path: string;
  value: unknown;
}

/**
 * The arguments of the container as the patch leaves them, and as Kubernetes expands them.
 *
 * https://kubernetes.io/docs/tasks/inject-data-application/define-command-argument-container/
 */
function argumentsOf(): string[] {
  const patch = argocdPatches(cluster, 'oauth2-proxy').find(({ target }) => target?.name === 'argocd-server');
  const operations: Operation[] = parse(patch?.patch ?? '');
  const args = ['/usr/local/bin/argocd-server'];
  for (const { op, path, value } of operations.filter((one) => /\/args\/[0-9-]+$/.test(one.path))) {
    if (op === 'test') expect(args[0]).toBe(value);
    else if (path.endsWith('-')) args.push(String(value));
    else args.splice(Number(path.split('/').at(-1)), 0, String(value));
  }
  return args.map((text) => text.replaceAll('$$', () => '$'));
}

let folder: string;
let server: ChildProcess | undefined;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'breakwater-argocd-'));
});

afterEach(() => {
  // With the shell's loop beside it.
  if (server?.pid !== undefined && server.exitCode === null && server.signalCode === null) process.kill(-server.pid);
  rmSync(folder, { recursive: true, force: true });
});

/** Starts the shell as the kubelet does, with a program that runs on in the server's place, and looks more often. */
function start(): Promise<string> {
  const [shell = '', option = '', script = ''] = argumentsOf();
  const here = script
    .replaceAll('/tmp/', `${folder}/`)
    .replaceAll('/app/config/platform-ca', folder)
    .replace('sleep 10', 'sleep 0.1');
  const child = spawn(shell, [option, here, 'sleep', '60'], { stdio: 'ignore', detached: true });
  server = child;
  return new Promise((resolve) => child.once('exit', (code, signal) => resolve(signal ?? String(code))));
}

const stillRuns = async (ended: Promise<string>) => (await Promise.race([ended, sleep(500, 'runs')])) === 'runs';

describe("Argo CD's server", () => {
  it('is started by a shell, with all of its own arguments behind', () => {
    expect(argumentsOf().slice(3)).toEqual(['/usr/local/bin/argocd-server', '--rootpath', '/argocd']);
  });

  it('runs on without the CA, and is ended when that comes or changes, to be started again', async () => {
    const first = start();
    expect(await stillRuns(first)).toBe(true);
    writeFileSync(join(folder, 'ca.crt'), 'one');
    expect(await first).toBe('SIGTERM');
    const second = start();
    expect(await stillRuns(second)).toBe(true);
    writeFileSync(join(folder, 'ca.crt'), 'another');
    expect(await second).toBe('SIGTERM');
  });
});
