import { describe, expect, it } from 'vitest';
import type { SecretSpec } from '../components/component.ts';
import { RunError } from '../report/errors.ts';
import type { LiveData } from './live.ts';
import { describeSecretPlan, planSecrets } from './secret-plan.ts';

const need: SecretSpec = {
  name: 'oauth2-proxy',
  namespace: 'auth',
  purpose: 'client secret and cookie key',
  usedBy: ['auth/oauth2-proxy', 'auth/dex'],
  keys: {
    'client-id': { kind: 'constant', value: 'oauth2-proxy' },
    'client-secret': { kind: 'random', bytes: 32, encoding: 'base64url' },
    'cookie-secret': { kind: 'random', bytes: 32, encoding: 'base64url' },
  },
};
const full = { 'client-id': 'YQ==', 'client-secret': 'Yg==', 'cookie-secret': 'Yw==' };

function live(data: Record<string, string>, metadata: Partial<LiveData['metadata']> = {}, more: object = {}): LiveData {
  const { name, namespace } = need;
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name, namespace, resourceVersion: '7', ...metadata },
    data,
    ...more,
  };
}

function plan(found: LiveData | undefined, rotate: string[] = []) {
  const [first] = planSecrets([need], [{ live: found }], rotate);
  return first;
}

/** Why nothing can be planned. */
function problems(act: () => unknown): readonly string[] {
  try {
    act();
  } catch (error) {
    if (error instanceof RunError) return error.details;
    throw error;
  }
  throw new Error('there is a plan');
}

describe('what is done about a Secret', () => {
  it('is to make it when it is not there', () => {
    expect(plan(undefined)).toMatchObject({
      action: 'create',
      keys: ['client-id', 'client-secret', 'cookie-secret'],
      restart: [],
    });
  });

  it('is nothing when it has all its keys, anyone who made it and whatever else it holds', () => {
    expect(plan(live({ ...full, more: 'YQ==' }))).toMatchObject({ action: 'keep', keys: [], restart: [] });
  });

  it('is to add just the keys that it lacks', () => {
    const { 'cookie-secret': _, ...rest } = full;
    expect(plan(live(rest))).toMatchObject({
      action: 'add keys',
      keys: ['cookie-secret'],
      restart: [],
      resourceVersion: '7',
    });
  });

  it('is to make it again only by its name, all keys but constants, and to restart who reads it', () => {
    expect(plan(live(full), ['oauth2-proxy'])).toMatchObject({
      action: 'rotate',
      keys: ['client-secret', 'cookie-secret'],
      restart: ['auth/oauth2-proxy', 'auth/dex'],
    });
  });

  it('is to make one key again by NAME/KEY', () => {
    expect(plan(live(full), ['oauth2-proxy/cookie-secret'])).toMatchObject({
      action: 'rotate',
      keys: ['cookie-secret'],
    });
  });

  it('is what a killed run left: restarts, and passwords that were never printed', () => {
    const annotations = { 'breakwater.dev/restart-pending': 'auth/dex' };
    expect(plan(live(full, { annotations }))).toMatchObject({ action: 'keep', restart: ['auth/dex'] });
    const untold = { 'breakwater.dev/passwords-untold': 'cookie-secret' };
    expect(plan(live(full, { annotations: untold }))).toMatchObject({ action: 'rotate', keys: ['cookie-secret'] });
  });

  it('is said with names and keys, never with values', () => {
    const line = describeSecretPlan(plan(live(full), ['oauth2-proxy']) ?? ({} as never));
    expect(line).toBe(
      'rotate Secret auth/oauth2-proxy (client-secret, cookie-secret): client secret and cookie key; restarts auth/oauth2-proxy, auth/dex',
    );
    expect(describeSecretPlan(plan(live(full)) ?? ({} as never))).not.toContain('Yg==');
  });
});

describe('a Secret that cannot be used as it is', () => {
  it("has an empty value, as upstream's database: a new one alone would lock its programs out", () => {
    const found = problems(() =>
      planSecrets([{ ...need, keptOnClaim: 'mysql-pv-claim' }], [{ live: live({ ...full, 'client-secret': '' }) }]),
    );
    expect(found).toEqual([expect.stringContaining('set a password in the database first (ALTER USER)')]);
    expect(found.join()).not.toContain('--rotate');
  });

  it('has an empty value: with it Dex lets everyone in', () => {
    expect(problems(() => plan(live({ ...full, 'client-secret': '' })))).toEqual([
      'Secret auth/oauth2-proxy has an empty value for "client-secret": set it, or regenerate it with --rotate oauth2-proxy/client-secret',
    ]);
    expect(plan(live({ ...full, 'client-secret': '' }), ['oauth2-proxy/client-secret'])).toMatchObject({
      action: 'rotate',
    });
  });

  it.each([
    [
      'an operator',
      { ownerReferences: [{ apiVersion: 'v1', kind: 'ExternalSecret', name: 'login' }] },
      'ExternalSecret login',
    ],
    ['Helm', { annotations: { 'meta.helm.sh/release-name': 'x' } }, 'Helm (release auth/x)'],
  ])('belongs to %s and lacks a key, or is to be rotated', (_, metadata, owner) => {
    const { 'cookie-secret': _cookie, ...rest } = full;
    expect(problems(() => plan(live(rest, metadata)))).toEqual([
      expect.stringContaining(`belongs to ${owner}: set "cookie-secret" there`),
    ]);
    expect(problems(() => plan(live(full, metadata), ['oauth2-proxy']))).toEqual([
      expect.stringContaining(`belongs to ${owner}`),
    ]);
    expect(plan(live(full, metadata))).toMatchObject({ action: 'keep' });
  });

  it('is immutable and lacks a key', () => {
    expect(problems(() => plan(live({}, {}, { immutable: true })))).toEqual([expect.stringContaining('is immutable')]);
    expect(plan(live(full, {}, { immutable: true }))).toMatchObject({ action: 'keep' });
  });

  it('is being deleted', () => {
    expect(problems(() => plan(live(full, { deletionTimestamp: 'now' })))).toEqual([
      expect.stringContaining('is being deleted'),
    ]);
  });

  it('is named together with all others', () => {
    const other = { ...need, name: 'other' };
    const empty = { ...full, 'client-id': '' };
    const found = [{ live: live(empty) }, { live: live({ ...full, 'cookie-secret': '' }) }];
    expect(problems(() => planSecrets([need, other], found))).toEqual([
      expect.stringContaining('oauth2-proxy has an empty value for "client-id"'),
      expect.stringContaining('other has an empty value for "cookie-secret"'),
    ]);
  });

  it('is not made where a volume has come back that keeps its former values, and the way is said', () => {
    const kept = { ...need, namespace: 'kubeflow', name: 'mysql-secret', keptOnClaim: 'mysql-pv-claim' };
    expect(planSecrets([kept], [{ live: undefined, claimed: false }])).toMatchObject([{ action: 'create' }]);
    expect(problems(() => planSecrets([kept], [{ live: undefined, claimed: true }]))).toEqual([
      expect.stringMatching(
        /Secret kubeflow\/mysql-secret .*kubeflow\/mysql-pv-claim .*Restore the Secret .*delete pvc mysql-pv-claim/,
      ),
    ]);
  });
});

it('refuses to rotate what is not there, and lists what is', () => {
  expect(() => plan(live(full), ['oauth2-prxy'])).toThrow('there is no Secret "oauth2-prxy" to rotate');
  expect(() => plan(live(full), ['oauth2-proxy/client-id'])).toThrow(
    'there is no Secret "oauth2-proxy/client-id" to rotate',
  );
});
