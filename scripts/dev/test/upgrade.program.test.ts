import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { snapshot } from './folder-snapshot.ts';
import { offline, type Place, realUpstream, type Upstream, upgrade } from './upstream.ts';

let site: Upstream;
let user: Place;
beforeAll(() => {
  site = realUpstream();
});
afterAll(() => site.remove());
beforeEach(() => {
  user = site.made(`a user's "platform"`);
});
afterEach(() => rmSync(user.root, { recursive: true, force: true }));

const mine: Readonly<Record<string, string>> = {
  'clusters/prod/cluster.yaml': `name: prod
host: a.example.com
argocd: {install: false}
kubeflow: {components: []}
auth: {users: [{email: ann@example.com}]}
`,
  'clusters/prod/overrides/dex.yaml': 'replicaCount: 2\n',
  'tenants/red/tenant.yaml': 'kind: namespace\nowner: ann@example.com\n',
  'infrastructure/dex/values.yaml': 'replicaCount: 3 # mine\n',
  'docs/mine.md': 'mine\n',
  'README.md': '# The platform of Acme\n',
};

/** What a user does in the first week, committed. */
function makeItTheirs(): void {
  for (const [path, text] of Object.entries(mine)) user.write(path, text);
  user.edit('package.json', '"name": "breakwater"', '"name": "acme-platform"');
  user.edit('docs/try.md', '# Try it on a laptop', '# Try it at Acme');
  execFileSync('npm', ['run', '--silent', 'render', '--', '--all', '--prune'], { cwd: user.root, stdio: 'pipe' });
  user.commit('Make it ours');
}

/** All that could change: files, index, refs, and which objects there are (git touches those that it finds useful). */
const everything = () =>
  Object.entries(snapshot(user.root)).map(([path, state]) =>
    path.startsWith('.git/objects/') ? path : `${path} ${state}`,
  );
const scratchRepositories = () => readdirSync(site.folder).filter((name) => name.startsWith('breakwater-upgrade-'));
const refused = (code: number, said: RegExp, ...args: string[]) => {
  const before = everything();
  const { code: got, stdout, stderr } = site.upgrade(user, ...args);
  expect(got, stdout + stderr).toBe(code);
  expect(stderr).toMatch(said);
  expect(everything()).toEqual(before);
  return stderr;
};

describe('npm run upgrade, from one tag to the next', () => {
  it('is tried by a dry run that changes nothing, makes one commit in which what is yours is as it was, and is done then', () => {
    makeItTheirs();
    const head = user.git('rev-parse', 'HEAD');
    const before = everything();
    const dry = site.upgrade(user, '--dry-run');
    expect(dry.code, dry.stderr).toBe(0);
    expect(everything()).toEqual(before);
    expect(dry.stdout).toContain('Make waves clearer');
    expect(dry.stdout).toMatch(
      /of yours, kept.*\n {2}README.md\n {2}clusters\/demo\/cluster.yaml\n {2}infrastructure\/dex\/values.yaml\n/,
    );
    expect(dry.stdout).toMatch(/with your edits, merged:\n {2}docs\/try.md\n/);
    expect(dry.stdout).toMatch(/What they mean for you: git fetch .* && git show FETCH_HEAD:CHANGELOG.md\n/);
    expect(dry.stdout).toContain('Nothing was changed.');

    const real = site.upgrade(user, '--json');
    expect(real.code, real.stderr).toBe(0);
    const said = JSON.parse(real.stdout);
    expect(said).toMatchObject({ from: '0.1.0', to: '0.2.0', needed: true, newPackages: false, dryRun: false });
    expect(user.git('rev-parse', 'HEAD', 'HEAD^').split('\n')).toEqual([said.commit, head]);
    expect(user.git('log', '-1', '--format=%s by %an')).toBe('Upgrade Breakwater from 0.1.0 to 0.2.0 by Test');
    expect(user.git('status', '--porcelain')).toBe('');
    expect(user.git('for-each-ref', '--format=%(refname)')).toBe('refs/heads/main');

    for (const [path, text] of Object.entries(mine)) expect(user.read(path), path).toBe(text);
    expect(user.read('clusters/demo/cluster.yaml')).not.toContain('of 0.2.0');
    expect(user.read('infrastructure/istiod/values.yaml')).toContain('# of 0.2.0');
    expect(user.read('docs/waves.md')).toBe(site.upstream.read('docs/waves.md'));
    expect(user.read('docs/new.md')).toBe('new\n');
    expect(existsSync(join(user.root, 'docs/development.md'))).toBe(false);
    expect(user.read('docs/try.md')).toContain('# Try it at Acme');
    expect(user.read('docs/try.md')).toContain('## On runners of GitHub');
    expect(JSON.parse(user.read('package.json'))).toMatchObject({ name: 'acme-platform', version: '0.2.0' });
    // Rendered by the new version, for a cluster that the release does not know.
    expect(user.read('clusters/prod/README.md')).toContain('\n# The cluster prod\n');

    const done = everything();
    const again = site.upgrade(user);
    expect(again).toMatchObject({ code: 0, stdout: expect.stringContaining('0.2.0 is in use: nothing to do') });
    expect(everything()).toEqual(done);
    refused(2, /v0\.1\.0 is older than 0\.2\.0/, '--to', 'v0.1.0');
    expect(scratchRepositories()).toEqual([]);
  }, 120_000);

  it('leaves scripts/dev away where it was removed, and brings it back with --with-dev', () => {
    user.git('rm', '-r', '--quiet', 'scripts/dev');
    user.commit('Remove the rig');
    const { code, stderr } = site.upgrade(user);
    expect(code, stderr).toBe(0);
    expect(user.git('ls-files', 'scripts/dev')).toBe('');
    user.git('reset', '--hard', '--quiet', 'HEAD~1');
    expect(site.upgrade(user, '--with-dev').code).toBe(0);
    expect(user.git('ls-files', 'scripts/dev/test')).toContain('scripts/dev/test/upstream.ts');
  });

  it('names the files in conflict and changes nothing, until they are kept or put back', () => {
    user.edit('docs/security.md', '# ', '# By Acme: ');
    user.git('rm', '--quiet', 'docs/waves.md');
    user.commit('Make the docs ours');
    const said = refused(1, /files are in conflict; nothing was changed/);
    expect(said).toContain('docs/security.md: you and the release changed the same lines');
    expect(said).toContain('docs/waves.md: you deleted it, and the release changed it');
    expect(said).toContain('--keep docs/security.md,docs/waves.md');

    user.git('checkout', 'HEAD~1', '--', 'docs/waves.md');
    user.commit('Put the waves back');
    const kept = site.upgrade(user, '--keep', 'docs/security.md', '--json');
    expect(kept.code, kept.stderr).toBe(0);
    expect(JSON.parse(kept.stdout).kept).toContain('docs/security.md');
    expect(user.read('docs/security.md')).toContain('# By Acme: ');
    expect(user.read('docs/waves.md')).toContain('changed again');
  }, 120_000);
});

