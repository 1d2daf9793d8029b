import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadCluster } from '../config/load.ts';
import { loginSecrets, mirrorHosts } from './repository-logins.ts';

const demo = loadCluster(join(import.meta.dirname, '../..'), 'demo');
const login = (url: string) => ({ url, username: 'reader', password: { env: 'MIRROR' } });
const mirrors = {
  ...demo.mirrors,
  charts: { 'https://charts.dexidp.io': 'oci://registry.example.com:5000/charts' },
  git: { 'https://github.com/kubeflow/community-distribution': 'https://git.example.com/kubeflow.git' },
};

describe('logins at repositories', () => {
  it.each([undefined, 'kubeflow.example.com'])(
    'are Secrets for Argo CD, whether or not the host is known: %s',
    (knownHost) => {
      const logins = ['oci://registry.example.com:5000/charts', 'https://git.example.com/kubeflow'].map(login);
      const secrets = loginSecrets({ ...demo, knownHost, mirrors: { ...mirrors, logins } });
      const values = secrets.map(({ keys }) =>
        Object.values(keys).map((key) => (key.kind === 'constant' ? key.value : key.kind)),
      );
      expect(values).toEqual([
        ['helm', 'registry.example.com:5000/charts', 'reader', 'true', 'reference'],
        ['git', 'https://git.example.com/kubeflow.git', 'reader', 'reference'],
      ]);
      expect(new Set(secrets.map(({ name }) => name)).size).toBe(2);
      for (const { name } of secrets) expect(name).toMatch(/^login-[a-z0-9-]+-[0-9a-f]{8}$/);
    },
  );

  it('are none without an entry, nor for an address that nothing is fetched from', () => {
    expect(loginSecrets({ ...demo, knownHost: undefined })).toEqual([]);
    expect(loginSecrets({ ...demo, mirrors: { ...mirrors, logins: [login('https://other.example.com/x')] } })).toEqual(
      [],
    );
  });

  it('and mirrors share one CA, by host without a port', () => {
    expect(mirrorHosts({ ...demo, mirrors: { ...mirrors, logins: [login('https://charts.example.com/a')] } })).toEqual([
      'charts.example.com',
      'git.example.com',
      'registry.example.com',
    ]);
  });
});
