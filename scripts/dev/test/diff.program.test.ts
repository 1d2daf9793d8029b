import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { carriedTool } from '../../tools/find.ts';
import { type TestRepository, testRepository } from './repository.ts';

/** A chart named as Dex's, in two versions: 0.24.1 drops a CRD and adds a ConfigMap. */
function writeChart(folder: string, version: string): void {
  const write = (path: string, text: string) => {
    mkdirSync(join(folder, path, '..'), { recursive: true });
    writeFileSync(join(folder, path), text);
  };
  write('Chart.yaml', `apiVersion: v2\nname: dex\nversion: ${version}\n`);
  write(
    'templates/all.yaml',
    `apiVersion: v1
kind: ConfigMap
metadata: {name: dex, namespace: {{ .Release.Namespace }}}
data:
  replicas: {{ .Values.replicaCount | default 1 | quote }}
  version: ${version}
---
apiVersion: v1
kind: Secret
metadata: {name: dex-made, namespace: {{ .Release.Namespace }}}
stringData:
  password: {{ .Values.password | default "hunter2-before" | quote }}
  same: constant-value
`,
  );
  const crd = `apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {name: things.example.com}\n`;
  if (version === '0.24.0') write('crds/things.yaml', crd);
  else write('templates/more.yaml', `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: more}\ndata: {a: b}\n`);
}

let charts: string;
let server: Server;
let origin: string;
let asked: string[] = [];

