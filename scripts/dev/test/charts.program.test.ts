import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { carriedTool } from '../../tools/find.ts';
import { type TestRepository, testRepository } from './repository.ts';

const lock = 'infrastructure/charts.lock.yaml';
const name = 'https://charts.dexidp.io/dex@0.24.0';

let charts: string;
let server: Server;
let repository: TestRepository;

/** Packs a chart named as Dex's and serves it. */
async function serve(text: string): Promise<void> {
  const folder = join(charts, 'src');
  mkdirSync(join(folder, 'templates'), { recursive: true });
  writeFileSync(join(folder, 'Chart.yaml'), 'apiVersion: v2\nname: dex\nversion: 0.24.0\n');
  writeFileSync(
    join(folder, 'templates/all.yaml'),
    `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: dex}\ndata: {text: ${text}}\n`,
  );
  const helm = await carriedTool('helm');
  execFileSync(helm, ['package', folder, '--destination', charts], { stdio: 'ignore' });
  execFileSync(helm, ['repo', 'index', charts], { stdio: 'ignore' });
}

beforeAll(async () => {
  charts = mkdtempSync(join(tmpdir(), 'breakwater-charts-'));
  await serve('first');
  server = createServer((request, response) => {
    try {
      response.end(readFileSync(join(charts, request.url ?? '')));
    } catch {
      response.writeHead(404).end();
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  repository = testRepository({
    one: `name: one
host: one.example.com
mirrors: {charts: {"https://charts.dexidp.io": "${origin}"}}
auth: {emailDomains: [example.com], users: [{email: ann@example.com}]}
kubeflow: {components: [], defaultProfile: {enabled: false}}
`,
  });
  expect(repository.breakwater('render', '--all').code).toBe(0);
});
afterAll(() => {
  server.close();
  repository.remove();
  rmSync(charts, { recursive: true, force: true });
});

/** Runs validate; the server of the charts is this process, so nothing may block it. */
async function validate(...parameters: string[]) {
  const child = repository.start('validate', '--json', ...parameters);
  const texts = { stdout: '', stderr: '' };
  child.stdout?.on('data', (chunk: Buffer) => {
    texts.stdout += chunk.toString();
  });
  child.stderr?.on('data', (chunk: Buffer) => {
    texts.stderr += chunk.toString();
  });
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
  const result = texts.stdout === '' ? {} : (JSON.parse(texts.stdout) as { charts?: object[]; notes?: string[] });
  return { code, ...texts, charts: result.charts, notes: result.notes?.filter((note) => note.startsWith(lock)) };
}

it('notes charts whose digest is not recorded, and fetches and writes nothing unless asked', async () => {
  expect(await validate()).toMatchObject({ charts: [], notes: [] });
  const { charts: findings, notes } = await validate('--rendered');
  expect(findings).toEqual([]);
  expect(notes).toEqual([`${lock}: no digest is recorded for ${name}. Run: npm run validate -- --rendered --record`]);
  expect(repository.git('status', '--porcelain')).not.toContain(lock);
});

it('records a digest once, under the original address, and finds another content under the same version', async () => {
  expect((await validate('--record')).notes).toEqual([`${lock}: recorded ${name}. Commit it.`]);
  const [digest] = /sha256:[0-9a-f]{64}/.exec(readFileSync(join(repository.root, lock), 'utf8')) ?? [];
  expect(readFileSync(join(repository.root, lock), 'utf8')).toContain(`charts:\n  ${name}: ${digest}\n`);
  expect(readFileSync(join(charts, 'index.yaml'), 'utf8')).toContain(`digest: ${digest?.replace('sha256:', '')}`);
  expect(await validate('--rendered')).toMatchObject({ charts: [], notes: [] });

  await serve('replaced');
  rmSync(join(repository.root, '.breakwater/charts'), { recursive: true });
  const { code, charts: findings } = await validate('--rendered', '--record');
  expect(code).toBe(1);
  expect(findings).toEqual([
    {
      rule: 'chart-content',
      file: lock,
      message: expect.stringMatching(
        new RegExp(`^${name}, fetched from http://127.*, has the digest sha256:\\w+, not ${digest}`),
      ),
    },
  ]);
  expect(readFileSync(join(repository.root, lock), 'utf8')).toContain(`${digest}`);
});

it('refuses a record that it cannot read, with its position', async () => {
  repository.write(lock, 'charts:\n  dex: sha256:0\n');
  const { code, stderr } = await validate('--rendered');
  expect(code).toBe(2);
  expect(stderr).toContain(`${lock}:2:3`);
  expect(stderr).toContain('must be REPOSITORY/CHART@VERSION');
});
