import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { confirmContext, findContext, serveRepositories, stopServing } from './own-cluster.ts';
import { mustRun, runProgram } from './run-program.ts';

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

test('without somebody to ask, only --yes is an answer', async () => {
  await expect(confirmContext('kind-test', false)).rejects.toThrow('nobody is there to be asked');
  await confirmContext('kind-test', true);
});

test('the cluster can read what is served to it, and nobody can push', async () => {
  const git = (...words: string[]) =>
    mustRun(['git', '-c', 'user.name=a', '-c', 'user.email=a@example.com', '-C', folder, ...words]);
  await git('init', '--quiet', '--initial-branch=main', 'work');
  await git('-C', 'work', 'commit', '--quiet', '--allow-empty', '--message', 'first');
  await git('clone', '--quiet', '--bare', 'work', 'platform.git');
  const url = await serveRepositories(folder, '127.0.0.1', { platform: join(folder, 'platform.git') });
  try {
    for (let tries = 0; tries < 100; tries++) {
      const { code } = await runProgram(['git', 'ls-remote', `${url}/platform`]);
      if (code === 0) break;
      await sleep(100);
    }
    await git('clone', '--quiet', `${url}/platform`, 'copy');
    await git('-C', 'copy', 'commit', '--quiet', '--allow-empty', '--message', 'second');
    const push = await runProgram(['git', '-C', join(folder, 'copy'), 'push'], {
      env: { ...process.env, GIT_TERMINAL_PROMPT: '0' },
    });
    expect(push.code).not.toBe(0);
    expect(await git('-C', 'platform.git', 'log', '--format=%s', 'main')).toBe('first\n');
  } finally {
    await stopServing(folder);
  }
});
