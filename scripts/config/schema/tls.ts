import { z } from 'zod';
import { atMostOne, atMostOneInJsonSchema, duration, durationSeconds, email, label } from './common.ts';
import { reads, readsAsWritten } from './reads.ts';

const kinds = ['privateCA', 'broughtCA', 'acme', 'existingIssuer'] as const;

/** The `tls` section: the source of the gateway's certificate. */
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
          .describe('Lifetime of the CA certificate. Its key never rotates, so clients that trust it keep working.'),
      })
      .optional()
      .describe(
        'A private CA created in the cluster: self-signed Issuer, CA Certificate, CA ClusterIssuer. The default.',
      ),
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
            "PEM file of the CA's private key, unencrypted, outside Git. The bootstrap stores it in a Secret in the cluster.",
          ),
      })
      .optional()
      .describe('Your own private CA, for example from openssl or cfssl.'),
    acme: z
      .strictObject({
        server: z
          .url({ protocol: /^https$/, error: 'must be an https:// URL' })
          .default('https://acme-v02.api.letsencrypt.org/directory')
          .describe("The ACME server's directory."),
        email: email.describe('E-mail address for notices from the ACME server.'),
        caBundle: z
          .base64()
          .optional()
          .describe(
            "Base64 of the PEM of the CA that signed the ACME server's own certificate, for an internal server.",
          ),
      })
      .optional()
      .describe(
        'Certificates from an ACME server, by HTTP-01 through the gateway. Needs a DNS name that resolves to the gateway.',
      ),
    existingIssuer: z
      .strictObject({
        name: label.describe('Name of the ClusterIssuer.'),
        trust: z
          .enum(['public', 'private'])
          .optional()
          .describe(
            'public: programs already trust its certificates (an ACME issuer). private: they need its CA, which can also sign cluster-internal names. Required with auth.issuer: gateway and with apps.argocd.',
          ),
      })
      .optional()
      .describe('An existing ClusterIssuer.'),
    duration: duration.default('2160h').describe("Lifetime of the gateway's certificate."),
    renewBefore: duration.default('360h').describe('How long before expiry the certificate is renewed.'),
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
        message: "must be at least 1h, cert-manager's minimum",
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
    "Source of the gateway's certificate. Set at most one of privateCA, broughtCA, acme, existingIssuer. Default: privateCA.",
  );
