import { chmod, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { makeSandbox, type Sandbox } from '../dev/testing/git-sandbox.ts';
import { openRepository, type Repository } from './repository.ts';

let box: Sandbox;
let root: string;
let repository: Repository;
let searchPath: string | undefined;
beforeEach(async () => {
  box = await makeSandbox();
  await box.bare('remote.git');
  root = await box.clone('mine');
  repository = await openRepository(root);
  searchPath = process.env.PATH;
});
afterEach(async () => {
  process.env.PATH = searchPath;
  await box.remove();
});

/** Puts a program named ssh first on the PATH: it says how it was called, and runs the command here. */
async function fakeSsh(): Promise<void> {
  const bin = path.join(box.folder, 'bin');
  await mkdir(bin);
  const script = `#!/bin/sh
cd "$HOME"
for argument; do
  printf '%s\\n' "$argument" >>arguments
  case $previous in -i) ls -l "$argument" | cut -c1-10 >mode; cat "$argument" >key; ls -ld "$(dirname "$argument")" | cut -c1-10 >>mode;; esac
  previous=$argument
done
exec sh -c "$previous"
`;
  await writeFile(path.join(bin, 'ssh'), script);
  await chmod(path.join(bin, 'ssh'), 0o755);
  process.env.PATH = `${bin}:${searchPath}`;
}

const read = (name: string) => readFile(path.join(box.folder, name), 'utf8');
const credentials = {
  sshKey: '-----BEGIN OPENSSH PRIVATE KEY-----\r\nabc\r\n-----END-----',
  knownHosts: 'h ssh-ed25519 AAAA',
};

describe('an SSH remote', () => {
  it('is reached with the configured key alone, from a private file that is gone afterwards', async () => {
    await fakeSsh();
    const remote = { url: 'git@git.example.com:remote.git', credentials };
    expect(await repository.publish({ remote, branch: 'main' })).toMatchObject({ pushed: true });
    const called = await read('arguments');
    expect(called).toMatch(/-o\nBatchMode=yes\n[\s\S]*-o\nIdentitiesOnly=yes\n-o\nStrictHostKeyChecking=yes\n/);
    expect(await read('mode')).toBe('-rw-------\ndrwx------\n');
    expect(await read('key')).toBe('-----BEGIN OPENSSH PRIVATE KEY-----\nabc\n-----END-----\n');
    const leftovers = (await readdir(tmpdir())).filter((name) => name.startsWith(`breakwater-git-${process.pid}-`));
    expect(leftovers).toEqual([]);
  });

  it('FL#642 FL#1377 keeps its port', async () => {
    await fakeSsh();
    await repository.probe({
      url: 'ssh://git@git.example.com:2222/remote.git'.replace('/remote', `${encodeURI(box.folder)}/remote`),
    });
    expect(await read('arguments')).toContain('-p\n2222\n');
  });

  it("is reached by the user's own ssh command, with prompts switched off", async () => {
    await fakeSsh();
    await box.git(root, 'config', 'core.sshCommand', 'ssh -J jump.example.com');
    await repository.probe({ url: 'git@git.example.com:remote.git' });
    expect(await read('arguments')).toMatch(/^-J\njump\.example\.com\n-o\nBatchMode=yes\n/);
  });

  it("removes keys that a killed run left in the machine's temporary folder", async () => {
    await fakeSsh();
    const left = path.join(tmpdir(), 'breakwater-git-999999999-abcdef');
    await mkdir(left, { recursive: true });
    await writeFile(path.join(left, 'key'), 'old');
    await repository.probe({ url: 'git@git.example.com:remote.git', credentials });
    expect(await readdir(tmpdir())).not.toContain('breakwater-git-999999999-abcdef');
  });
});
