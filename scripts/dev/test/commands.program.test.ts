import { appendFileSync, copyFileSync, existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { commands } from '../../commands/index.ts';
import { type TestRepository, testRepository } from './repository.ts';

let repository: TestRepository;

beforeAll(() => {
  repository = testRepository();
});

afterAll(() => repository.remove());

const names = commands.map(({ usage }) => usage.replace(/ .*/, ''));
const file = (path: string) => join(repository.root, path);

describe('help', () => {
  it('lists the commands, and each has its options and examples', () => {
    const all = repository.breakwater('--help');
    expect(all.code).toBe(0);
    for (const name of names) expect(all.stdout).toContain(`\n  ${name}`);
    for (const name of names) {
      const { code, stdout, stderr } = repository.breakwater(name, '--help');
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
      expect(stdout).toMatch(new RegExp(`Examples:\n  npm run (--silent )?${name}\\b`));
      expect(stdout).toContain('--json');
    }
  });

  it('has a version', () => {
    expect(repository.breakwater('--version')).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/),
    });
  });
});

describe('an option that the command does not take', () => {
  it('is refused with the commands that take it, or with the nearest option', () => {
    expect(repository.breakwater('render', '--dry-run')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("unknown option '--dry-run', which is an option of bootstrap, "),
    });
    expect(repository.breakwater('render', '--chek').stderr).toContain('(Did you mean --check?)');
  });
});

describe('with --json, stdout is one JSON value', () => {
  const commandLines = ['graph', 'render --check', 'render', 'validate', 'doctor', 'bootstrap --dry-run', 'new other'];

  it.each(commandLines)('of %s', (line) => {
    const { code, stdout, stderr } = repository.breakwater(...line.split(' '), '--json');
    expect(code, stderr).toBe(0);
    expect(JSON.parse(stdout)).not.toHaveProperty('error');
    rmSync(file('clusters/other'), { recursive: true, force: true });
  });

  const mistakes = [
    'bootstrap --no-such-option',
    'no-such-command',
    'new',
    'render --cluster nope',
    'render --all --cluster demo',
    'validate --cluster nope',
    'graph --cluster nope',
    'doctor --cluster nope',
    'new demo',
    'new Bad_Name',
    'new fine --email nobody',
    'bootstrap --timeout soon',
    'bootstrap --cluster ../x',
    'upgrade',
    'upgrade --from -x',
  ];

  it.each(mistakes)('of wrong usage, too, with exit code 2 and words on stderr: %s', (line) => {
    const { code, stdout, stderr } = repository.breakwater(...line.split(' '), '--json');
    expect(code, stderr).toBe(2);
    expect(JSON.parse(stdout)).toMatchObject({ error: { kind: 'usage', message: expect.stringMatching(/./) } });
    expect(stderr).toContain('error: ');
    expect(stderr).not.toMatch(/^ +at /m);
  });
});

describe('an option without "--" before it, which npm takes for itself', () => {
  it.each([
    ['--dry-run', { npm_config_dry_run: 'true' }],
    ['--cluster', { npm_config_cluster: 'prod' }],
    ['--no-push', { npm_config_push: '' }],
    ['bootstrap --dry-run', { npm_lifecycle_event: 'breakwater', npm_config_dry_run: 'true' }],
  ])('is answered with the right command line, and nothing is done: %s', (option, taken) => {
    const env = { npm_lifecycle_event: 'bootstrap', ...taken };
    const npm = testRepository(undefined, env);
    try {
      const { code, stderr } = npm.breakwater('bootstrap');
      expect(code).toBe(2);
      expect(stderr).toContain(`npm run ${env.npm_lifecycle_event} -- ${option}`);
      expect(existsSync(join(npm.root, '.breakwater'))).toBe(false);
    } finally {
      npm.remove();
    }
  });
});

