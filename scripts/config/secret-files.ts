import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod';
import type { Problem } from '../report/errors.ts';
import type { SecretFiles } from './cluster.ts';
import { type Parsed, parseInput } from './parse.ts';
import { readInput } from './read-input.ts';
import type { ClusterFile } from './schema/cluster.ts';
import { isRecord } from './schema/reads.ts';

/** A SealedSecret, as kubeseal writes it: https://github.com/bitnami-labs/sealed-secrets */
const sealedSecret = z.looseObject({
  apiVersion: z.literal('bitnami.com/v1alpha1'),
  kind: z.literal('SealedSecret'),
  metadata: z.looseObject({
    name: z.string(),
    namespace: z.string(),
    annotations: z.record(z.string(), z.string()).optional(),
  }),
  spec: z.looseObject({ encryptedData: z.record(z.string(), z.base64('must be as kubeseal writes it: base64')) }),
});

/** SOPS encrypts values and leaves keys: `namespace/name`, and below it the Secret's keys. */
const sopsFile = z.record(z.string(), z.unknown());

/** Path of the SOPS file in a cluster's folder. */
export const sopsPath = 'secrets/sops.yaml';

/**
 * Reads the encrypted Secrets of a cluster, without decrypting them.
 *
 * @param folder as `clusters/prod`
 * @returns them, or every problem: also a value that is not encrypted, which is not shown
 */
export function readSecretFiles(
  root: string,
  folder: string,
  { secrets }: Pick<ClusterFile, 'secrets'>,
): Parsed<SecretFiles> {
  const sealed = new Map<string, SecretFiles['sealed'] extends ReadonlyMap<string, infer T> ? T : never>();
  const sops = new Map<string, readonly string[]>();
  const problems: Problem[] = [];
  const place = `${folder}/secrets`;
  const names = existsSync(join(root, place))
    ? readdirSync(join(root, place))
        .filter((name) => !name.startsWith('.'))
        .sort()
    : [];
  for (const name of names) {
    const file = `${place}/${name}`;
    const isSops = file === `${folder}/${sopsPath}`;
    if (!(isSops ? secrets.sops : secrets.sealedSecrets)) {
      const key = isSops ? 'sops' : 'sealedSecrets';
      problems.push({
        file,
        path: '',
        message: 'is not read',
        hint: `Set secrets.${key}: {} in cluster.yaml, or remove the file.`,
      });
      continue;
    }
    const read = readInput(root, file);
    if ('problems' in read) problems.push(...read.problems);
    else if (isSops) {
      const parsed = parseInput(sopsFile, read.text, file, { whole: plainValues });
      if ('problems' in parsed) problems.push(...parsed.problems);
      else
        for (const [secret, keys] of Object.entries(parsed.value))
          if (secret !== 'sops') sops.set(secret, isRecord(keys) ? Object.keys(keys) : []);
    } else {
      const parsed = parseInput(sealedSecret, read.text, file);
      if ('problems' in parsed) problems.push(...parsed.problems);
      else {
        const { metadata, spec } = parsed.value;
        const { annotations = {} } = metadata;
        sealed.set(`${metadata.namespace}/${metadata.name}`, { file, annotations, data: spec.encryptedData });
      }
    }
  }
  return problems.length > 0 ? { problems } : { value: { sealed, sops } };
}

/** A value in plain text is a secret in Git; its message names the key only. */
function plainValues(value: Record<string, unknown>) {
  const hint =
    'Encrypt it: sops encrypt --in-place, with the recipients of your .sops.yaml. Replace values that were committed in plain text.';
  if (!isRecord(value.sops)) return [{ path: [], at: 'value' as const, message: 'is not encrypted', hint }];
  return Object.entries(value).flatMap(([secret, keys]) =>
    secret === 'sops'
      ? []
      : Object.entries(isRecord(keys) ? keys : { '': keys }).flatMap(([key, text]) =>
          typeof text === 'string' && text.startsWith('ENC[')
            ? []
            : [{ path: key === '' ? [secret] : [secret, key], at: 'key' as const, message: 'is not encrypted', hint }],
        ),
  );
}
