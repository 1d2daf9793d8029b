import { describe, expect, it } from 'vitest';
import { mergePackage, samePackages } from './upgrade-package.ts';
import { planUpgrade } from './upgrade-plan.ts';
import { chooseTag, versionOfTag } from './upgrade-versions.ts';

/** States from `path: base ours theirs`, where `-` means that the file is not there. */
function plan(lines: Readonly<Record<string, string>>, keep: readonly string[] = [], withRig = false) {
  const [base, ours, theirs] = [0, 1, 2].map(
    (index) =>
      new Map(
        Object.entries(lines).flatMap(([path, states]) => {
          const state = states.split(' ')[index] ?? '-';
          return state === '-' ? [] : [[path, state] as const];
        }),
      ),
  );
  const empty = new Map<string, string>();
  return planUpgrade({ base: base ?? empty, ours: ours ?? empty, theirs: theirs ?? empty }, keep, withRig);
}

describe('the plan of an upgrade', () => {
  it('leaves clusters alone, whether the user has them, changed them, or deleted them', () => {
    const { take, merge, kept } = plan({
      'clusters/demo/cluster.yaml': '1 1 2',
      'clusters/demo/overrides/dex.yaml': '1 3 2',
      'clusters/demo/apps/dex.yaml': '1 1 2',
      'clusters/gone/cluster.yaml': '1 - 2',
      'clusters/new/cluster.yaml': '- - 2',
    });
    expect({ take: [...take], merge }).toEqual({ take: [], merge: [] });
    expect(kept).toEqual(['clusters/demo/cluster.yaml', 'clusters/demo/overrides/dex.yaml']);
  });

  it('leaves scripts/dev away where the user removed it, unless it is asked for', () => {
    const removed = {
      'scripts/a.ts': '1 1 2',
      'scripts/dev/a.ts': '1 - 2',
      'scripts/dev/b.ts': '- - 2',
      'scripts/dev/c.ts': '2 - 2',
      'scripts/dev/d.ts': '1 - -',
    };
    const left = plan(removed);
    expect([...left.take.keys(), ...left.merge, ...left.kept]).toEqual(['scripts/a.ts']);
    expect([...plan(removed, [], true).take.keys()].sort()).toEqual([
      'scripts/a.ts',
      'scripts/dev/a.ts',
      'scripts/dev/b.ts',
      'scripts/dev/c.ts',
    ]);
    const { take, merge } = plan({ 'scripts/dev/a.ts': '1 1 2', 'scripts/dev/b.ts': '1 3 2' });
    expect({ take: [...take.keys()], merge }).toEqual({ take: ['scripts/dev/a.ts'], merge: ['scripts/dev/b.ts'] });
  });

  it("takes the release's values and apps until the user touched them, then keeps theirs, deletions too", () => {
    const { take, merge, kept } = plan({
      'infrastructure/a/values.yaml': '1 1 2',
      'infrastructure/b/values.yaml': '1 3 2',
      'infrastructure/c/values.yaml': '1 - 2',
      'infrastructure/d/values.yaml': '1 1 -',
      'infrastructure/e/values.yaml': '1 3 -',
      'apps/mine/app.yaml': '- 3 2',
      'apps/new/app.yaml': '- - 2',
      'apps/same/app.yaml': '- 2 2',
      'tenants/red/tenant.yaml': '- 3 -',
    });
    expect([...take]).toEqual([
      ['apps/new/app.yaml', '2'],
      ['infrastructure/a/values.yaml', '2'],
      ['infrastructure/d/values.yaml', undefined],
    ]);
    expect(merge).toEqual([]);
    expect(kept).toEqual([
      'apps/mine/app.yaml',
      ...['b', 'c', 'e'].map((name) => `infrastructure/${name}/values.yaml`),
    ]);
  });

  it("merges edits of the program's own files unless they are kept, and always takes generated schemas", () => {
    const states = {
      'apps/app.schema.json': '1 3 2',
      'docs/a.md': '1 3 2',
      'docs-of-ours/a.md': '1 3 2',
      'package.json': '1 3 2',
      'scripts/a.ts': '1 1 2',
    };
    const { take, merge, kept } = plan(states, ['docs']);
    expect([...take.keys()]).toEqual(['apps/app.schema.json', 'scripts/a.ts']);
    expect({ merge, kept }).toEqual({ merge: ['docs-of-ours/a.md'], kept: ['docs/a.md'] });
  });
});

