import { describe, expect, it } from 'vitest';
import type { Cluster } from '../config/cluster.ts';
import { loadCluster } from '../config/load.ts';
import { secretSettings } from '../config/schema/secrets.ts';
import { checkout } from '../dev/test/repository.ts';
import { placePlatform } from '../tree/place.ts';
import { dex } from './dex.ts';
import { oauth2Proxy } from './oauth2-proxy.ts';
import { bootstrapWrites, secretObjects, unmadeSecrets, writtenSecrets } from './secret-sources.ts';

const demo = loadCluster(checkout, 'demo');
const from = (secrets: object, secretFiles: Partial<Cluster['secretFiles']> = {}): Cluster => ({
  ...demo,
  secrets: secretSettings.parse(secrets),
  secretFiles: { sealed: new Map(), sops: new Map(), ...secretFiles },
});
const components = placePlatform(demo).enabled;
const specs = components.flatMap((component) => component.secrets?.(demo) ?? []);
const external = from({ externalSecrets: { store: { name: 'vault' } } });

describe('Secrets that the bootstrap makes', () => {
  it('are all that the components need, and Git has nothing of them', () => {
    expect(bootstrapWrites(demo)).toBe(true);
    expect(writtenSecrets(demo, specs)).toEqual(specs);
    expect(secretObjects(demo, oauth2Proxy)).toEqual([]);
  });
});

describe('Secrets of the External Secrets Operator', () => {
  it('are one object for each, before the rest of its component; the bootstrap writes none', () => {
    expect(writtenSecrets(external, specs)).toEqual([]);
    const objects = components.flatMap((component) => secretObjects(external, component));
    const id = ({ metadata }: { metadata: { name: string; namespace?: string } }) =>
      `${metadata.namespace}/${metadata.name}`;
    expect(objects.map(id)).toEqual(specs.map((spec) => id({ metadata: spec })));
  });

  it('read each key from the entry, and keep what is always the same out of the store', () => {
    expect(secretObjects(external, oauth2Proxy)[0]).toMatchObject({
      apiVersion: 'external-secrets.io/v1',
      metadata: { name: 'oauth2-proxy', namespace: 'auth', annotations: { 'argocd.argoproj.io/sync-wave': '-1' } },
      spec: {
        secretStoreRef: { kind: 'ClusterSecretStore', name: 'vault' },
        target: { template: { mergePolicy: 'Merge', data: { 'client-id': 'oauth2-proxy' } } },
        data: [
          { secretKey: 'client-secret', remoteRef: { key: 'demo/auth/oauth2-proxy', property: 'client-secret' } },
          { secretKey: 'cookie-secret', remoteRef: { key: 'demo/auth/oauth2-proxy', property: 'cookie-secret' } },
        ],
      },
    });
  });
});

describe('Secrets of SOPS', () => {
  it('are read from the file, each value with the checks of its kind', () => {
    const written = writtenSecrets(from({ sops: {} }), specs);
    const keys = Object.assign({}, ...written.map((spec) => spec.keys));
    expect(keys['client-secret']).toEqual({
      kind: 'reference',
      check: 'not-empty',
      from: { sops: 'auth/oauth2-proxy', key: 'client-secret' },
    });
    expect(keys['client-id']).toEqual({ kind: 'constant', value: 'oauth2-proxy' });
    const users = written.find(({ name }) => name === 'dex-users');
    expect(Object.values(users?.keys ?? {})[0]).toMatchObject({
      kind: 'password-hash',
      passwordHash: { sops: 'auth/dex-users' },
    });
  });

  it('that no one made are found, with the command that adds each key', () => {
    const [first] = unmadeSecrets(from({ sops: {} }), dex.secrets?.(demo) ?? []);
    expect(first?.file).toBe('clusters/demo/secrets/sops.yaml');
    expect(first?.message).toContain(`sops set clusters/demo/secrets/sops.yaml '["auth/dex-users"]`);
  });
});

describe('Sealed Secrets', () => {
  const file = 'clusters/demo/secrets/auth.oauth2-proxy.yaml';
  const sealed = (...keys: string[]) =>
    from(
      { sealedSecrets: {} },
      {
        sealed: new Map([
          ['auth/oauth2-proxy', { file, annotations: {}, data: Object.fromEntries(keys.map((key) => [key, 'AgB='])) }],
        ]),
      },
    );
  const own = oauth2Proxy.secrets?.(demo) ?? [];

  it('go into the wave of their component', () => {
    expect(secretObjects(sealed('client-secret', 'cookie-secret'), oauth2Proxy)).toEqual([
      expect.objectContaining({
        kind: 'SealedSecret',
        spec: {
          encryptedData: { 'client-secret': 'AgB=', 'cookie-secret': 'AgB=' },
          template: {
            metadata: { name: 'oauth2-proxy', namespace: 'auth' },
            type: 'Opaque',
            data: { 'client-id': 'oauth2-proxy' },
          },
        },
      }),
    ]);
  });

  it('that lack a key, or that no component needs, are found', () => {
    expect(unmadeSecrets(sealed('client-secret', 'cookie-secret'), own)).toEqual([]);
    expect(unmadeSecrets(sealed('client-secret'), own)).toEqual([
      {
        file,
        message: expect.stringMatching(/^lacks cookie-secret of Secret auth\/oauth2-proxy .*kubeseal -o yaml > /),
      },
    ]);
    expect(unmadeSecrets(sealed('client-secret'), [])[0]?.message).toContain(
      'which no component of this cluster needs',
    );
    expect(unmadeSecrets(from({ sealedSecrets: {} }), own)[0]?.file).toBe(file);
  });
});
