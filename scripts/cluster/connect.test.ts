import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { checkVersion, connect } from './connect.ts';
import { kubeconfigContexts } from './kubeconfig.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'breakwater kubeconfig-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

interface Entry {
  name: string;
  server?: string;
  user?: object;
}

async function kubeconfig(file: string, entries: readonly Entry[], current = entries[0]?.name): Promise<string> {
  const path = join(folder, file);
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': current,
    clusters: entries.map(({ name, server = 'https://127.0.0.1:1' }) => ({ name, cluster: { server } })),
    users: entries.map(({ name, user = { token: 'x' } }) => ({ name, user })),
    contexts: entries.map(({ name }) => ({ name, context: { cluster: name, user: name } })),
  };
  await writeFile(path, JSON.stringify(config));
  return path;
}

describe('choosing a context', () => {
  it('never takes the current one: without a name it lists them all (argoproj-labs/argocd-autopilot#378)', async () => {
    const file = await kubeconfig('config', [{ name: 'prod' }, { name: 'dev' }]);
    await expect(connect({ context: undefined, environment: { KUBECONFIG: file } })).rejects.toMatchObject({
      name: 'UsageError',
      hint: expect.stringContaining('dev, prod'),
    });
  });

  it('refuses an unknown one and lists those there are', async () => {
    const file = await kubeconfig('config', [{ name: 'prod' }]);
    await expect(connect({ context: 'prdo', environment: { KUBECONFIG: file } })).rejects.toMatchObject({
      name: 'UsageError',
      message: 'the kubeconfig has no context "prdo"',
      hint: expect.stringContaining('prod'),
    });
  });

  it('reads a list of files as kubectl does: the first that names something wins, missing ones are passed over', async () => {
    const first = await kubeconfig('first', [{ name: 'a', server: 'https://127.0.0.1:2' }]);
    const second = await kubeconfig('second', [{ name: 'a', server: 'https://127.0.0.1:3' }, { name: 'b' }]);
    const environment = { KUBECONFIG: [first, join(folder, 'missing'), second].join(':') };
    expect(await kubeconfigContexts({ environment })).toEqual(['a', 'b']);
    await expect(connect({ context: 'a', environment })).rejects.toThrow('https://127.0.0.1:2');
  });

  it('says where it looked when there is no kubeconfig', async () => {
    await expect(connect({ context: 'a', environment: {}, home: folder })).rejects.toMatchObject({
      name: 'UsageError',
      message: expect.stringContaining(join(folder, '.kube', 'config')),
    });
    expect(await kubeconfigContexts({ environment: {}, home: folder })).toEqual([]);
  });

  it.each([
    ['no YAML', 'a: [b'],
    ['a list', '- a'],
    ['text', 'hello'],
    ['clusters of a wrong type', 'clusters: 5'],
  ])('names the file when it holds %s', async (_, text) => {
    const file = join(folder, 'broken');
    await writeFile(file, text);
    await expect(connect({ context: 'a', environment: { KUBECONFIG: file } })).rejects.toMatchObject({
      name: 'UsageError',
      message: expect.stringContaining(file),
    });
  });

  it('names a context whose cluster is not there', async () => {
    const file = join(folder, 'config');
    await writeFile(
      file,
      JSON.stringify({ contexts: [{ name: 'a', context: { cluster: 'gone', user: 'u' } }], users: [], clusters: [] }),
    );
    await expect(connect({ context: 'a', environment: { KUBECONFIG: file } })).rejects.toMatchObject({
      name: 'UsageError',
      message: expect.stringContaining('refers to a cluster that is not in the kubeconfig'),
    });
  });
});

describe('a cluster that cannot be reached', () => {
  const reach = async (entry: Partial<Entry>, timeoutSeconds = 5, pluginSeconds = 30) =>
    connect({
      context: 'a',
      environment: { KUBECONFIG: await kubeconfig('config', [{ name: 'a', ...entry }]) },
      timeoutSeconds,
      pluginSeconds,
    });

  it('says so when nothing listens', async () => {
    await expect(reach({ server: 'https://127.0.0.1:1' })).rejects.toMatchObject({
      name: 'RunError',
      message: 'the cluster of the context "a" (https://127.0.0.1:1) cannot be used: connection refused (ECONNREFUSED)',
    });
  });

  it('says so when its name is not known', async () => {
    await expect(reach({ server: 'https://cluster.invalid' })).rejects.toThrow(
      /its host name (does not resolve|could not be resolved)/,
    );
  });

  it('gives up on a server that takes the connection and says nothing', async () => {
    const silent: Server = createServer();
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    const address = silent.address();
    const port = typeof address === 'object' ? address?.port : 0;
    try {
      await expect(reach({ server: `https://127.0.0.1:${port}` }, 1)).rejects.toThrow('no answer within 1 s');
    } finally {
      silent.close();
    }
  });

  it('names a credential plugin that is not installed', async () => {
    const user = { exec: { apiVersion: 'client.authentication.k8s.io/v1', command: 'no-such-plugin-here' } };
    await expect(reach({ user })).rejects.toMatchObject({
      message: expect.stringContaining('its credential plugin "no-such-plugin-here" was not found'),
      hint: expect.stringContaining('PATH'),
    });
  });

  it('says what a credential plugin complains about', async () => {
    const user = {
      exec: {
        apiVersion: 'client.authentication.k8s.io/v1',
        command: 'sh',
        args: ['-c', 'echo please log in >&2; exit 1'],
      },
    };
    await expect(reach({ user })).rejects.toThrow('its credential plugin "sh" failed: please log in');
  });

  it('gives up on a credential plugin that waits, and on what it has started', async () => {
    const waiting = ['-c', 'sleep 3 & sleep 3'];
    const user = { exec: { apiVersion: 'client.authentication.k8s.io/v1', command: 'sh', args: waiting } };
    await expect(reach({ user }, 5, 0.5)).rejects.toMatchObject({
      message: expect.stringContaining('its credential plugin "sh" did not answer within 0.5 s'),
      hint: expect.stringContaining('waiting for a login'),
    });
  });

  it('says so when a credential plugin prints something else', async () => {
    const user = { exec: { apiVersion: 'client.authentication.k8s.io/v1', command: 'echo', args: ['hello'] } };
    await expect(reach({ user })).rejects.toThrow('its credential plugin "echo" did not print an ExecCredential');
  });

  it('names a certificate file that is not there', async () => {
    await expect(
      reach({ user: { 'client-certificate': '/no/such.crt', 'client-key': '/no/such.key' } }),
    ).rejects.toThrow('the kubeconfig names /no/such.crt, which cannot be read (ENOENT)');
  });

  it('ends when the run is ended', async () => {
    const controller = new AbortController();
    controller.abort(new Error('stopped by the user'));
    const file = await kubeconfig('config', [{ name: 'a' }]);
    await expect(
      connect({ context: 'a', environment: { KUBECONFIG: file }, signal: controller.signal }),
    ).rejects.toThrow('stopped by the user');
  });
});

describe('the version of the cluster', () => {
  it('is refused when sidecars cannot work on it', () => {
    expect(() => checkVersion('1.29.9')).toThrow('needs 1.30 or newer');
  });

  it('is warned about when Argo CD is not tested with it', () => {
    expect(checkVersion('1.32.1-gke.5')).toHaveLength(1);
    expect(checkVersion('1.33.0')).toEqual([]);
    expect(checkVersion('2.0.0')).toEqual([]);
  });
});
