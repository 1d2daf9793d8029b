import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { gitIn } from '../testing/git-in.ts';
import { testRepository } from './repository.ts';
import { environment, has, script } from './workflow-script.ts';

let place: string;
beforeEach(() => {
  place = mkdtempSync(join(tmpdir(), 'breakwater-workflow-'));
});
afterEach(() => rmSync(place, { recursive: true, force: true }));

describe.runIf(has('bash'))('the script that puts the program of the base under the data of a change', () => {
  const clone = () => join(place, 'clone');
  const git = (...words: string[]) => gitIn(clone(), { author: 'a', env: environment() })(...words);
  const write = (path: string, text: string) => {
    mkdirSync(dirname(join(clone(), path)), { recursive: true });
    writeFileSync(join(clone(), path), text);
  };

  /** Commits a base and a change on top, and runs the script with the change checked out. */
  function overlay(change: () => void) {
    mkdirSync(clone());
    git('init', '--quiet', '--initial-branch', 'main');
    write('scripts/check.mjs', 'process.exit(1)\n');
    write('package.json', '{}\n');
    write('clusters/demo/apps/01.yaml', 'a: 1\n');
    write('tenants/red/tenant.yaml', 'a: 1\n');
    write('infrastructure/dex/values.yaml', 'a: 1\n');
    git('add', '--all');
    git('commit', '--quiet', '--message', 'base');
    const base = git('rev-parse', 'HEAD');
    change();
    git('add', '--all');
    git('commit', '--quiet', '--message', 'change');
    const output = join(place, 'output');
    writeFileSync(output, '');
    const env = { ...environment(), BASE: base, GITHUB_OUTPUT: output };
    const { status, stdout, stderr } = spawnSync(
      'bash',
      ['--norc', '-e', '-c', script('pull-request.yaml', 'base-checks', 'base')],
      { cwd: clone(), env, encoding: 'utf8' },
    );
    return { status, said: stdout + stderr, base, output: readFileSync(output, 'utf8') };
  }
  const read = (path: string) => readFileSync(join(clone(), path), 'utf8');

  it('takes the data from the change, new and gone files too, and all else from the base', () => {
    const { status, output, base } = overlay(() => {
      write('scripts/check.mjs', 'process.exit(0)\n');
      write('scripts/new.mjs', '\n');
      write('package.json', '{"scripts": {"validate": "true"}}\n');
      write('.npmrc', 'script-shell=evil\n');
      write('clusters/demo/apps/01.yaml', 'a: 2\n');
      write('apps/new/app.yaml', 'a: 2\n');
      write('removals.yaml', 'removals: []\n');
      rmSync(join(clone(), 'tenants'), { recursive: true });
    });
    expect(status).toBe(0);
    expect(output).toBe(`commit=${base}\n`);
    expect(read('scripts/check.mjs')).toBe('process.exit(1)\n');
    expect(read('package.json')).toBe('{}\n');
    for (const gone of ['scripts/new.mjs', '.npmrc', 'tenants']) expect(existsSync(join(clone(), gone))).toBe(false);
    expect(read('clusters/demo/apps/01.yaml')).toBe('a: 2\n');
    expect(read('apps/new/app.yaml')).toBe('a: 2\n');
    expect(read('removals.yaml')).toBe('removals: []\n');
    expect(read('infrastructure/dex/values.yaml')).toBe('a: 1\n');
  });

  it('does nothing for a change of data and documents, which validate has checked with the same program', () => {
    const { status, output, said } = overlay(() => {
      write('clusters/demo/apps/01.yaml', 'a: 2\n');
      write('docs/notes.md', 'x\n');
      write('README.md', 'x\n');
    });
    expect(status).toBe(0);
    expect(output).toBe('');
    expect(said).toContain('leaves the checks alone');
  });

  it("lets the base's program find what the change's program would not tell", () => {
    const repository = testRepository();
    try {
      const base = repository.git('rev-parse', 'HEAD');
      repository.write('scripts/commands/validate.ts', 'process.exit(0);\n');
      repository.write('clusters/demo/values/dex.yaml', 'evil: true\n');
      repository.git('add', '--all');
      repository.git('commit', '--quiet', '--message', 'change');
      const env = { ...environment(), BASE: base, GITHUB_OUTPUT: join(place, 'output') };
      const steps = script('pull-request.yaml', 'base-checks', 'base');
      expect(spawnSync('bash', ['--norc', '-e', '-c', steps], { cwd: repository.root, env }).status).toBe(0);
      const { code, stdout, stderr } = repository.breakwater('validate', '--base', base);
      expect(code).toBe(1);
      expect(stdout + stderr).toContain('clusters/demo/values/dex.yaml');
    } finally {
      repository.remove();
    }
  });

  it('fails where it cannot tell the base, so that nothing passes unchecked', () => {
    mkdirSync(clone());
    git('init', '--quiet', '--initial-branch', 'main');
    git('commit', '--quiet', '--allow-empty', '--message', 'only');
    const env = { ...environment(), BASE: 'origin/main', GITHUB_OUTPUT: join(place, 'output') };
    const run = spawnSync('bash', ['--norc', '-e', '-c', script('pull-request.yaml', 'base-checks', 'base')], {
      cwd: clone(),
      env,
    });
    expect(run.status).not.toBe(0);
  });
});
