import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type TestRepository, testRepository } from './repository.ts';

let repository: TestRepository;

beforeAll(() => {
  repository = testRepository();
});

afterAll(() => repository.remove());

const file = (path: string) => join(repository.root, path);

describe('app add', () => {
  const chart = ['--chart', 'wiki', '--repository', 'https://charts.example.com', '--source-version', '1.2.3'];

  it('writes an app.yaml that renders, and nothing when an option is wrong', () => {
    for (const [more, option] of [
      [['--groups', 'staff', '--clusters', 'nope'], '--clusters: '],
      [['--groups', 'staff', '--path', 'wiki'], '--host, --path: '],
      [[], '--groups, --emails, --everyone: '],
    ] as const) {
      const wrong = repository.breakwater('app', 'add', 'wiki', ...chart, ...more);
      expect(wrong).toMatchObject({ code: 2, stderr: expect.stringContaining(`  ${option}`) });
    }
    expect(repository.breakwater('app', 'add', 'wiki', '--groups', 'staff').code).toBe(2);
    const port = repository.breakwater('app', 'add', 'wiki', ...chart, '--groups', 'staff', '--service', 'wiki:abc');
    expect(port.stderr).toContain('--service: must be a number, but is the string "abc"');
    const unpinned = repository.breakwater('app', 'add', 'wiki', ...chart.slice(0, 4), '--groups', 'staff');
    expect(unpinned.stderr).toContain('  --source-version: is missing');
    expect(existsSync(file('apps/wiki'))).toBe(false);
    const added = repository.breakwater('app', 'add', 'wiki', ...chart, '--groups', 'staff', '--clusters', 'demo');
    expect(added, added.stderr).toMatchObject({ code: 0, stdout: expect.stringContaining('wrote apps/wiki/app.yaml') });
    expect(added.stdout).toContain('https://wiki.<host>/');
    expect(added.stdout).not.toContain('enable it');
    expect(repository.breakwater('render')).toMatchObject({ code: 0, stdout: expect.stringContaining('wiki') });
    expect(repository.breakwater('app', 'add', 'wiki', ...chart, '--everyone').code).toBe(2);
    rmSync(file('apps/wiki'), { recursive: true });
    const elsewhere = repository.breakwater('app', 'add', 'wiki', ...chart, '--everyone', '--path', '/wiki/');
    expect(elsewhere.stdout).toContain('https://<host>/wiki/');
    expect(elsewhere.stdout).toContain('enable it in a cluster.yaml (apps: {wiki: {}})');
    rmSync(file('apps/wiki'), { recursive: true });
    expect(repository.breakwater('app', 'add')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('npm run app -- add NAME'),
    });
    repository.git('clean', '-fdq', 'clusters');
    repository.git('checkout', '--quiet', '--', 'clusters');
  });
});
