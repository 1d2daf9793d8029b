import { z } from 'zod';
import { atMostOne, atMostOneInJsonSchema, duration, durationSeconds, email, label } from './common.ts';
import { reads, readsAsWritten } from './reads.ts';

const kinds = ['privateCA', 'broughtCA', 'acme', 'existingIssuer'] as const;

/** The `tls` section: where the gateway's certificate comes from. */
export const tls = z
  .strictObject({
    privateCA: z
      .strictObject({
        commonName: z
          .string()
          .min(1, 'must not be empty')
          .max(64, 'at most 64 characters (a limit of X.509)')
          .default('Breakwater CA')
          .describe("The CA's common name."),
        duration: duration
          .default('87600h')
          .describe("How long the CA certificate is valid. Its key never rotates, so that clients' trust stays good."),
      })
      .optional()
      .describe('A private CA made in the cluster: self-signed Issuer, CA Certificate, CA ClusterIssuer. The default.'),
    broughtCA: z
      .strictObject({
        certificateFile: z
          .string()
          .min(1, 'must not be empty')
          .describe('PEM file of the CA certificate (with its chain, if any), read when the bootstrap runs.'),
        keyFile: z
          .string()
          .min(1, 'must not be empty')
          .describe(
            "PEM file of the CA's private key, unencrypted, outside Git; it goes into a Secret in the cluster.",
          ),
      })
      .optional()
      .describe('A private CA that you bring, as openssl or cfssl make it.'),
    acme: z
      .strictObject({
        server: z
          .url({ protocol: /^https$/, error: 'must be an https:// URL' })
          .default('https://acme-v02.api.letsencrypt.org/directory')
          .describe("The ACME server's directory."),
        email: email.describe('Where the ACME server sends notices.'),
        caBundle: z
          .base64()
          .optional()
          .describe(
            "Base64 of the PEM of the CA that signed the ACME server's own certificate, for a server inside the company.",
          ),
      })
      .optional()
      .describe(
        'Certificates from an ACME server, proven by HTTP-01 through the gateway. Needs a DNS name that leads to the gateway.',
      ),
    existingIssuer: z
      .strictObject({
        name: label.describe('Name of the ClusterIssuer.'),
        trust: z
          .enum(['public', 'private'])
          .optional()
          .describe(
            'Whether programs trust its certificates already (public: an ACME issuer), or need its CA (private: it signs names inside the cluster, too). Needed with auth.issuer: gateway and with apps.argocd.',
          ),
      })
      .optional()
      .describe('A ClusterIssuer that exists already.'),
    duration: duration.default('2160h').describe("How long the gateway's certificate is valid."),
    renewBefore: duration.default('360h').describe('How long before its end the certificate is renewed.'),
  })
  .superRefine(atMostOne(kinds, 'tls'), readsAsWritten)
  .superRefine(
    (value, context) => {
      if (durationSeconds(value.renewBefore) >= durationSeconds(value.duration)) {
        context.addIssue({
          code: 'custom',
          path: ['renewBefore'],
          message: `must be shorter than duration (${value.duration}), is ${value.renewBefore}`,
        });
      }
    },
    reads('renewBefore', 'duration'),
  )
  .superRefine((value, context) => {
    if (durationSeconds(value.duration) < 3600) {
      context.addIssue({
        code: 'custom',
        path: ['duration'],
        message: 'must be at least 1h (cert-manager refuses less)',
      });
    }
  }, reads('duration'))
  .superRefine(
    (value, context) => {
      if (
        value.privateCA !== undefined &&
        durationSeconds(value.privateCA.duration) <= durationSeconds(value.duration)
      ) {
        context.addIssue({
          code: 'custom',
          path: ['privateCA', 'duration'],
          message: `must be longer than the certificate's duration (${value.duration})`,
        });
      }
    },
    reads('privateCA', 'duration'),
  )
  .meta(atMostOneInJsonSchema(kinds))
  .describe(
    'Where the certificate comes from: at most one of privateCA, broughtCA, acme, existingIssuer; a private CA made in the cluster when none is named.',
  );
