#!/usr/bin/env node
// Starts the program. Node 20 can't run TypeScript, and a loader that transpiles some 200 files costs more at each start
// than most commands take: so the first start bundles scripts/ into node_modules/.cache, and later ones load that bundle.
// Nothing else differs from `node --import tsx scripts/breakwater.ts`, which is also the fallback where the cache can't be written.
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { setFlagsFromString } from 'node:v8';

// Most runs are over before V8's optimizing compiler has paid off. Node 20 starts it later; 22 and 24 do without it, which is faster
// there for 200 clusters, too (docs/evidence/house.md). Node 24 keeps Maglev, its cheaper one.
setFlagsFromString(process.versions.node.startsWith('20.') ? '--interrupt-budget=4000000' : '--no-opt');

const scripts = import.meta.dirname;
/** What those who work on the program use; no command loads it. */
const rig = join(scripts, 'dev');
const cache = join(scripts, '..', 'node_modules', '.cache', 'breakwater');
/** Packages of many files that nearly every command loads; the others are loaded from node_modules when they are needed. */
const loadedByMost = ['commander', 'semver', 'simple-git', 'yaml', 'zod'];
const dayMilliseconds = 86_400_000;

/** @returns a name for the sources and installed packages as they are on disk: their paths, sizes and times */
function fingerprint() {
  const hash = createHash('sha256').update(scripts);
  const add = (file) => {
    const stat = statSync(file, { throwIfNoEntry: false });
    hash.update(`${file}\0${stat?.size}\0${stat?.mtimeMs}\n`);
  };
  add(import.meta.filename);
  add(join(scripts, '..', 'node_modules', '.package-lock.json'));
  addSources(scripts, add);
  return hash.digest('hex').slice(0, 16);
}

/** Hands on each source file of the product below a folder. */
function addSources(folder, add) {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isFile() && /(?<!\.test)\.ts$/.test(path)) add(path);
    if (entry.isDirectory() && path !== rig) addSources(path, add);
  }
}

/** Bundles the program into a folder, as a whole or not at all: several starts may do so at once. */
async function bundle(folder) {
  const { build } = await import('esbuild');
  const { dependencies } = JSON.parse(readFileSync(join(scripts, '..', 'package.json'), 'utf8'));
  mkdirSync(cache, { recursive: true });
  for (const name of readdirSync(cache)) {
    if (isStale(join(cache, name))) rmSync(join(cache, name), { recursive: true, force: true });
  }
  const part = `${folder}.${process.pid}`;
  const { env } = process;
  // The bundler is a program of its own, which needs none of the user's secrets.
  process.env = {};
  await build({
    entryPoints: [join(scripts, 'breakwater.ts')],
    outdir: part,
    bundle: true,
    splitting: true,
    external: Object.keys(dependencies).filter((name) => !loadedByMost.includes(name)),
    // What a bundled CommonJS package requires of Node.
    banner: {
      js: "import { createRequire as requireFrom } from 'node:module'; const require = requireFrom(import.meta.url);",
    },
    format: 'esm',
    platform: 'node',
    target: 'node20',
    logLevel: 'silent',
    plugins: [{ name: 'import-meta', setup: keepPlaces }],
  }).finally(() => {
    process.env = env;
  });
  writeFileSync(join(part, 'source'), scripts);
  try {
    renameSync(part, folder);
  } catch (error) {
    rmSync(part, { recursive: true, force: true });
    if (!existsSync(folder)) throw error;
  }
}

/** @returns true for a bundle that no later start will ask for: its sources are gone, or it is older than a day */
function isStale(folder) {
  const source = join(folder, 'source');
  return (
    (existsSync(source) && !existsSync(readFileSync(source, 'utf8'))) ||
    Date.now() - statSync(folder).mtimeMs > dayMilliseconds
  );
}

/** What a source file says of its own place stays true in the bundle. */
function keepPlaces(build) {
  build.onLoad({ filter: /\.ts$/ }, ({ path }) => ({
    loader: 'ts',
    contents: readFileSync(path, 'utf8')
      .replaceAll('import.meta.dirname', JSON.stringify(dirname(path)))
      .replaceAll('import.meta.url', JSON.stringify(pathToFileURL(path).href)),
  }));
}

const folder = join(cache, fingerprint());
let entry = join(folder, 'breakwater.js');
if (!existsSync(entry)) {
  try {
    await bundle(folder);
  } catch {
    const { register } = await import('tsx/esm/api');
    register();
    entry = join(scripts, 'breakwater.ts');
  }
}
await import(pathToFileURL(entry).href);
