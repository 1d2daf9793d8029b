import { describe, expect, it } from 'vitest';
import type { LiveData } from './live.ts';
import { keepRepository } from './register.ts';
import { type RepositoryCredentials, repositorySecret, withoutValues } from './repository-secret.ts';

const url = 'https://git.example.com/acme/platform.git';

function make(credentials?: RepositoryCredentials, address = url): LiveData {
  const name = 'breakwater-repository-demo';
  return repositorySecret({
    name,
    namespace: 'argocd',
    cluster: 'demo',
    url: address,
    ...(credentials === undefined ? {} : { credentials }),
  }) as LiveData;
}

function plain(secret: LiveData): Record<string, string> {
  return Object.fromEntries(
    Object.entries(secret.data ?? {}).map(([key, value]) => [key, Buffer.from(value, 'base64').toString()]),
  );
}

describe('the Secret by which Argo CD knows the repository', () => {
  it('carries the label that Argo CD looks for, and names no project', () => {
    const secret = make();
    expect(secret.metadata).toEqual({
      name: 'breakwater-repository-demo',
      namespace: 'argocd',
      labels: {
        'app.kubernetes.io/managed-by': 'breakwater',
        'argocd.argoproj.io/secret-type': 'repository',
        'breakwater.dev/cluster': 'demo',
      },
    });
    expect(plain(secret)).toEqual({ type: 'git', url });
  });

  it('holds a token with its user name', () => {
    expect(plain(make({ kind: 'token', username: 'git', token: 'secret' }))).toEqual({
      type: 'git',
      url,
      username: 'git',
      password: 'secret',
    });
  });

  it('holds an SSH key that ends with one line break', () => {
    for (const ending of ['', '\n', '\n\n']) {
      expect(plain(make({ kind: 'ssh', privateKey: `KEY${ending}` })).sshPrivateKey).toBe('KEY\n');
    }
  });

  it("holds a GitHub App under Argo CD's own names", () => {
    const app = { kind: 'github-app', id: 1, installationId: 2, privateKey: 'PEM' } as const;
    expect(plain(make(app))).toEqual({
      type: 'git',
      url,
      githubAppID: '1',
      githubAppInstallationID: '2',
      githubAppPrivateKey: 'PEM',
    });
    const baseUrl = 'https://github.example.com/api/v3';
    expect(plain(make({ ...app, baseUrl })).githubAppEnterpriseBaseUrl).toBe(baseUrl);
  });

  it('can be shown without what must not be seen', () => {
    const shown = JSON.stringify(withoutValues(make({ kind: 'token', username: 'robot', token: 'topsecret' })));
    expect(shown).toContain(url);
    expect(shown).toContain('"password":"(written by the bootstrap)"');
    for (const secret of ['topsecret', Buffer.from('topsecret').toString('base64'), 'robot'])
      expect(shown).not.toContain(secret);
  });
});

describe('repository credentials that are there', () => {
  const token = (text: string) => make({ kind: 'token', username: 'git', token: text });

  it('stay, whatever this run was given (fluxcd/flux2#2414)', () => {
    expect(keepRepository(token('first'), token('second'), false)).toBe(true);
  });

  it('are written when there are none, when they are to be rotated, and when the repository is another', () => {
    expect(keepRepository(undefined, token('second'), false)).toBe(false);
    expect(keepRepository(token('first'), token('second'), true)).toBe(false);
    expect(keepRepository(make(undefined, `${url}x`), token('second'), false)).toBe(false);
  });

  it('are not taken as they are when what the method needs is missing or empty', () => {
    expect(() => keepRepository(make(), token('second'), false)).toThrow(
      'Secret argocd/breakwater-repository-demo has no value for username, password',
    );
    expect(() => keepRepository(token(''), token('second'), false)).toThrow('has no value for password');
  });
});
