import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { parse, stringify } from 'yaml';
import { type TestRepository, testRepository } from './repository.ts';

const cluster = (name: string, secrets: string) =>
  `name: ${name}\nhost: ${name}.example.com\nauth: {users: [{email: ann@example.com}]}\nkubeflow: {components: []}\nsecrets: ${secrets}\n`;

let repository: TestRepository;

beforeAll(() => {
  repository = testRepository({
    stored: cluster('stored', '{externalSecrets: {store: {name: vault}}}'),
    sealed: cluster('sealed', '{sealedSecrets: {}}'),
  });
  const { code, stderr } = repository.breakwater('render', '--all');
  expect(code, stderr).toBe(0);
});
afterAll(() => repository.remove());

it('external-secrets: an object for each Secret in the tree, which is valid; the bootstrap writes none', () => {
  const { code, stdout, stderr } = repository.breakwater('validate', '--cluster', 'stored');
  expect(code, stdout + stderr).toBe(0);
  const path = join(repository.root, 'clusters/stored/manifests/dex/externalsecret-dex-users.yaml');
  expect(parse(readFileSync(path, 'utf8'))).toMatchObject({
    kind: 'ExternalSecret',
    metadata: { namespace: 'auth' },
    spec: { data: [{ remoteRef: { key: 'stored/auth/dex-users' } }] },
  });
});

it('Sealed Secrets: each that is missing is found with its command, and all of them make the tree valid', () => {
  const missing = repository.breakwater('validate', '--cluster', 'sealed');
  expect(missing.code).toBe(1);
  const commands = [
    ...missing.stdout.matchAll(/kubectl -n (\S+) create secret generic (\S+) (.*?) --dry-run.* > (\S+\.yaml)/g),
  ];
  expect(commands.map((match) => match[2])).toEqual(expect.arrayContaining(['dex-users', 'oauth2-proxy']));
  for (const [, namespace, name, keys = '', file = ''] of commands) {
    const names = [...keys.matchAll(/--from-file=(\S+)=FILE/g)].map((match) => match[1] ?? '');
    repository.write(
      file,
      stringify({
        apiVersion: 'bitnami.com/v1alpha1',
        kind: 'SealedSecret',
        metadata: { name, namespace },
        spec: { encryptedData: Object.fromEntries(names.map((key) => [key, 'AgB='])) },
      }),
    );
  }
  expect(repository.breakwater('render', '--cluster', 'sealed').code).toBe(0);
  const { code, stdout, stderr } = repository.breakwater('validate', '--cluster', 'sealed');
  expect(code, stdout + stderr).toBe(0);
});
