import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { pushPast } from './make-site.ts';
import { confirmContext, findContext, serveRepositories, stopServing } from './own-cluster.ts';
import { mustRun, runProgram } from './run-program.ts';
import { placesOf } from './state.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'own-cluster-'));
});
afterEach(() => rm(folder, { recursive: true }));

test('a context that is not there is named, with those that are', async () => {
  const kubeconfig = join(folder, 'config');
  const contexts = [{ name: 'kind-test', context: { cluster: 'c', user: 'u' } }];
  await writeFile(kubeconfig, JSON.stringify({ apiVersion: 'v1', kind: 'Config', contexts }));
  const environment = { ...process.env, KUBECONFIG: kubeconfig };
  expect(await findContext('kind-test', environment)).toEqual({ kubeconfig, context: 'kind-test' });
  await expect(findContext('kind-tset', environment)).rejects.toMatchObject({
    message: `no context "kind-tset" in ${kubeconfig}`,
    hint: 'There are: kind-test',
  });
});

test('without a terminal, only --yes is an answer', async () => {
  await expect(confirmContext('kind-test', false)).rejects.toThrow('there is no terminal');
  await confirmContext('kind-test', true);
});

test('the cluster can read what is served to it, and no one can push there but the clone, past the server', async () => {
  const git = (...words: string[]) =>
    mustRun(['git', '-c', 'user.name=a', '-c', 'user.email=a@example.com', '-C', folder, ...words]);
  await git('init', '--quiet', '--initial-branch=main', 'work');
  await git('-C', 'work', 'commit', '--quiet', '--allow-empty', '--message', 'first');
  const { root, bare } = placesOf(folder);
  await git('clone', '--quiet', '--bare', 'work', bare);
  const url = await serveRepositories(folder, '127.0.0.1', { platform: bare });
  try {
    for (let tries = 0; tries < 100; tries++) {
      const { code } = await runProgram(['git', 'ls-remote', `${url}/platform`]);
      if (code === 0) break;
      await sleep(100);
    }
    await git('clone', '--quiet', `${url}/platform`, root);
    await git('-C', root, 'commit', '--quiet', '--allow-empty', '--message', 'second');
    const push = () =>
      runProgram(['git', '-C', root, 'push', `${url}/platform`, 'main'], {
        env: { ...process.env, GIT_TERMINAL_PROMPT: '0' },
      });
    expect((await push()).code).not.toBe(0);
    expect(await git('-C', bare, 'log', '--format=%s', 'main')).toBe('first\n');
    await pushPast(folder, `${url}/platform`);
    expect((await push()).code).toBe(0);
    expect(await git('-C', bare, 'log', '--format=%s', 'main')).toBe('second\nfirst\n');
  } finally {
    await stopServing(folder);
  }
});
