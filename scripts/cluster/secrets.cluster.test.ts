import { compare } from 'bcryptjs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { KubernetesObject, SecretSpec } from '../components/component.ts';
import { kubectl } from '../dev/sandbox/kubectl.ts';
import { startTestServer, type TestServer } from '../dev/testing/api-server.ts';
import type { Api } from './api.ts';
import { applyObject } from './apply.ts';
import type { LiveData } from './live.ts';
import type { MadePassword } from './passwords.ts';
import { lookAtSecrets, planSecrets } from './secret-plan.ts';
import { prepareSecrets } from './secret-values.ts';
import { writeSecrets } from './secret-write.ts';

let test: TestServer;
let api: Api;

beforeAll(async () => {
  test = await startTestServer();
  api = test.connection.api;
});

afterAll(() => test?.stop());

/** Needs with a name of their own, so that tests don't meet. */
function needs(name: string): SecretSpec[] {
  return [
    {
      name,
      namespace: 'default',
      purpose: 'login',
      usedBy: [`default/${name}`, 'default/absent'],
      keys: {
        id: { kind: 'constant', value: 'client' },
        secret: { kind: 'random', bytes: 32, encoding: 'base64url' },
      },
    },
    {
      name: `${name}-users`,
      namespace: 'default',
      purpose: 'users',
      keys: { ada: { kind: 'password-hash', user: 'ada@example.com' } },
    },
  ];
}

interface Run {
  through?: Api;
  rotate?: string[];
  tell?: (passwords: readonly MadePassword[]) => void;
}

async function run(wanted: readonly SecretSpec[], { through = api, rotate = [], tell }: Run = {}) {
  const told: MadePassword[] = [];
  const plans = planSecrets(wanted, await lookAtSecrets(through, wanted), rotate);
  const prepared = await prepareSecrets(plans, () => 'brought');
  const written = await writeSecrets(through, prepared, {
    cluster: 'demo',
    tell: (passwords) => {
      tell?.(passwords);
      told.push(...passwords);
    },
  });
  return { changes: written.applied.map(({ change }) => change), restarted: written.restarted, told };
}

async function read(name: string): Promise<LiveData> {
  const found = await api.find<LiveData>({
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name, namespace: 'default' },
  });
  if (found === undefined) throw new Error(`no Secret ${name}`);
  return found;
}

function plain(secret: LiveData, key: string): string {
  return Buffer.from(secret.data?.[key] ?? '', 'base64').toString();
}

function deployment(name: string): KubernetesObject {
  const labels = { app: name };
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, namespace: 'default' },
    spec: {
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers: [{ name: 'a', image: 'example.com/a' }] } },
    },
  };
}

async function restartedAt(name: string): Promise<string | undefined> {
  const live = await api.find<
    KubernetesObject & { spec: { template: { metadata: { annotations?: Record<string, string> } } } }
  >(deployment(name));
  return live?.spec.template.metadata.annotations?.['kubectl.kubernetes.io/restartedAt'];
}

