import { execFile } from 'node:child_process';
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** A folder with repositories for one test, isolated from the developer's git settings. */
export interface Sandbox {
  folder: string;
  /** Environment of everything in the test. */
  environment: NodeJS.ProcessEnv;
  /** Runs the real git; trimmed stdout. */
  git(folder: string, ...args: string[]): Promise<string>;
  /** Creates a bare repository. */
  bare(name: string, branch?: string): Promise<string>;
  /** Creates a clone or, without `from`, a new repository with one commit. */
  clone(name: string, from?: string): Promise<string>;
  write(folder: string, file: string, text: string): Promise<void>;
  hook(repository: string, name: string, script: string): Promise<void>;
  /** Signs the user's commits, with a fake ssh-keygen. */
  signCommits(repository: string): Promise<void>;
  /** The visible state of a repository's index and work tree. */
  snapshot(repository: string): Promise<string>;
  /** Subjects of a branch, newest first. */
  subjects(folder: string, ref?: string): Promise<string[]>;
  remove(): Promise<void>;
}

/** Creates a sandbox whose path has spaces and quotes, and points git at it through the process's environment. */
export async function makeSandbox(): Promise<Sandbox> {
  const folder = await mkdtemp(path.join(tmpdir(), `breakwater it's "quoted" `));
  const config = path.join(folder, 'gitconfig');
  await writeFile(config, '[user]\n\tname = Test Person\n\temail = test@example.com\n[init]\n\tdefaultBranch = main\n');
  const before = { ...process.env };
  for (const name of Object.keys(process.env)) if (name.startsWith('GIT_')) delete process.env[name];
  Object.assign(process.env, { GIT_CONFIG_GLOBAL: config, GIT_CONFIG_NOSYSTEM: '1', HOME: folder });
  const git = async (where: string, ...args: string[]) => (await run('git', args, { cwd: where })).stdout.trim();
  const write = async (where: string, file: string, text: string) => {
    await mkdir(path.dirname(path.join(where, file)), { recursive: true });
    await writeFile(path.join(where, file), text);
  };
  return {
    folder,
    environment: process.env,
    git,
    write,
    bare: async (name, branch = 'main') => {
      await git(folder, 'init', '--quiet', '--bare', `--initial-branch=${branch}`, name);
      return path.join(folder, name);
    },
    clone: async (name, from) => {
      const place = path.join(folder, name);
      if (from !== undefined) {
        await git(folder, 'clone', '--quiet', from, name);
        return place;
      }
      await git(folder, 'init', '--quiet', name);
      await write(place, 'README.md', 'Hello\n');
      await git(place, 'add', '-A');
      await git(place, 'commit', '--quiet', '-m', 'Start');
      return place;
    },
    hook: async (repository, name, script) => {
      const hooks = path.resolve(repository, await git(repository, 'rev-parse', '--git-path', 'hooks'));
      await mkdir(hooks, { recursive: true });
      await writeFile(path.join(hooks, name), `#!/bin/sh\n${script}\n`);
      await chmod(path.join(hooks, name), 0o755);
    },
    signCommits: async (repository) => {
      const program = path.join(folder, 'sign');
      const signature = '-----BEGIN SSH SIGNATURE-----\\nU1NIU0lH\\n-----END SSH SIGNATURE-----\\n';
      await writeFile(program, `#!/bin/sh\nfor file; do :; done\nprintf '%b' '${signature}' >"$file.sig"\n`);
      await chmod(program, 0o755);
      await git(repository, 'config', 'commit.gpgSign', 'true');
      await git(repository, 'config', 'gpg.format', 'ssh');
      await git(repository, 'config', 'gpg.ssh.program', program);
      await git(repository, 'config', 'user.signingKey', '/a/key');
    },
    snapshot: async (repository) => {
      const shown = [
        ['status', '--porcelain', '--untracked-files=all'],
        ['ls-files', '--stage'],
        ['rev-parse', 'HEAD'],
      ];
      const parts: string[] = [];
      for (const args of shown) parts.push(await git(repository, ...args));
      return parts.join('\n--\n');
    },
    subjects: async (where, ref = 'HEAD') => (await git(where, 'log', '--format=%s', ref)).split('\n'),
    remove: async () => {
      for (const name of Object.keys(process.env)) if (!(name in before)) delete process.env[name];
      Object.assign(process.env, before);
      await rm(folder, { recursive: true, force: true });
    },
  };
}
