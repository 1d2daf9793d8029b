import { join } from 'node:path';
import type { SecretReference } from '../config/schema/common.ts';
import { sopsPath } from '../config/secret-files.ts';
import { onPath, runProcess } from '../processes/run.ts';
import { RunError, UsageError } from '../report/errors.ts';
import { resolveReference } from './secret-reference.ts';

/** Reads a secret's value: an environment variable, a file, or a value of the cluster's secrets/sops.yaml. */
export type Resolver = (reference: SecretReference | { sops: string; key: string }) => Promise<string>;

/**
 * @param root the repository's folder
 * @param folder the cluster's folder, as `clusters/prod`
 * @param hide gets all decrypted values, so that no output shows them
 * @returns a resolver that decrypts the file once, when a value of it is needed
 */
export function secretResolver(root: string, folder: string, hide: (values: readonly string[]) => void): Resolver {
  let decrypted: Promise<Decrypted> | undefined;
  return async (reference) => {
    if (!('sops' in reference)) return resolveReference(root, reference);
    decrypted ??= decrypt(root, `${folder}/${sopsPath}`).then((values) => {
      hide(Object.values(values).flatMap((keys) => Object.values(keys)));
      return values;
    });
    const value = (await decrypted)[reference.sops]?.[reference.key];
    if (value !== undefined) return value;
    throw new UsageError(`${folder}/${sopsPath} has no ${reference.key} of ${reference.sops}`, {
      hint: `Add it: sops set ${folder}/${sopsPath} '["${reference.sops}"]["${reference.key}"]' '"VALUE"'`,
    });
  };
}

type Decrypted = Readonly<Record<string, Readonly<Record<string, string>>>>;

/** @throws UsageError without sops; RunError with its message when it cannot decrypt */
async function decrypt(root: string, file: string): Promise<Decrypted> {
  const program = onPath('sops');
  if (program === undefined)
    throw new UsageError(`cannot decrypt ${file}: sops is not on the PATH`, {
      hint: 'Install sops (https://getsops.io), or run the bootstrap where it is.',
    });
  const args = ['--decrypt', '--output-type', 'json', join(root, file)];
  const { exitCode, stdout, stderr } = await runProcess(program, args, { cwd: root, seconds: 60 });
  if (exitCode !== 0)
    throw new RunError(`sops cannot decrypt ${file}`, {
      details: stderr.trim().split('\n'),
      hint: 'Give it one of the keys that the file is encrypted for: SOPS_AGE_KEY_FILE for age.',
    });
  return JSON.parse(stdout);
}
