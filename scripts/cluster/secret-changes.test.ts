import { hashSync } from 'bcryptjs';
import { describe, expect, it } from 'vitest';
import type { Generator, SecretSpec } from '../components/component.ts';
import { UsageError } from '../report/errors.ts';
import { changedKeys } from './secret-changes.ts';
import { planSecrets } from './secret-plan.ts';

const keys: Record<string, Generator> = {
  made: { kind: 'random', bytes: 32, encoding: 'hex' },
  client: { kind: 'reference', from: { env: 'CLIENT' } },
  ann: { kind: 'password-hash', user: 'ann', password: { env: 'ANN' } },
  bob: { kind: 'password-hash', user: 'bob', passwordHash: { env: 'BOB' } },
  eve: { kind: 'password-hash', user: 'eve' },
};
const need: SecretSpec = { name: 'it', namespace: 'auth', purpose: 'a test', keys };
const hash = hashSync('first password', 4);
const kept = { made: 'x', client: 'first', ann: hash, bob: hash, eve: hash };

/** @returns the keys that differ, where these variables are set */
async function changed(given: Record<string, string>, rotate: string[] = []): Promise<string[]> {
  const live = {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: 'it', namespace: 'auth' },
    data: Object.fromEntries(Object.entries(kept).map(([key, text]) => [key, Buffer.from(text).toString('base64')])),
  };
  const [plan] = planSecrets([need], [{ live }], rotate);
  if (plan === undefined) throw new Error('there is no plan');
  return changedKeys(plan, live, (reference) => {
    const value = 'env' in reference ? given[reference.env] : undefined;
    if (value === undefined) throw new UsageError('it is not set');
    return value;
  });
}

describe('values that are brought and differ from those in the cluster', () => {
  it('are reported by their keys: text, a password by its hash, a hash', async () => {
    expect(await changed({ CLIENT: 'second', ANN: 'second password', BOB: hashSync('x', 4) })).toEqual([
      'client',
      'ann',
      'bob',
    ]);
  });

  it('are none where they are the same, with or without a line break at the end', async () => {
    expect(await changed({ CLIENT: 'first\n', ANN: 'first password\n', BOB: `${hash}\n` })).toEqual([]);
  });

  it('are none where nothing is given, and where they are being replaced', async () => {
    expect(await changed({})).toEqual([]);
    expect(await changed({ CLIENT: 'second', ANN: 'second password' }, ['it/client', 'it/ann'])).toEqual([]);
  });
});
