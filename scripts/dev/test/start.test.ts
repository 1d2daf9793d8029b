import { execFileSync, spawn } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { gitIn } from '../testing/git-in.ts';
import { checkout } from './repository.ts';

let root: string;
const cache = () => join(root, 'node_modules', '.cache', 'breakwater');

/** A copy of the program with packages of its own, so that its cache is its own, too. */
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'breakwater start '));
  cpSync(join(checkout, 'scripts'), join(root, 'scripts'), {
    recursive: true,
    filter: (source) => source !== join(checkout, 'scripts', 'dev'),
  });
  cpSync(join(checkout, 'package.json'), join(root, 'package.json'));
  mkdirSync(join(root, 'node_modules'));
  for (const name of readdirSync(join(checkout, 'node_modules'))) {
    if (!name.startsWith('.')) symlinkSync(join(checkout, 'node_modules', name), join(root, 'node_modules', name));
  }
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

function start(...words: string[]): Promise<{ code: number | null; said: string }> {
  const parameters = words.length === 0 ? ['--help'] : words;
  const child = spawn(process.execPath, [join(root, 'scripts', 'start.mjs'), ...parameters], { cwd: root });
  let said = '';
  child.stdout.setEncoding('utf8').on('data', (text) => (said += text));
  child.stderr.setEncoding('utf8').on('data', (text) => (said += text));
  return new Promise((resolve) => child.once('close', (code) => resolve({ code, said })));
}

const bundles = () => readdirSync(cache()).filter((name) => existsSync(join(cache(), name, 'breakwater.js')));

test('bundles once, and again when a source has changed', async () => {
  expect(await start()).toMatchObject({ code: 0 });
  expect(await start()).toMatchObject({ code: 0 });
  expect(bundles()).toHaveLength(1);
  const entry = join(root, 'scripts', 'breakwater.ts');
  writeFileSync(entry, readFileSync(entry, 'utf8').replace('Turns clusters/', 'Changes clusters/'));
  expect((await start()).said).toContain('Changes clusters/');
  expect(bundles()).toHaveLength(2);
});

test('bundles no language of zod: a single `import { z }` would bring them all', async () => {
  await start();
  const [bundle = ''] = bundles();
  const texts = readdirSync(join(cache(), bundle)).map((name) => readFileSync(join(cache(), bundle, name), 'utf8'));
  expect(texts.filter((text) => text.includes('Input non valido'))).toEqual([]);
});

test('several first starts at once share one bundle', async () => {
  const outcomes = await Promise.all([start(), start(), start()]);
  expect(outcomes.map(({ code }) => code)).toEqual([0, 0, 0]);
  expect(readdirSync(cache())).toEqual(bundles());
  expect(bundles()).toHaveLength(1);
});

test('runs from source where the cache cannot be written', async () => {
  mkdirSync(join(root, 'node_modules', '.cache'));
  writeFileSync(cache(), 'a file where the folder would be\n');
  const { code, said } = await start();
  expect(said).toContain('Usage: breakwater');
  expect(code).toBe(0);
});

test('hands everything after rehearse to the rig, and says how to restore a rig that was removed', async () => {
  const git = gitIn(root);
  const rig = join(root, 'scripts', 'dev', 'rehearsal', 'main.ts');
  mkdirSync(dirname(rig), { recursive: true });
  mkdirSync(join(root, 'clusters'));
  writeFileSync(rig, 'console.log(JSON.stringify(process.argv.slice(2))); process.exitCode = 3;\n');
  git('init', '--quiet');
  git('-c', 'user.name=T', '-c', 'user.email=t@example.com', 'add', 'scripts');
  git('-c', 'user.name=T', '-c', 'user.email=t@example.com', 'commit', '--quiet', '-m', 'Start');
  git('rm', '-r', '--quiet', 'scripts/dev');
  git('-c', 'user.name=T', '-c', 'user.email=t@example.com', 'commit', '--quiet', '-m', 'Remove the rig');
  const { code, said } = await start('rehearse', '--quick');
  expect(code).toBe(1);
  const [, hint = ''] = /Restore it: (git .*); or upgrade with --with-dev\./.exec(said) ?? [];
  execFileSync('bash', ['-c', hint], { cwd: root });
  const words = ['up', '--folder', '/a b', '--json', '--help', '--no-such'];
  expect(await start('rehearse', ...words)).toEqual({ code: 3, said: `${JSON.stringify(words)}\n` });
});

test('removes bundles of sources that are gone', async () => {
  await start();
  mkdirSync(join(cache(), 'gone'));
  writeFileSync(join(cache(), 'gone', 'source'), join(root, 'elsewhere'));
  writeFileSync(join(root, 'scripts', 'report', 'added.ts'), 'export {};\n');
  await start();
  expect(existsSync(join(cache(), 'gone'))).toBe(false);
});
