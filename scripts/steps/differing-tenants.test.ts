import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseTree } from '../tree/rules/parsed-tree.ts';
import { readInputs } from '../workspace/read-inputs.ts';
import { chooseTenants, type TenantSide } from './differing-tenants.ts';

const root = join(import.meta.dirname, '..', '..');
const demo = await readInputs(root, ['clusters/demo']);
const chart = await readInputs(root, ['infrastructure/tenant'], /^/);
const small = 'kind: namespace\nowner: ann@example.com\n';

/** Many more tenants than are rendered, with some files written over or (as undefined) removed. */
function side(changes: Readonly<Record<string, string | undefined>> = {}, tree = demo): TenantSide {
  const files = new Map(chart);
  for (let index = 0; index < 200; index += 1) files.set(`tenants/t${index}/tenant.yaml`, small);
  for (const [path, text] of Object.entries(changes)) {
    if (text === undefined) files.delete(path);
    else files.set(path, text);
  }
  return { side: { folder: root, tree: parseTree('demo', tree) }, files };
}

const names = (before: TenantSide | undefined, after: TenantSide | undefined, all = false) => {
  const { chosen, left } = chooseTenants({ before, after, all });
  return { chosen: chosen.map(({ tenant }) => tenant), left: left.length };
};
const values = 'infrastructure/tenant/values.yaml';

describe('which tenants are rendered for a difference', () => {
  it('are none where nothing differs, and of hundreds only those whose files differ', () => {
    expect(names(side(), side())).toEqual({ chosen: [], left: 0 });
    const after = side({
      'tenants/t7/tenant.yaml': `${small}podSecurity: restricted\n`,
      'tenants/t8/tenant.yaml': undefined,
      'tenants/t9/apps/site/web.yaml': 'a: b\n',
      'tenants/new/tenant.yaml': small,
    });
    expect(names(side(), after)).toEqual({ chosen: ['new', 't7', 't8', 't9'], left: 0 });
    const { chosen } = chooseTenants({ before: side(), after, all: false });
    const applications = (index: number) => chosen[index]?.after.map(({ name }) => name);
    expect([0, 1, 2, 3].map(applications)).toEqual([
      ['tenant-new-access', 'tenant-new-place'],
      ['tenant-t7-access', 'tenant-t7-place'],
      [],
      ['tenant-t9-apps'],
    ]);
    expect(chosen[2]?.before.map(({ name }) => name)).toEqual(['tenant-t8-access', 'tenant-t8-place']);
  });

  it('is fifty where the chart or an ApplicationSet changed, one of each form among them, and each on demand', () => {
    const forms = {
      'tenants/t180/tenant.yaml': small.replace('namespace', 'kubeflow'),
      'tenants/t181/tenant.yaml': `${small}routes: []\n`,
    };
    const { chosen, left } = names(side(forms), side({ ...forms, [values]: 'quota: {}\n' }));
    expect(chosen).toEqual(expect.arrayContaining(['t180', 't181']));
    expect([chosen.length, left]).toEqual([50, 150]);
    const set = 'clusters/demo/manifests/tenants/applicationset-tenants-access.yaml';
    const tree = new Map([...demo, [set, (demo.get(set) ?? '').replace('kubeflow.example.com', 'other.example.com')]]);
    expect(names(side(), side({}, tree)).left).toBe(150);
    expect(names(side(), side({}, tree), true)).toMatchObject({ chosen: { length: 200 }, left: 0 });
  });

  it('is also each whose own file changed with the chart', () => {
    const after = side({ [values]: 'quota: {}\n', 'tenants/t199/tenant.yaml': `${small}displayName: Z\n` });
    const { chosen, left } = names(side(), after);
    expect(chosen).toContain('t199');
    expect([chosen.length, left]).toEqual([51, 149]);
  });

  it('is fifty for a cluster that comes or goes', () => {
    expect(names(undefined, side())).toMatchObject({ chosen: { length: 50 }, left: 150 });
    expect(names(side(), undefined)).toMatchObject({ chosen: { length: 50 }, left: 150 });
  });

  it('leaves out folders for which the ApplicationSets make nothing', () => {
    const after = side({
      'tenants/Team/tenant.yaml': small,
      'tenants/a--b/tenant.yaml': small,
      'tenants/README.md': '',
    });
    expect(names(side(), after)).toEqual({ chosen: [], left: 0 });
    expect(names(side(), side({ [`tenants/${'a'.repeat(41)}/tenant.yaml`]: small })).chosen).toEqual([]);
    expect(names(side(), side({ [`tenants/${'a'.repeat(40)}/tenant.yaml`]: small })).chosen).toHaveLength(1);
  });
});