describe('a reader that stops reading', () => {
  it('does not end the run, nor make it fail', async () => {
    const child = repository.start('graph');
    child.stdout?.destroy();
    let errors = '';
    child.stderr?.on('data', (chunk: Buffer) => {
      errors += chunk.toString();
    });
    const code = await new Promise((resolve) => child.once('close', resolve));
    expect({ code, errors }).toEqual({ code: 0, errors: '' });
  });
});

describe('render', () => {
  it('names each file that differs, writes it, and deletes stale files, but no hand-owned ones', () => {
    appendFileSync(file('clusters/demo/values/dex.yaml'), 'edited: true\n');
    rmSync(file('clusters/demo/values/gateway.yaml'));
    copyFileSync(file('clusters/demo/values/istiod.yaml'), file('clusters/demo/values/stale.yaml'));
    repository.write('clusters/demo/values/mine.yaml', 'mine: true\n');
    const check = repository.breakwater('render', '--check', '--json');
    expect(check.code).toBe(1);
    expect(JSON.parse(check.stdout).drift).toEqual([
      'missing    clusters/demo/values/gateway.yaml',
      expect.stringMatching(/^differs {4}clusters\/demo\/values\/dex.yaml \(has manual edits/),
      expect.stringMatching(/^stale {6}clusters\/demo\/values\/stale.yaml/),
      expect.stringMatching(/^unexpected clusters\/demo\/values\/mine.yaml is not a generated file/),
    ]);
    const found = JSON.parse(repository.breakwater('validate', '--json').stdout).clusters[0].findings;
    expect(found.map(({ file: path }: { file: string }) => path)).toContain('clusters/demo/values/stale.yaml');

    const written = repository.breakwater('render', '--no-prune');
    expect(written).toMatchObject({ code: 0, stdout: expect.stringContaining('dex.yaml (has manual edits') });
    expect(written.stderr).toContain('clusters/demo/values/stale.yaml. Without --no-prune, they are deleted.');
    expect(written.stderr).toContain('clusters/demo/values/mine.yaml is not a generated file');
    expect(existsSync(file('clusters/demo/values/stale.yaml'))).toBe(true);
    const pruned = repository.breakwater('render');
    expect(pruned).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('delete     clusters/demo/values/stale.yaml'),
    });
    // As 0.1.0 wrote it.
    expect(repository.breakwater('render', '--prune').code).toBe(0);
    expect(existsSync(file('clusters/demo/values/stale.yaml'))).toBe(false);
    expect(existsSync(file('clusters/demo/values/mine.yaml'))).toBe(true);
    rmSync(file('clusters/demo/values/mine.yaml'));
    expect(repository.git('status', '--porcelain')).toBe('');
  });
});

