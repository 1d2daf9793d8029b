import { expect, it } from 'vitest';
import { testRepository } from '../dev/test/repository.ts';
import { type Problem, UsageError } from '../report/errors.ts';
import { loadCluster } from './load.ts';

const file = 'clusters/one/secrets/sops.yaml';
const sealed = 'clusters/one/secrets/auth.oauth2-proxy.yaml';

/** What the program says about a cluster with these files. */
function problemsOf(secrets: string, files: Readonly<Record<string, string>>): readonly Problem[] {
  const repository = testRepository({
    one: `name: one\nhost: one.example.com\nauth: {users: [{email: ann@example.com}]}\nsecrets: ${secrets}\n`,
  });
  try {
    for (const [path, text] of Object.entries(files)) repository.write(path, text);
    loadCluster(repository.root, 'one');
    return [];
  } catch (error) {
    if (error instanceof UsageError) return error.problems;
    throw error;
  } finally {
    repository.remove();
  }
}

it('a file of the source that cluster.yaml does not name is a mistake', () => {
  expect(problemsOf('{}', { [file]: 'sops: {}\n' })).toMatchObject([{ file, message: 'is not read' }]);
  expect(problemsOf('{sops: {}}', { [sealed]: 'kind: SealedSecret\n' })).toMatchObject([
    { file: sealed, message: 'is not read' },
  ]);
});

it('a value in plain text is found by its key, and not shown', () => {
  const text = 'auth/oauth2-proxy:\n  client-secret: hidden\n  cookie-secret: ENC[AES256_GCM,data:x]\nsops: {mac: x}\n';
  const found = problemsOf('{sops: {}}', { [file]: text });
  expect(found).toMatchObject([{ file, line: 2, message: 'is not encrypted' }]);
  expect(JSON.stringify(found)).not.toContain('hidden');
  expect(problemsOf('{sops: {}}', { [file]: 'auth/oauth2-proxy: {client-secret: hidden}\n' })).toMatchObject([
    { file, message: 'is not encrypted' },
  ]);
  expect(problemsOf('{sops: {}}', { [file]: text.replace('hidden', 'ENC[AES256_GCM,data:y]') })).toEqual([]);
});

it('a Secret in place of a SealedSecret is refused', () => {
  const secret =
    'apiVersion: v1\nkind: Secret\nmetadata: {name: oauth2-proxy, namespace: auth}\ndata: {client-secret: aGlkZGVu}\n';
  const found = problemsOf('{sealedSecrets: {}}', { [sealed]: secret });
  expect(found.map(({ path }) => path)).toEqual(expect.arrayContaining(['kind']));
  expect(JSON.stringify(found)).not.toContain('aGlkZGVu');
  const good =
    'apiVersion: bitnami.com/v1alpha1\nkind: SealedSecret\nmetadata: {name: oauth2-proxy, namespace: auth}\nspec: {encryptedData: {client-secret: AgB=}}\n';
  expect(problemsOf('{sealedSecrets: {}}', { [sealed]: good })).toEqual([]);
});