describe('Secrets in the cluster', () => {
  it('are created once, labelled, with the password printed; a second run keeps every byte', async () => {
    const first = await run(needs('made'));
    expect(first.changes).toEqual(['created', 'created']);
    const secret = await read('made');
    expect(secret.metadata.labels).toEqual({
      'app.kubernetes.io/managed-by': 'breakwater',
      'breakwater.dev/cluster': 'demo',
    });
    expect(plain(secret, 'id')).toBe('client');
    const users = await read('made-users');
    expect(await compare(first.told[0]?.password ?? '', plain(users, 'ada'))).toBe(true);

    const second = await run(needs('made'));
    expect(second).toEqual({ changes: ['unchanged', 'unchanged'], restarted: [], told: [] });
    expect(await read('made')).toEqual(secret);
    expect(plain(await read('made-users'), 'ada')).toBe(plain(users, 'ada'));
  });

  it('that others created keep their values, labels and other keys when a missing key is added', async () => {
    const data = { id: Buffer.from('theirs').toString('base64'), more: 'YQ==' };
    await api.create({
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 'theirs', namespace: 'default', labels: { by: 'hand' } },
      data,
    } as LiveData);
    expect((await run(needs('theirs'))).changes).toEqual(['changed', 'created']);
    const secret = await read('theirs');
    expect(secret.data).toMatchObject(data);
    expect(Buffer.from(plain(secret, 'secret'), 'base64url')).toHaveLength(32);
    expect(secret.metadata.labels).toEqual({ by: 'hand' });
  });

  it('are rotated by name only: that Secret changes, its readers restart, others stay', async () => {
    await run(needs('rotated'));
    await applyObject(api, deployment('rotated'));
    const before = { secret: await read('rotated'), users: await read('rotated-users') };
    const { restarted, changes, told } = await run(needs('rotated'), { rotate: ['rotated'] });
    expect({ restarted, changes, told }).toEqual({
      restarted: ['default/rotated'],
      changes: ['changed', 'unchanged'],
      told: [],
    });
    const after = await read('rotated');
    expect(plain(after, 'secret')).not.toBe(plain(before.secret, 'secret'));
    expect(plain(after, 'id')).toBe('client');
    expect(after.metadata.annotations ?? {}).toEqual({});
    expect(await read('rotated-users')).toEqual(before.users);
    expect(await restartedAt('rotated')).toMatch(/^20/);
    expect((await applyObject(api, deployment('rotated'))).change).toBe('unchanged');
    expect(await restartedAt('rotated')).toMatch(/^20/);
  });

  it('restart their readers in the next run, when a rotation was killed before it could', async () => {
    await run(needs('killed'));
    await applyObject(api, deployment('killed'));
    const dying = await test.through((transport) => ({
      ...transport,
      async send(request) {
        if (request.path.includes('/deployments/')) throw new Error('killed');
        return transport.send(request);
      },
    }));
    await expect(run(needs('killed'), { through: dying, rotate: ['killed'] })).rejects.toThrow('killed');
    const rotated = plain(await read('killed'), 'secret');
    expect(await restartedAt('killed')).toBeUndefined();
    expect((await run(needs('killed'))).restarted).toEqual(['default/killed']);
    expect(plain(await read('killed'), 'secret')).toBe(rotated);
    expect((await run(needs('killed'))).restarted).toEqual([]);
  });

  it('get a new password when the run was killed before it printed the first one', async () => {
    const lost: string[] = [];
    const tell = (passwords: readonly MadePassword[]) => {
      lost.push(passwords[0]?.password ?? '');
      throw new Error('killed');
    };
    await expect(run(needs('untold'), { tell })).rejects.toThrow('killed');
    const { told } = await run(needs('untold'));
    expect(told).toHaveLength(1);
    const hash = plain(await read('untold-users'), 'ada');
    expect(await compare(told[0]?.password ?? '', hash)).toBe(true);
    expect(await compare(lost[0] ?? '', hash)).toBe(false);
    expect((await run(needs('untold'))).told).toEqual([]);
  });

  it('are asked for where a backup brought their data back without them, and kept once they are restored', async () => {
    const [first] = needs('restored');
    if (first === undefined) throw new Error('there is no need');
    const wanted = [{ ...first, keptOnClaim: 'restored-data' }];
    await applyObject(api, {
      apiVersion: 'v1',
      kind: 'PersistentVolumeClaim',
      metadata: { name: 'restored-data', namespace: 'default' },
      spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
    });
    await expect(run(wanted)).rejects.toMatchObject({
      details: [expect.stringMatching(/default\/restored is missing, but its data exists: .* Restore the Secret/)],
    });
    expect(
      await api.find({ apiVersion: 'v1', kind: 'Secret', metadata: { name: 'restored', namespace: 'default' } }),
    ).toBeUndefined();
    const data = { id: btoa('client'), secret: btoa('from the backup') };
    await api.create({
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 'restored', namespace: 'default' },
      data,
    } as LiveData);
    expect((await run(wanted)).changes).toEqual(['unchanged']);
    expect(plain(await read('restored'), 'secret')).toBe('from the backup');
  });

  it('are created again once the claim is deleted by the command that the message names', async () => {
    const [first] = needs('again');
    if (first === undefined) throw new Error('there is no spec');
    const wanted = [{ ...first, keptOnClaim: 'again-data' }];
    const claim = {
      apiVersion: 'v1',
      kind: 'PersistentVolumeClaim',
      metadata: { name: 'again-data', namespace: 'default' },
      spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
    };
    await applyObject(api, claim);
    const refused = (await run(wanted).catch((error: unknown) => error)) as { details: string[] };
    const [, command = ''] = /: kubectl (.*)$/.exec(refused.details[0] ?? '') ?? [];
    await kubectl(test.server.kubeconfigPath, [...command.split(' '), '--wait=false']);
    // A controller takes the finalizer off once no pod uses the volume. Until then the claim is still there.
    await expect(run(wanted)).rejects.toMatchObject({ details: [expect.stringContaining('its data exists')] });
    await api.merge(claim, { metadata: { finalizers: null } });
    expect((await run(wanted)).changes).toEqual(['created']);
  });

  it('are not overwritten when another client creates them at the same moment', async () => {
    const wanted = needs('raced').slice(0, 1);
    const prepared = await prepareSecrets(planSecrets(wanted, [{ live: undefined }]), () => '');
    await api.create({ apiVersion: 'v1', kind: 'Secret', metadata: { name: 'raced', namespace: 'default' } });
    await expect(writeSecrets(api, prepared, { cluster: 'demo', tell: () => undefined })).rejects.toThrow(
      'Secret default/raced was changed by another program at the same time',
    );
    expect((await read('raced')).data).toBeUndefined();
  });
});