describe('a mistake in cluster.yaml', () => {
  it('is reported by every command with its position, all mistakes at once, and nothing is written', () => {
    repository.write('clusters/demo/cluster.yaml', 'name: demo\nhost: https://a.example.com\nauht: {}\n');
    for (const line of [['render'], ['validate'], ['graph'], ['bootstrap']]) {
      const { code, stderr } = repository.breakwater(...line);
      expect(code, line.join(' ')).toBe(2);
      expect(stderr).toContain('clusters/demo/cluster.yaml:2:7: host: ');
      expect(stderr).toContain('Did you mean "auth"?');
    }
    const doctor = repository.breakwater('doctor');
    expect(doctor.code).toBe(1);
    expect(doctor.stdout).toMatch(/^MISSING cluster.yaml: .*\n *clusters.*cluster.yaml:2:7/m);
    repository.git('checkout', '--quiet', '--', 'clusters');
  });

  it('of a DNS-01 solver or an issuer is reported there, not in the ClusterIssuer that copies it', () => {
    const solver = '{cloudflare: {apiTokenSecretRef: {nam: x, key: token}}}';
    repository.write(
      'clusters/dns/cluster.yaml',
      `name: dns\nhost: a.example.com\nauth: {users: [{email: a@example.com}]}\ntls:\n  acme:\n    email: a@example.com\n    dns01:\n      solver: ${solver}\n`,
    );
    expect(repository.breakwater('render', '--cluster', 'dns').code).toBe(0);
    const { code, stdout } = repository.breakwater('validate', '--cluster', 'dns');
    expect(code).toBe(1);
    const path = 'tls.acme.dns01.solver.cloudflare.apiTokenSecretRef';
    expect(stdout).toContain(`clusters/dns/cluster.yaml:8:49: ${path}.nam unknown field`);
    expect(stdout).toMatch(new RegExp(`clusters/dns/cluster.yaml:8:[0-9]+: ${path}.name is missing`));
    expect(stdout).not.toContain('ClusterIssuer');
    repository.write(
      'clusters/dns/cluster.yaml',
      'name: dns\nhost: a.example.com\nauth: {users: [{email: a@example.com}]}\ntls: {issuer: {trust: public, spec: {vault: {server: 1}}}}\n',
    );
    expect(repository.breakwater('render', '--cluster', 'dns').code).toBe(0);
    expect(repository.breakwater('validate', '--cluster', 'dns').stdout).toMatch(
      /clusters\/dns\/cluster.yaml:4:[0-9]+: tls.issuer.spec.vault.server must be string/,
    );
    rmSync(file('clusters/dns'), { recursive: true });
  });
});

describe('bootstrap without a cluster', () => {
  it('refuses --wait, and needs no kubeconfig for a dry run', () => {
    expect(repository.breakwater('bootstrap', '--wait')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('Add --context NAME'),
    });
    appendFileSync(file('clusters/demo/cluster.yaml'), 'kubernetes: {context: prod}\n');
    expect(repository.breakwater('bootstrap').code).toBe(2);
    expect(repository.breakwater('bootstrap', '--dry-run', '--context', 'prod').code).toBe(2);
    const { code, stdout, stderr } = repository.breakwater('bootstrap', '--dry-run');
    expect(code).toBe(0);
    expect(stderr).toMatch(/warning: no kubeconfig .*: showing what needs no cluster/);
    expect(stdout).toContain('skipped argocd: the context "prod" cannot be used here');
    expect(repository.breakwater('bootstrap', '--no-push', '--wait')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('--no-push applies nothing'),
    });
    repository.git('checkout', '--quiet', '--', 'clusters');
  });
});

describe('doctor', () => {
  it('names tools with their versions, and what is still as in the template', () => {
    const { code, stdout } = repository.breakwater('doctor');
    expect(code).toBe(0);
    expect(stdout).toMatch(/^ok {6}helm: (v[34]\.|not on the PATH; using)/m);
    expect(stdout).toMatch(/^ok {6}kubectl: /m);
    expect(stdout).toMatch(
      /^Nothing is missing\.\nPlaceholders are left: host \(kubeflow\.example\.com\), auth\.users \(user@example\.com\)\.$/m,
    );
  });
});

describe('doctor, beside the demo', () => {
  it('says that the demo is still there, and how to remove it so that validate agrees', () => {
    repository.write(
      'clusters/prod/cluster.yaml',
      'name: prod\nhost: kubeflow.acme.io\nkubeflow: {components: []}\nauth: {users: [{email: ann@acme.io}]}\n',
    );
    repository.breakwater('render');
    const { stdout } = repository.breakwater('doctor');
    const [, command = '', entry = ''] =
      /^note {4}demo: .* Remove it: (git .*), and list "(.*)" in removals.yaml$/m.exec(stdout) ?? [];
    repository.git(...command.split(' ').slice(1));
    repository.write('removals.yaml', `removals:\n  ${entry}\n`);
    expect(repository.breakwater('validate')).toMatchObject({ code: 0 });
    expect(repository.breakwater('doctor').stdout).not.toContain('demo:');
    repository.git('reset', '--quiet', '--hard');
    repository.git('clean', '--quiet', '--force', '-d');
  });
});
