import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { kindName } from '../cluster/inventory.ts';
import type { LiveObject } from '../cluster/live.ts';
import { loadCluster } from '../config/load.ts';
import { judgePrograms } from './adopt-programs.ts';

const cluster = loadCluster(join(import.meta.dirname, '..', '..'), 'demo');

function judge(found: object, planned: object[] = []) {
  const object = found as LiveObject;
  const snapshot = new Map([[kindName(object), [object]]]);
  const ours = planned.map((one) => ({ application: 'istiod', object: one as LiveObject }));
  return judgePrograms({ all: snapshot, snapshot, cluster, planned: ours });
}

const profile = (owner: string) => ({
  apiVersion: 'kubeflow.org/v1',
  kind: 'Profile',
  metadata: { name: 'team-a' },
  spec: { owner: { kind: 'User', name: owner } },
});

describe("a Profile's owner", () => {
  it('stays as long as it is an address in lower case, and gets commands where it is not', () => {
    expect(judge(profile('ann@acme.org'))).toMatchObject([{ lot: 'stays yours' }]);
    const [row] = judge(profile('Ann@acme.org'));
    expect(row).toMatchObject({ lot: 'in the way' });
    expect(row?.todo).toContain('owner=ann@acme.org --overwrite');
  });

  it.each(["A'; touch planted; '@acme.org", 'A$(touch planted)@acme.org', "A'&planted&'@acme.org", '\u001b[2Jplanted'])(
    'is in no command, and without control characters, where a user chose %j',
    (owner) => {
      const [row] = judge(profile(owner));
      expect(row?.todo).toBe("Name a person's address as spec.owner: kubectl edit profile team-a");
      expect(row?.reason).not.toContain('\u001b');
    },
  );
});

it("names what the mesh's settings lose, without values that may be secret", () => {
  const mesh = (data: string) => ({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'istio', namespace: 'istio-system' },
    data: { mesh: data },
  });
  const live = 'trustDomain: acme.org\ndefaultConfig: {tracing: {lightstep: {accessToken: hidden-token}}}\n';
  const rows = judge(mesh(live), [mesh('{}')]);
  expect(rows.map(({ what }) => what.split(': ')[1])).toContain('trustDomain');
  expect(JSON.stringify(rows)).toContain('it is \\"acme.org\\" here');
  expect(rows.some(({ what }) => what.includes('defaultConfig'))).toBe(true);
  expect(JSON.stringify(rows)).not.toContain('hidden-token');
});
