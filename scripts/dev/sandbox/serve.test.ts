import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { $ } from 'zx/core';
import { freePort } from './api-server.ts';
import { waitUntil } from './https-get.ts';
import { startProcess, stopProcess } from './processes.ts';
import type { ServeSettings } from './serve.ts';

let folder: string;
let url: string;

const manifest = '{"schemaVersion":2}';
const digestOf = (text: string) => `sha256:${createHash('sha256').update(text).digest('hex')}`;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'breakwater serve-'));
  const port = await freePort();
  url = `http://127.0.0.1:${port}`;
  await mkdir(join(folder, 'charts'));
  await writeFile(join(folder, 'charts', 'index.yaml'), 'apiVersion: v1\n');
  await writeFile(join(folder, 'secret.txt'), 'not to be served');
  await writeFile(join(folder, 'manifest.json'), manifest);
  await writeFile(join(folder, 'layer.tar'), 'layer');
  const git = $({ quiet: true, cwd: folder });
  await git`git init --quiet --bare --initial-branch=main platform.git`;
  const settings: ServeSettings = {
    listen: [{ host: '127.0.0.1', port }],
    images: {
      'quay.io/team/app:v1': {
        manifest: join(folder, 'manifest.json'),
        blobs: { [digestOf('layer')]: join(folder, 'layer.tar') },
      },
    },
    charts: join(folder, 'charts'),
    repositories: { 'platform.git': join(folder, 'platform.git') },
  };
  await writeFile(join(folder, 'serve.json'), JSON.stringify(settings));
  const program = join(import.meta.dirname, 'serve.ts');
  const loader = import.meta.resolve('tsx');
  await startProcess(folder, {
    name: 'server',
    command: [process.execPath, '--import', loader, program, join(folder, 'serve.json')],
    endWithParent: true,
  });
  const answers = async () => (await fetch(`${url}/v2/`).catch(() => undefined))?.ok ?? false;
  expect(await waitUntil(answers, 20_000)).toBe(true);
});

afterAll(async () => {
  await stopProcess(folder, 'server');
  await rm(folder, { recursive: true, force: true });
});

describe.runIf(process.platform === 'linux')('the server of a sandbox', () => {
  it('serves an image by tag and by digest, for the registry that it belongs to', async () => {
    for (const reference of ['v1', digestOf(manifest)]) {
      const answer = await fetch(`${url}/v2/team/app/manifests/${reference}?ns=quay.io`);
      expect(await answer.text()).toBe(manifest);
      expect(answer.headers.get('docker-content-digest')).toBe(digestOf(manifest));
      expect(answer.headers.get('content-type')).toBe('application/vnd.oci.image.manifest.v1+json');
    }
    expect(await (await fetch(`${url}/v2/team/app/blobs/${digestOf('layer')}?ns=quay.io`)).text()).toBe('layer');
  });

  it('answers a HEAD request with the size only', async () => {
    const answer = await fetch(`${url}/v2/team/app/manifests/v1?ns=quay.io`, { method: 'HEAD' });
    expect(answer.headers.get('content-length')).toBe(String(manifest.length));
    expect(await answer.text()).toBe('');
  });

  it.each([
    '/v2/team/app/manifests/v2?ns=quay.io',
    '/v2/team/app/manifests/v1?ns=docker.io',
    '/v2/team/app/blobs/sha256:0?ns=quay.io',
    '/charts/none.tgz',
    '/charts/..%2fsecret.txt',
    '/charts/%2e%2e/secret.txt',
    '/git/other.git/info/refs?service=git-upload-pack',
    '/',
  ])('says 404 for %s', async (path) => {
    expect((await fetch(`${url}${path}`)).status).toBe(404);
  });

  it('serves charts', async () => {
    expect(await (await fetch(`${url}/charts/index.yaml`)).text()).toBe('apiVersion: v1\n');
  });

  it('takes a push and gives it back to a clone', async () => {
    const identity = {
      GIT_AUTHOR_NAME: 'a',
      GIT_AUTHOR_EMAIL: 'a@b',
      GIT_COMMITTER_NAME: 'a',
      GIT_COMMITTER_EMAIL: 'a@b',
    };
    const git = $({ quiet: true, cwd: folder, env: { ...process.env, ...identity } });
    await git`git init --quiet --initial-branch=main work`;
    // Larger than what git sends in one piece.
    await writeFile(join(folder, 'work', 'large'), Buffer.alloc(3_000_000, 'abcdefg'));
    await git`git -C work add .`;
    await git`git -C work commit --quiet --message first`;
    await git`git -C work push --quiet ${`${url}/git/platform.git`} main`;
    await git`git clone --quiet ${`${url}/git/platform.git`} copy`;
    const [there, here] = await Promise.all([git`git -C work rev-parse HEAD`, git`git -C copy rev-parse HEAD`]);
    expect(here.stdout).toBe(there.stdout);
  });
});
