import { spawnSync } from 'node:child_process';
import {
  appendFileSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { gitIn } from '../testing/git-in.ts';
import { checkout } from './repository.ts';

const parts = [
  ...['infrastructure', 'apps', 'clusters', 'docs', 'scripts', 'tenants', 'README.md', 'tsconfig.json'],
  ...['package.json', 'package-lock.json', '.gitignore', '.gitattributes', '.npmrc'],
];

/** The environment of a machine without a network. */
export const offline = {
  ...process.env,
  HTTPS_PROXY: 'http://127.0.0.1:9',
  npm_config_registry: 'http://127.0.0.1:9/',
};

/** What a program ended with. */
export interface Outcome {
  code: number | null;
  stdout: string;
  stderr: string;
}

/** A folder with a git repository, and what tests do in it. */
export interface Place {
  root: string;
  git(...args: string[]): string;
  read(path: string): string;
  write(path: string, text: string): void;
  append(path: string, text: string): void;
  /** Replaces the first occurrence. @throws Error when there is none */
  edit(path: string, from: string, to: string): void;
  commit(message: string): void;
}

/** @param root absolute path of a folder, which is made when absent */
export function place(root: string): Place {
  mkdirSync(root, { recursive: true });
  const git = gitIn(root);
  const read = (path: string) => readFileSync(join(root, path), 'utf8');
  const write = (path: string, text: string) => {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  };
  return {
    root,
    git,
    read,
    write,
    append: (path, text) => appendFileSync(join(root, path), text),
    edit: (path, from, to) => {
      const text = read(path);
      if (!text.includes(from)) throw new Error(`${path} has no ${from}`);
      write(path, text.replace(from, to));
    },
    commit: (message) => {
      git('add', '-A');
      git('commit', '--quiet', '-m', message);
    },
  };
}

/** @param at the repository to begin in the folder */
export function begin({ git }: Place): void {
  git('init', '--quiet', '--initial-branch=main');
  git('config', 'user.name', 'Test');
  git('config', 'user.email', 'test@example.com');
}

/** Writes the version into package.json and package-lock.json, commits, and makes an annotated tag. */
export function release({ read, write, commit, git }: Place, version: string): void {
  const manifest = JSON.parse(read('package.json'));
  write('package.json', `${JSON.stringify({ ...manifest, version }, null, 2)}\n`);
  const lock = JSON.parse(read('package-lock.json'));
  lock.version = version;
  lock.packages[''].version = version;
  write('package-lock.json', `${JSON.stringify(lock, null, 2)}\n`);
  commit(`Release ${version}`);
  git('tag', '--annotate', '-m', version, `v${version}`);
}

/**
 * Runs the command, without any way to the network. Its temporary folders are beside the place.
 *
 * @param program the program's path, absolute or in the place
 */
export function upgrade({ root }: Place, program: string, ...args: string[]): Outcome {
  const line = [program, 'upgrade', ...args];
  const env = { ...offline, TMPDIR: dirname(root) };
  const { status, stdout, stderr } = spawnSync(process.execPath, line, { cwd: root, encoding: 'utf8', env });
  return { code: status, stdout, stderr };
}

/** The real template with releases, and a way to make users' repositories of it. */
export interface Upstream {
  folder: string;
  upstream: Place;
  /** A repository made by "Use this template": no common history, and the branch's files, not a tag's. */
  made(name: string): Place;
  upgrade(user: Place, ...args: string[]): Outcome;
  remove(): void;
}

/** 0.1.0 is the checkout; 0.2.0 changes a bit of everything that a release can. */
export function realUpstream(): Upstream {
  const folder = mkdtempSync(join(tmpdir(), 'breakwater-upstream-'));
  const upstream = place(join(folder, 'up stream'));
  for (const part of parts) cpSync(join(checkout, part), join(upstream.root, part), { recursive: true });
  begin(upstream);
  release(upstream, '0.1.0');
  upstream.append('docs/waves.md', '\nBeyond the tag.\n');
  upstream.commit('Say more about waves');
  const template = upstream.git('rev-parse', 'HEAD');
  upstream.edit('docs/waves.md', 'Beyond the tag.', 'Beyond the tag, and changed again.');
  upstream.edit('scripts/tree/readme.ts', '\n# Cluster ', '\n# The cluster ');
  upstream.edit('docs/security.md', '# ', '# By the release: ');
  upstream.edit('README.md', 'License: ', 'The license: ');
  upstream.edit('docs/try.md', '## On a GitHub runner', '## On runners of GitHub');
  for (const path of [
    'infrastructure/istiod/values.yaml',
    'infrastructure/dex/values.yaml',
    'clusters/demo/cluster.yaml',
  ])
    upstream.append(path, '# of 0.2.0\n');
  upstream.write('docs/new.md', 'new\n');
  upstream.git('rm', '--quiet', 'docs/development.md');
  upstream.commit('Make waves clearer');
  release(upstream, '0.2.0');
  upstream.git('tag', 'v0.10.0-rc.1');
  upstream.git('tag', 'nightly');
  return {
    folder,
    upstream,
    made: (name) => {
      const user = place(join(folder, name));
      begin(user);
      user.git('fetch', '--quiet', '--no-tags', upstream.root, template);
      user.git('checkout', '--quiet', 'FETCH_HEAD', '--', '.');
      user.commit('Initial commit');
      symlinkSync(join(checkout, 'node_modules'), join(user.root, 'node_modules'));
      return user;
    },
    upgrade: (user, ...args) => upgrade(user, 'scripts/start.mjs', '--from', upstream.root, ...args),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}