describe('where releases come from', () => {
  const doctor = () => {
    const line = ['scripts/start.mjs', 'doctor'];
    const { status, stdout } = spawnSync(process.execPath, line, { cwd: user.root, encoding: 'utf8', env: offline });
    expect(status, stdout).toBe(0);
    return stdout;
  };

  it('is the remote upstream, then what the upgrade recorded; doctor names a newer release, and needs none', () => {
    expect(doctor()).toMatch(/^note {4}release: 0\.1\.0; no repository to ask.*git remote add upstream URL$/m);
    const address = 'https://git.example.com/breakwater.git';
    const withUser = address.replace('//', '//ann@');
    user.git('remote', 'add', 'upstream', withUser);
    user.git('config', `url.${site.upstream.root}.insteadOf`, withUser);
    expect(doctor()).toMatch(
      /^note {4}release: 0\.2\.0 is available, 0\.1\.0 is in use: npm run upgrade -- --dry-run$/m,
    );
    const { code, stderr } = upgrade(user, 'scripts/start.mjs');
    expect(code, stderr).toBe(0);
    expect(JSON.parse(user.read('package.json'))).toMatchObject({ version: '0.2.0', upgradeFrom: address });

    user.git('remote', 'remove', 'upstream');
    expect(doctor()).toMatch(
      /^note {4}release: could not ask for newer ones: cannot read https:\/\/git\.example\.com/m,
    );
    user.git('config', `url.${site.upstream.root}.insteadOf`, address);
    expect(doctor()).toMatch(/^ok {6}release: 0\.2\.0, the newest at https:\/\/git\.example\.com\/breakwater\.git$/m);
    expect(upgrade(user, 'scripts/start.mjs').stdout).toContain('0.2.0 is in use: nothing to do');
  }, 120_000);
});

describe('npm run upgrade is refused, and changes nothing,', () => {
  it('with files that are not committed, tracked or new', () => {
    user.append('README.md', 'more\n');
    user.write('clusters/new/cluster.yaml', 'name: new\n');
    const said = refused(1, /uncommitted changes/);
    expect(said).toContain('  README.md\n');
    expect(said).toContain('  clusters/new/\n');
  });

  it('for a tag that does not exist, with the newest ones; for no source; for an invalid source', () => {
    expect(refused(2, /no release "v0\.3\.0"/, '--to', 'v0.3.0')).toContain('v0.10.0-rc.1, v0.2.0, v0.1.0');
    refused(2, /no release "nightly"/, '--to', 'nightly');
    refused(1, /v0\.10\.0-rc\.1 holds version 0\.2\.0/, '--to', 'v0.10.0-rc.1');
    refused(1, /cannot read .*nowhere/, '--from', join(site.folder, 'nowhere'));
    refused(2, /contains a password/, '--from', 'https://ann:secret@git.example.com/x.git');
    refused(2, /can't be kept/, '--keep', 'package.json');
  });

  it('outside of a repository', () => {
    rmSync(join(user.root, '.git'), { recursive: true });
    refused(1, /is not a git repository/);
  });

  it('when the release brings a file where you have an ignored one', () => {
    user.append('.gitignore', 'docs/new.md\n');
    user.commit('Ignore');
    user.write('docs/new.md', 'precious\n');
    const { code, stderr } = site.upgrade(user);
    expect(code).toBe(1);
    expect(stderr).toContain('docs/new.md');
    expect(user.read('docs/new.md')).toBe('precious\n');
    expect(user.git('status', '--porcelain')).toBe('');
    expect(user.git('log', '--format=%s')).toBe('Ignore\nInitial commit');
  }, 120_000);

  it('when the new version finds fault with a cluster', () => {
    user.write('clusters/prod/cluster.yaml', 'name: prod\nno-such-key: 1\n');
    user.commit('Add a cluster that no version takes');
    expect(refused(1, /cannot render your clusters; nothing was changed/)).toContain('no-such-key');
    expect(scratchRepositories()).toEqual([]);
  }, 120_000);
});
