import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { checkout } from './repository.ts';
import { begin, offline, type Place, place, release, upgrade } from './upstream.ts';

let folder: string;
let upstream: Place;
let user: Place;
const run = (...args: string[]) =>
  upgrade(user, join(checkout, 'scripts', 'start.mjs'), '--from', '../up stream', ...args);

/** Computes the lock with the real npm; packages that lie in the repository need no network. */
function lock({ root }: Place): void {
  const options = ['--package-lock-only', '--ignore-scripts', '--no-audit', '--no-fund'];
  execFileSync('npm', ['install', ...options], { cwd: root, stdio: 'pipe', env: offline });
}

function dependOn(at: Place, name: string): void {
  at.write(`vendor/${name}/package.json`, JSON.stringify({ name, version: '1.0.0', main: 'index.js' }));
  at.write(`vendor/${name}/index.js`, `module.exports = '${name} was installed';\n`);
  const manifest = JSON.parse(at.read('package.json'));
  manifest.dependencies = { ...manifest.dependencies, [name]: `file:vendor/${name}` };
  at.write('package.json', `${JSON.stringify(manifest, null, 2)}\n`);
  lock(at);
}

/** A program of one line, whose second version needs a package that its first one did not have. */
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'breakwater-packages-'));
  upstream = place(join(folder, 'up stream'));
  begin(upstream);
  upstream.write('.gitignore', 'node_modules\n');
  upstream.write('infrastructure/a.txt', 'a\n');
  const scripts = { render: 'node render.cjs', validate: 'node validate.cjs' };
  upstream.write('package.json', `${JSON.stringify({ name: 'breakwater', version: '0.1.0', scripts }, null, 2)}\n`);
  upstream.write('render.cjs', 'process.exit(3);\n');
  upstream.write('validate.cjs', '\n');
  lock(upstream);
  release(upstream, '0.1.0');
  user = place(join(folder, 'us er'));
  execFileSync('git', ['clone', '--quiet', '--no-tags', upstream.root, user.root], { stdio: 'pipe' });
  begin(user);
  user.write('clusters/one/cluster.yaml', 'mine\n');
  user.commit('Add a cluster');
  dependOn(upstream, 'first');
  upstream.write('render.cjs', "require('node:fs').writeFileSync('clusters/one/out.txt', require('first'));\n");
  upstream.write('validate.cjs', "if (!process.argv.includes('--base')) process.exit(1);\n");
  release(upstream, '0.2.0');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

it('installs the packages of the new version with npm ci, elsewhere, and says that you have to', () => {
  const { code, stdout, stderr } = run();
  expect(code, stderr).toBe(0);
  expect(stdout).toContain('npm ci');
  expect(user.read('clusters/one/out.txt')).toBe('first was installed');
  expect(user.read('clusters/one/cluster.yaml')).toBe('mine\n');
  expect(existsSync(join(user.root, 'node_modules'))).toBe(false);
  expect(user.git('show', '--format=', '--name-only')).toContain('clusters/one/out.txt');
  expect(run()).toMatchObject({ code: 0, stdout: expect.stringContaining('nothing to do') });
});

it("keeps a package of the user's own, with a lock for both", () => {
  dependOn(user, 'second');
  user.commit('Depend on second');
  const { code, stdout, stderr } = run('--json');
  expect(code, stderr).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({ newPackages: true, replaced: [] });
  expect(JSON.parse(user.read('package.json')).dependencies).toEqual({
    first: 'file:vendor/first',
    second: 'file:vendor/second',
  });
  const { packages } = JSON.parse(user.read('package-lock.json'));
  expect(Object.keys(packages)).toEqual(expect.arrayContaining(['node_modules/first', 'node_modules/second']));
});

it.each([
  ['can not be installed', 'package-lock.json', '{"lockfileVersion": 3, "packages": {"": {}}}', 'cannot install'],
  ['can not render', 'render.cjs', 'console.error("no such thing"); process.exit(1);\n', 'cannot render'],
  ['reports mistakes', 'validate.cjs', 'console.log("a finding"); process.exit(1);\n', 'reports mistakes'],
])('changes nothing when the new version %s', (_, file, text, said) => {
  upstream.write(file, text);
  upstream.commit('Break it');
  upstream.git('tag', '--force', 'v0.2.0');
  const head = user.git('rev-parse', 'HEAD');
  const { code, stderr } = run();
  expect(code, stderr).toBe(1);
  expect(stderr).toContain(said);
  expect(user.git('rev-parse', 'HEAD')).toBe(head);
  expect(user.git('status', '--porcelain')).toBe('');
});