beforeAll(async () => {
  charts = mkdtempSync(join(tmpdir(), 'breakwater-charts-'));
  const helm = await carriedTool('helm');
  for (const version of ['0.24.0', '0.24.1']) {
    const folder = join(charts, 'src', version);
    writeChart(folder, version);
    execFileSync(helm, ['package', folder, '--destination', charts], { stdio: 'ignore' });
  }
  execFileSync(helm, ['repo', 'index', charts], { stdio: 'ignore' });
  server = createServer((request, response) => {
    asked.push(request.url ?? '');
    try {
      response.end(readFileSync(join(charts, request.url ?? '')));
    } catch {
      response.writeHead(404).end();
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => {
  server.close();
  rmSync(charts, { recursive: true, force: true });
});

const clusterFile = (name: string, more = '') => `name: ${name}
host: ${name}.example.com
mirrors: {charts: {"https://charts.dexidp.io": "${origin}"}}
auth:
  emailDomains: [example.com]
  users: [{email: ann@example.com}]
kubeflow: {components: []}
${more}`;

let repository: TestRepository;
const file = (path: string) => join(repository.root, path);

async function diff(...parameters: string[]): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const child = repository.start('diff', ...parameters);
  const texts = { stdout: '', stderr: '' };
  child.stdout?.on('data', (chunk: Buffer) => {
    texts.stdout += chunk.toString();
  });
  child.stderr?.on('data', (chunk: Buffer) => {
    texts.stderr += chunk.toString();
  });
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
  return { code, ...texts };
}

function commitRendered(): void {
  const rendered = repository.breakwater('render', '--all');
  expect(rendered.code, rendered.stderr).toBe(0);
  repository.git('add', '-A');
  repository.git('commit', '--quiet', '-m', 'Render');
}

beforeEach(() => {
  asked = [];
  repository = testRepository({ one: clusterFile('one'), two: clusterFile('two') });
  commitRendered();
});
afterEach(() => repository.remove());

describe('npm run diff', () => {
  it('says that nothing changes, asks no one for a chart, and needs a base that is there', async () => {
    const none = await diff('--base', 'main', '--exit-code');
    expect(none.code, none.stderr).toBe(0);
    expect(none.stdout).toContain('one: no changes since');
    expect(asked).toEqual([]);
    const absent = await diff();
    expect(absent).toMatchObject({ code: 2, stderr: expect.stringContaining('no origin/main to compare with') });
  });

  it('shows what an edited value results in after Helm, in one cluster, with secrets masked and charts fetched once', async () => {
    repository.write('clusters/one/overrides/dex.yaml', 'replicaCount: 3\npassword: hunter2-after\n');
    const status = repository.git('status', '--porcelain');
    const shown = await diff('--base', 'main');
    expect(shown.code, shown.stderr).toBe(0);
    const text = shown.stdout;
    expect(text).toContain('one: 0 added, 2 changed, 0 removed');
    expect(text).toMatch(/wave \d+ +dex +0 added, 2 changed, 0 removed/);
    expect(text).toContain('two: no changes');
    expect(text.indexOf('two: nothing')).toBeLessThan(text.indexOf('ConfigMap auth/dex'));
    expect(text).toMatch(/- {3}replicas: "1"\n.*\+ {3}replicas: "3"/);
    expect(text).toContain('password: "*** (changed)"');
    expect(text).not.toContain('hunter2');
    expect(text).not.toContain('constant-value');
    expect(repository.git('status', '--porcelain')).toBe(status);

    const archives = asked.filter((path) => path.endsWith('.tgz'));
    expect(archives).toHaveLength(1);
    const again = await diff('--base', 'main', '--cluster', 'one', '--exit-code', '--json');
    expect(again.code).toBe(1);
    expect(asked.filter((path) => path.endsWith('.tgz'))).toEqual(archives);
    const [one, ...others] = JSON.parse(again.stdout).clusters;
    expect(others).toEqual([]);
    expect(one).toMatchObject({ cluster: 'one', summary: { added: 0, changed: 2, removed: 0 } });
    expect(one.changes[0]).toMatchObject({
      change: 'changed',
      application: 'dex',
      kind: 'ConfigMap',
      namespace: 'auth',
    });
    expect(again.stdout).not.toContain('hunter2');
  });

  it('shows what a raised version adds and drops, before it is committed and after, also against where a branch began', async () => {
    const upstream = 'infrastructure/dex/upstream.yaml';
    repository.git('switch', '--quiet', '--create', 'raise');
    repository.write(upstream, readFileSync(file(upstream), 'utf8').replace('0.24.0', '0.24.1'));
    const forgot = await diff('--base', 'main');
    expect(forgot.stdout).toContain('differ from what cluster.yaml renders to');
    expect(repository.breakwater('render', '--all').code).toBe(0);
    const dirty = await diff('--base', 'main', '--markdown');
    expect(dirty.stdout).toContain('### one: 1 added, 2 changed, 1 removed');
    expect(dirty.stdout).toContain('CustomResourceDefinition things.example.com');
    repository.git('commit', '--quiet', '--all', '-m', 'Raise Dex');
    repository.git('switch', '--quiet', 'main');
    repository.write('clusters/two/overrides/dex.yaml', 'replicaCount: 9\n');
    repository.git('add', '-A');
    repository.git('commit', '--quiet', '-m', 'Somebody else');
    repository.git('switch', '--quiet', 'raise');
    expect((await diff('--base', 'main', '--markdown')).stdout).toBe(dirty.stdout);
  });

  it('names a chart that is not available, compares it by values, and shows the rest', async () => {
    const upstream = 'infrastructure/dex/upstream.yaml';
    repository.write(upstream, readFileSync(file(upstream), 'utf8').replace('0.24.0', '9.9.9'));
    expect(repository.breakwater('render', '--all').code).toBe(0);
    repository.write('clusters/one/overrides/dex.yaml', 'replicaCount: 3\n');
    const shown = await diff('--base', 'main', '--cluster', 'one');
    expect(shown.code, shown.stderr).toBe(0);
    expect(shown.stdout).toContain(`cannot fetch chart dex 9.9.9 from ${origin}`);
    expect(shown.stdout).toContain('mirrors.charts');
    expect(shown.stdout).toContain('Values clusters/one/overrides/dex.yaml');
    expect(shown.stdout).toContain('Application argocd/dex');
  });

  it('shows a cluster that comes and one that goes', async () => {
    repository.git('rm', '-r', '--quiet', 'clusters/two');
    const gone = await diff('--base', 'main', '--cluster', 'two');
    expect(gone.code, gone.stderr).toBe(0);
    expect(gone.stdout).toMatch(/two: 0 added, 0 changed, \d\d+ removed/);
    const unknown = await diff('--base', 'main', '--cluster', 'three');
    expect(unknown).toMatchObject({ code: 2, stderr: expect.stringContaining('no cluster "three"') });
  });
});
