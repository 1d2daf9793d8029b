import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { loadCluster } from '../config/load.ts';
import type { Reporter } from '../report/reporter.ts';
import { repositoryCredentials } from './registration.ts';

const root = join(import.meta.dirname, '..', '..');

afterEach(() => {
  delete process.env.TEST_PUSH_TOKEN;
  delete process.env.TEST_READ_TOKEN;
});

it('gives Argo CD the token that may only read, and the one that may push only where there is no other', () => {
  process.env.TEST_PUSH_TOKEN = 'may-push';
  process.env.TEST_READ_TOKEN = 'may-read';
  const demo = loadCluster(root, 'demo');
  const token = (readToken?: { env: string }) => {
    const credentials = { token: { env: 'TEST_PUSH_TOKEN' }, username: 'git', ...(readToken && { readToken }) };
    const cluster = { ...demo, git: { ...demo.git, credentials } };
    return repositoryCredentials(root, cluster, { hide: () => {} } as unknown as Reporter);
  };
  expect(token()).toEqual({ kind: 'token', username: 'git', token: 'may-push' });
  expect(token({ env: 'TEST_READ_TOKEN' })).toEqual({ kind: 'token', username: 'git', token: 'may-read' });
});
