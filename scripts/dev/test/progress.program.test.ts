import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { gitIn } from '../testing/git-in.ts';
import { checkout, type TestRepository, testRepository } from './repository.ts';

let repository: TestRepository;
let remote: string;
const seconds = 6;

/** A remote behind an ssh that takes its time for each command. */
beforeEach(() => {
  remote = mkdtempSync(join(tmpdir(), 'breakwater-slow-'));
  gitIn(remote)('init', '--quiet', '--bare', 'platform.git');
  repository = testRepository(
    {
      prod: `name: prod
host: kubeflow.acme.io
git: {url: 'ssh://git@git.acme.io${remote}/platform.git', create: never}
kubeflow: {components: []}
auth: {users: [{email: ann@acme.io}]}
`,
    },
    { GIT_SSH_COMMAND: join(remote, 'ssh'), GIT_SSH_VARIANT: 'ssh' },
  );
  const ssh = `#!/bin/sh\nsleep ${seconds}\nfor last; do :; done\nexec sh -c "$last"\n`;
  writeFileSync(join(remote, 'ssh'), ssh, { mode: 0o755 });
});
afterEach(() => {
  repository.remove();
  rmSync(remote, { recursive: true, force: true });
});

/** @returns what a program says, with the longest silence between two pieces of it, in seconds */
async function follow(child: ChildProcess) {
  let said = '';
  let last: number | undefined;
  let silence = 0;
  const hear = (chunk: Buffer) => {
    silence = Math.max(silence, last === undefined ? 0 : Date.now() - last);
    last = Date.now();
    said += chunk.toString();
  };
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', hear);
  const code = await new Promise((resolve) => child.once('close', resolve));
  return { code, said, silence: silence / 1000 };
}

it('a slow remote is named while it is waited for, and the output is plain words where no person looks', async () => {
  const { code, said } = await follow(repository.start('bootstrap', '--cluster', 'prod'));
  expect(code, said).toBe(0);
  expect(said).toMatch(/^ {4}… git ls-remote ssh:\/\/git@git\.acme\.io.* \(given up after 30 s .*\) \(\d+ s\)$/m);
  expect(said).toMatch(/^ {4}… publish: git push ssh:\/\/git@git\.acme\.io.* \(\d+ s\)$/m);
  expect(said).toMatch(/^done publish: pushed [0-9a-f]{12} to main$/m);
  expect(said).toMatch(/^ {4}new {8}clusters\/prod\/values\/ \(\d+ files\)$/m);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: it is what must not be there.
  expect(said).not.toMatch(/[\x1b\r]/);
});

/** It gives a program a terminal. */
const recorder = 'script';
const onTerminal = it.skipIf(spawnSync(recorder, ['--version']).status !== 0);

onTerminal('on a terminal, a slow remote never makes it silent', async () => {
  const command = [process.execPath, join(checkout, 'scripts', 'start.mjs'), 'bootstrap', '--cluster', 'prod'];
  const quoted = command.map((word) => `'${word}'`).join(' ');
  const environment = {
    GIT_SSH_COMMAND: join(remote, 'ssh'),
    KUBECONFIG: join(remote, 'none'),
    NO_COLOR: '',
    TERM: 'xterm',
  };
  const child = spawn(recorder, ['--quiet', '--return', '--command', quoted, '/dev/null'], {
    cwd: repository.root,
    env: { ...process.env, ...environment },
  });
  const { code, said, silence } = await follow(child);
  const kept = said.split('\n').map((line) => line.split('\r\x1b[K').at(-1) ?? '');
  const lines = kept.map((line) => stripVTControlCharacters(line).trim());
  expect(code, said).toBe(0);
  // The aim is 2 s. A machine under load may need a moment longer to say it.
  expect(silence).toBeLessThan(seconds - 2);
  expect(said).toContain('► publish: git push');
  expect(lines).toContainEqual(expect.stringMatching(/^✔ publish: pushed [0-9a-f]{12} to main \(\d+ s\)$/));
  expect(lines.filter((line) => line.startsWith('►'))).toEqual([]);
});

it('--verbose lists each program with its duration, and every file; it excludes --quiet', () => {
  const { code, stdout, stderr } = repository.breakwater('bootstrap', '--cluster', 'prod', '--no-push', '--verbose');
  expect(code, stderr).toBe(0);
  expect(stderr).toMatch(/^ {4}git rev-parse .* \(\d+\.\d s\)$/m);
  expect(stdout).toContain('    new        clusters/prod/values/dex.yaml\n');
  expect(repository.breakwater('render', '--verbose', '--quiet')).toMatchObject({
    code: 2,
    stderr: expect.stringContaining("option '--verbose' cannot be used with option '--quiet'"),
  });
});
