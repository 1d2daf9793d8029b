import * as z from 'zod';
import { atMostOne, atMostOneInJsonSchema, duration } from './common.ts';
import { readsAsWritten } from './reads.ts';

const sources = ['externalSecrets', 'sops', 'sealedSecrets'] as const;

/** The `secrets` section: where the platform's Secrets come from. */
export const secretSettings = z
  .strictObject({
    externalSecrets: z
      .strictObject({
        store: z
          .strictObject({
            name: z
              .string()
              .regex(/^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/, 'must be the name of an object')
              .describe('Its name.'),
            kind: z
              .enum(['ClusterSecretStore', 'SecretStore'])
              .default('ClusterSecretStore')
              .describe('SecretStore: one of that name in each namespace.'),
          })
          .describe('The store of the External Secrets Operator, which you create.'),
        entry: z
          .string()
          .regex(/^[^\s{}]*(\{(cluster|namespace|name)\}[^\s{}]*)+$/, {
            error: 'must be a path without blanks that contains {name}; {cluster} and {namespace} may be in it, too',
          })
          .refine((text) => text.includes('{name}'), 'must contain {name}, so that each Secret has an entry of its own')
          .default('{cluster}/{namespace}/{name}')
          .describe("Entry of the store for each Secret. Its properties are the Secret's keys."),
        refresh: duration.default('1h').describe('How often the operator reads the store.'),
      })
      .optional()
      .describe(
        'ExternalSecret objects, each in the wave of its component. The operator has to run before the platform.',
      ),
    sops: z
      .strictObject({})
      .optional()
      .describe(
        'secrets/sops.yaml beside cluster.yaml, encrypted with SOPS. The bootstrap decrypts it with your sops and keys.',
      ),
    sealedSecrets: z
      .strictObject({})
      .optional()
      .describe(
        'SealedSecret objects in secrets/ beside cluster.yaml, made by kubeseal. Each goes into the wave of its component.',
      ),
  })
  .superRefine(atMostOne(sources, 'secrets'), readsAsWritten)
  .meta(atMostOneInJsonSchema(sources))
  .prefault({})
  .describe(
    "Source of the platform's Secrets. Set at most one of externalSecrets, sops, sealedSecrets. Default: the bootstrap makes them, or reads them where a key says.",
  );