describe('package.json', () => {
  const text = (value: object) => `${JSON.stringify(value, null, 2)}\n`;

  it("keeps what the user added, and takes the release's value where both changed one, and says so", () => {
    const { manifest, lock, replaced } = mergePackage({
      base: text({ name: 'breakwater', version: '0.1.0', dependencies: { a: '1', b: '1', c: '1' } }),
      ours: text({ name: 'acme', version: '0.1.0', dependencies: { a: '1', b: '3', c: '1', mine: '1' } }),
      theirs: text({ name: 'breakwater', version: '0.2.0', dependencies: { a: '2', b: '2', d: '1' } }),
    });
    expect(JSON.parse(manifest)).toEqual({
      name: 'acme',
      version: '0.2.0',
      dependencies: { a: '2', b: '2', d: '1', mine: '1' },
    });
    expect(replaced).toEqual(['dependencies.b: "2" (yours was "3")']);
    expect(lock).toBe('neither');
  });

  it('records where the release came from; your own address wins over the one that a release brings', () => {
    const texts = {
      base: text({ version: '0.1.0' }),
      ours: text({ version: '0.1.0', upgradeFrom: 'https://mirror.example.com/b.git' }),
      theirs: text({ version: '0.2.0', upgradeFrom: 'https://git.example.com/b.git' }),
    };
    const { manifest, replaced } = mergePackage(texts);
    expect(JSON.parse(manifest)).toEqual({ version: '0.2.0', upgradeFrom: 'https://mirror.example.com/b.git' });
    expect(replaced).toEqual([]);
    expect(JSON.parse(mergePackage(texts, 'https://new.example.com/b.git').manifest)).toMatchObject({
      upgradeFrom: 'https://new.example.com/b.git',
    });
  });

  it('goes with the lock of the side whose packages it has', () => {
    const [base, theirs] = [
      text({ version: '1.0.0', dependencies: { a: '1' } }),
      text({ version: '2.0.0', dependencies: { a: '2' } }),
    ];
    expect(mergePackage({ base, ours: base, theirs })).toEqual({ manifest: theirs, lock: 'theirs', replaced: [] });
    const mine = text({ version: '1.0.0', dependencies: { a: '1', b: '1' } });
    const same = text({ version: '2.0.0', dependencies: { a: '1' } });
    expect(mergePackage({ base, ours: mine, theirs: same }).lock).toBe('ours');
  });

  it('needs no new packages when only its own version differs in the lock', () => {
    const lockOf = (version: string, a: string) =>
      text({ version, packages: { '': { version }, 'node_modules/a': { version: a } } });
    expect(samePackages(lockOf('0.1.0', '1'), lockOf('0.2.0', '1'))).toBe(true);
    expect(samePackages(lockOf('0.1.0', '1'), lockOf('0.2.0', '2'))).toBe(false);
  });
});

describe('releases', () => {
  it.each([
    ['v0.10.0-rc.2', '0.10.0-rc.2'],
    ['v1.0.0', '1.0.0'],
    ['1.0.0', undefined],
    ['v1.0', undefined],
    ['v01.0.0', undefined],
    ['latest', undefined],
  ])('have tags like v1.2.3: %s is %s', (tag, version) => expect(versionOfTag(tag)).toBe(version));

  it('are ordered as semver says', () => {
    const tags = ['v0.9.0', 'v0.10.0-rc.10', 'v0.10.0', 'v0.2.0'];
    expect(chooseTag(tags, undefined)).toBe('v0.10.0');
    expect(() => chooseTag(tags, '7.0.0')).toThrow(
      expect.objectContaining({ hint: 'The newest there: v0.10.0, v0.10.0-rc.10, v0.9.0, v0.2.0' }),
    );
  });

  it('are the newest unless one is named; a candidate has to be', () => {
    const tags = ['v0.9.0', 'latest', 'v0.10.0', 'v0.11.0-rc.1'];
    expect(chooseTag(tags, undefined)).toBe('v0.10.0');
    expect(chooseTag(tags, '0.11.0-rc.1')).toBe('v0.11.0-rc.1');
    expect(() => chooseTag(tags, 'latest')).toThrow('no release "latest"');
    expect(() => chooseTag(['main'], undefined)).toThrow('no release to upgrade to');
  });
});
