import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { parse, stringify } from 'yaml';
import { userKey } from '../../../components/users.ts';
import { buildPrograms } from '../../sandbox/build.ts';
import { bootstrap, clusterName, openSite, type TestSite, users } from './site.ts';
import { secretOf, snapshot, written } from './snapshot.ts';

// The real sops and age: the bootstrap writes what a file in Git holds, and a lost cluster gets the same values.

let folder: string;
let site: TestSite;
let path: string | undefined;
const file = `clusters/${clusterName}/secrets/sops.yaml`;
const hash = '$2b$10$CwTycUXWue0Thq9StjUM0uJ8Z9Y1rYwq7Q9d1qM0mW5uK8n6bK1Uu';
const values = {
  'auth/oauth2-proxy': {
    'client-secret': 'client-secret-of-git',
    'cookie-secret': 'abcdefghijklmnopqrstuvwxyz012345abcdefghijk=',
  },
  'auth/dex-users': Object.fromEntries(users.map((user) => [userKey(user), hash])),
};

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'breakwater-sops-'));
  const bin = join(folder, 'bin');
  mkdirSync(bin);
  const programs = await buildPrograms(['sops', 'age-keygen'], { report: (line) => console.log(line) });
  symlinkSync(programs.sops, join(bin, 'sops'));
  path = process.env.PATH;
  process.env.PATH = `${bin}:${path}`;
  process.env.SOPS_AGE_KEY_FILE = join(folder, 'keys.txt');
  execFileSync(programs['age-keygen'], ['-o', join(folder, 'keys.txt')], { stdio: 'ignore' });
  site = await openSite();
  const settings = `clusters/${clusterName}/cluster.yaml`;
  const text = readFileSync(join(site.checkout.root, settings), 'utf8');
  site.checkout.write(settings, `${text}secrets: {sops: {}}\n`);
  encrypt(values);
});
afterAll(async () => {
  await site?.stop();
  if (path !== undefined) process.env.PATH = path;
  delete process.env.SOPS_AGE_KEY_FILE;
  if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
});

/** Writes the file as the documentation says, and commits it. */
function encrypt(content: object): void {
  const recipient = /public key: (\S+)/.exec(readFileSync(join(folder, 'keys.txt'), 'utf8'))?.[1] ?? '';
  site.checkout.write(file, stringify(content));
  execFileSync(join(folder, 'bin', 'sops'), ['encrypt', '--in-place', '--age', recipient, file], {
    cwd: site.checkout.root,
  });
  site.checkout.git('add', '.');
  site.checkout.git('commit', '--quiet', '--message', 'Encrypt Secrets');
}

const api = () => site.cluster.connection.api;

it('without the key nothing is written, in the cluster or in Git', async () => {
  const before = await snapshot(api());
  const key = process.env.SOPS_AGE_KEY_FILE;
  process.env.SOPS_AGE_KEY_FILE = join(folder, 'none');
  const { code, stderr } = await site.run(...bootstrap(site));
  process.env.SOPS_AGE_KEY_FILE = key;
  expect(code, stderr).toBe(1);
  expect(stderr).toContain(`sops cannot decrypt ${file}`);
  expect(written(before, await snapshot(api()))).toEqual([]);
});

it('the Secrets have the values of the file, and no output and no file shows one', async () => {
  const { code, stdout, stderr } = await site.run(...bootstrap(site));
  expect(code, stderr).toBe(0);
  const found = await snapshot(api());
  expect(secretOf(found, 'auth/oauth2-proxy')).toEqual({ 'client-id': 'oauth2-proxy', ...values['auth/oauth2-proxy'] });
  expect(secretOf(found, 'auth/dex-users')).toEqual(values['auth/dex-users']);
  expect(stdout + stderr).not.toContain('client-secret-of-git');
  expect(site.remote.git('show', `main:${file}`)).not.toContain('client-secret-of-git');
});

it('a lost Secret comes back the same, and a new value by --rotate', async () => {
  await api().request({ method: 'DELETE', path: '/api/v1/namespaces/auth/secrets/oauth2-proxy' });
  expect((await site.run(...bootstrap(site))).code).toBe(0);
  expect(secretOf(await snapshot(api()), 'auth/oauth2-proxy')).toMatchObject(values['auth/oauth2-proxy']);
  encrypt({ ...values, 'auth/oauth2-proxy': { ...values['auth/oauth2-proxy'], 'client-secret': 'another-of-git' } });
  const kept = await site.run(...bootstrap(site));
  expect(kept.stderr).toContain('--rotate oauth2-proxy/client-secret');
  expect((await site.run(...bootstrap(site, '--rotate', 'oauth2-proxy/client-secret'))).code).toBe(0);
  expect(secretOf(await snapshot(api()), 'auth/oauth2-proxy')['client-secret']).toBe('another-of-git');
});

it('a key that no one made stops the run before it writes, and sops adds it as the message says', async () => {
  const { 'auth/dex-users': _gone, ...rest } = values;
  encrypt(rest);
  const refused = await site.run(...bootstrap(site));
  expect(refused.code).toBe(1);
  const commands = [...refused.stderr.matchAll(/sops set \S+ '(\[.*?\])' '"VALUE"'/g)].map((match) => match[1] ?? '');
  expect(commands).toHaveLength(users.length);
  for (const key of commands)
    execFileSync(join(folder, 'bin', 'sops'), ['set', file, key, JSON.stringify(hash)], { cwd: site.checkout.root });
  expect(Object.keys(parse(readFileSync(join(site.checkout.root, file), 'utf8'))['auth/dex-users'])).toHaveLength(2);
  site.checkout.git('commit', '--quiet', '--all', '--message', 'Add users');
  expect((await site.run(...bootstrap(site))).code).toBe(0);
});
