/**
 * Builds the site into dist/: the work tree as version "main", or, with --releases, main and the newest patch of the last five minor
 * releases, each at /<version>/. The root leads to the newest release. SITE is the address, as https://acme.github.io/breakwater/.
 */
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { deadLinks, pageOf, pageText } from './pages.mjs';

const site = import.meta.dirname;
const root = join(site, '..', '..');
const address = new URL(process.env.SITE ?? 'http://localhost:4173/');
const base = address.pathname.replace(/\/?$/, '/');
const { GITHUB_SERVER_URL: server = 'https://github.com', GITHUB_REPOSITORY: repository = 'acme/breakwater' } =
  process.env;
const vitepress = join(site, 'node_modules', 'vitepress', 'bin', 'vitepress.js');
const git = (...args) => execFileSync('git', args, { cwd: root, maxBuffer: 2 ** 28 });

/** @returns the newest patch of each of the last five minor releases, newest first */
function releases() {
  const tags = String(git('tag', '--list', 'v*', '--sort=-version:refname')).split('\n');
  const minors = new Map();
  for (const tag of tags) {
    const minor = /^v\d+\.\d+(?=\.\d+$)/.exec(tag)?.[0];
    if (minor !== undefined && !minors.has(minor)) minors.set(minor, tag);
  }
  return [...minors].slice(0, 5).map(([name, ref]) => ({ name, ref }));
}

/** Files of a version, and how to read one: from the work tree, or from a tag. */
function filesOf(ref) {
  const listed = ref === undefined ? ['ls-files', '-z'] : ['ls-tree', '-r', '-z', '--name-only', ref];
  const read = (file) => (ref === undefined ? readFileSync(join(root, file)) : git('show', `${ref}:${file}`));
  return { files: String(git(...listed)).split('\0'), read };
}

/** Writes the pages of a version into .pages/. */
function collect(ref) {
  const { files, read } = filesOf(ref);
  rmSync(join(site, '.pages'), { recursive: true, force: true });
  for (const file of files) {
    const page = pageOf(file);
    if (page === undefined) continue;
    const browse = `${server}/${repository}/blob/${ref ?? 'main'}`;
    const to = join(site, '.pages', page);
    mkdirSync(dirname(to), { recursive: true });
    writeFileSync(to, file.endsWith('.md') ? pageText(file, String(read(file)), browse) : read(file));
  }
  mkdirSync(join(site, '.pages', 'public'), { recursive: true });
  cpSync(join(site, 'node_modules', 'mermaid', 'dist', 'mermaid.min.js'), join(site, '.pages/public/mermaid.min.js'));
}

/** @throws Error that names each dead link */
function requireLinks(folder, path) {
  const pages = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.html'));
  const dead = deadLinks(new Map(pages.map((file) => [file, readFileSync(join(folder, file), 'utf8')])), path);
  if (dead.length > 0) throw new Error(`dead links:\n${[...new Set(dead)].join('\n')}`);
}

const all = process.argv.includes('--releases') ? releases() : [];
const versions = [...all, { name: 'main', ref: undefined }];
rmSync(join(site, 'dist'), { recursive: true, force: true });
for (const { name, ref } of versions) {
  collect(ref);
  const path = `${base}${name}/`;
  const links = versions.map((one) => ({ text: one.name, link: new URL(`${base}${one.name}/`, address).href }));
  const settings = JSON.stringify({ name, repository: `${server}/${repository}`, links });
  // A process each: VitePress keeps what it has read of a page.
  execFileSync(process.execPath, [vitepress, 'build', site, '--base', path, '--outDir', '.built'], {
    stdio: 'inherit',
    env: { ...process.env, BREAKWATER_DOCS: settings },
  });
  requireLinks(join(site, '.built'), path);
  cpSync(join(site, '.built'), join(site, 'dist', name), { recursive: true });
}
const first = `${base}${versions[0].name}/`;
const page = `<!doctype html><meta charset="utf-8"><title>Breakwater</title><meta http-equiv="refresh" content="0; url=${first}"><a href="${first}">Documentation</a>\n`;
writeFileSync(join(site, 'dist', 'index.html'), page);
