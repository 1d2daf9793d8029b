import * as z from 'zod';
import {
  atMostOne,
  atMostOneInJsonSchema,
  duration,
  durationSeconds,
  email,
  label,
  secretReference,
} from './common.ts';
import { reads, readsAsWritten } from './reads.ts';

/** Providers of cert-manager's DNS-01 solver: https://cert-manager.io/docs/configuration/acme/dns01/ */
const dnsProviders = [
  ...['acmeDNS', 'akamai', 'azureDNS', 'cloudDNS', 'cloudflare', 'digitalocean', 'rfc2136', 'route53', 'webhook'],
];
/** Secrets of the platform's issuer, in cert-manager's namespace. */
export const issuerSecrets = { ca: 'platform-ca', acmeAccount: 'platform-acme-account' } as const;
const takenSecrets: readonly string[] = [...Object.values(issuerSecrets), 'cert-manager-webhook-ca'];

/** @param user who refers to the Secrets, as its description says */
function referredSecrets(user: string) {
  return z
    .record(
      label.refine((name) => !takenSecrets.includes(name), 'is already the name of a platform Secret'),
      z.record(z.string().regex(/^[-._a-zA-Z0-9]+$/, 'must be the key of a Secret'), secretReference),
    )
    .default({})
    .describe(
      `Secrets that ${user} refers to: name, key, and where the bootstrap finds the value. Written to cert-manager's namespace.`,
    );
}

/** What `tls.issuer.spec` may be, with the section for what it may not. Kinds: https://cert-manager.io/docs/configuration/issuers/ */
const issuerKinds = ['vault', 'venafi', 'ca'];
const sectionOf: Readonly<Record<string, string>> = { acme: 'Use tls.acme.', selfSigned: 'Use tls.privateCA.' };

const issuer = z
  .strictObject({
    spec: z
      .record(z.string(), z.unknown())
      .superRefine((value, context) => {
        const [kind = '', ...more] = Object.keys(value);
        if (more.length === 0 && issuerKinds.includes(kind)) return;
        context.addIssue({
          code: 'custom',
          message: `must have one key, the kind of issuer: ${issuerKinds.join(', ')}`,
          params: { hint: sectionOf[kind] },
        });
      })
      .describe("The `spec` of cert-manager's ClusterIssuer: one kind with its settings."),
    trust: z
      .enum(['public', 'private'])
      .describe(
        'public: programs already trust its certificates. private: they need its CA, which must also sign cluster-internal names.',
      ),
    secrets: referredSecrets('the issuer'),
  })
  .optional()
  .describe('An issuer that Breakwater creates in its wave, after cert-manager: Vault or Venafi, for example.');

const dns01 = z
  .strictObject({
    solver: z
      .record(z.string(), z.unknown())
      .superRefine((value, context) => {
        const providers = Object.keys(value).filter((key) => key !== 'cnameStrategy');
        const [provider = ''] = providers;
        if (providers.length === 1 && dnsProviders.includes(provider)) return;
        context.addIssue({
          code: 'custom',
          message: providers.length === 1 ? `"${provider}" is not a provider` : 'must name one provider',
          params: { hint: `Providers of cert-manager: ${dnsProviders.join(', ')}.` },
        });
      })
      .describe('The solver, as under `dns01` of a cert-manager issuer: one provider with its settings.'),
    secrets: referredSecrets('the solver'),
  })
  .optional()
  .describe(
    'Validation by a DNS record instead of HTTP-01: the gateway need not be reachable from the internet, and port 80 serves no challenges.',
  );

const kinds = ['privateCA', 'broughtCA', 'certificate', 'acme', 'issuer', 'existingIssuer'] as const;

/** The `tls` section: the source of the gateway's certificate. */
export const tlsSettings = z
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
    certificate: z
      .strictObject({
        chain: secretReference.describe(
          "PEM of the certificate, then of the intermediate ones. It must cover the host, the hosts of apps and, with auth.userCodeHost, that of users' code: by name or by a wildcard.",
        ),
        key: secretReference.describe("PEM of the certificate's private key, unencrypted."),
        ca: secretReference
          .optional()
          .describe(
            'PEM of the CA that signed it, without its key. Leave it out for a certificate that browsers trust without it.',
          ),
      })
      .optional()
      .describe(
        'Your own certificate, read when the bootstrap runs and stored in Secrets in the cluster. Nothing renews it: replace it with `--rotate` before it expires. duration and renewBefore do not apply to it.',
      ),
    acme: z
      .strictObject({
        server: z
          .url({ protocol: /^https$/, error: 'must be an https:// URL' })
          .default('https://acme-v02.api.letsencrypt.org/directory')
          .describe("The ACME server's directory."),
        email: email.describe('E-mail address for notices from the ACME server.'),
        caBundle: z
          .base64('must be base64, in one line')
          .optional()
          .describe(
            "Base64-encoded PEM of the CA that signed the ACME server's own certificate, for an internal server.",
          ),
        dns01,
      })
      .optional()
      .describe(
        'Certificates from an ACME server, by HTTP-01 (the DNS name must resolve to the gateway, and port 80 must be reachable) or DNS-01.',
      ),
    issuer,
    existingIssuer: z
      .strictObject({
        name: label.describe('Name of the issuer.'),
        kind: z
          .string()
          .regex(/^[A-Z][A-Za-z0-9]*$/, 'must be a kind, such as ClusterIssuer')
          .default('ClusterIssuer')
          .describe('Its kind, which must be cluster-scoped: `AWSPCAClusterIssuer` for example.'),
        group: z
          .string()
          .regex(/^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/, 'must be an API group, such as cert-manager.io')
          .default('cert-manager.io')
          .describe('API group of that kind, `awspca.cert-manager.io` for example.'),
        trust: z
          .enum(['public', 'private'])
          .optional()
          .describe(
            'public: programs already trust its certificates (an ACME issuer). private: they need its CA, which can also sign cluster-internal names. Required with auth.issuer: gateway and with apps.argocd.',
          ),
      })
      .refine(({ kind, group }) => group !== 'cert-manager.io' || kind === 'ClusterIssuer', {
        path: ['kind'],
        message: 'must be ClusterIssuer in the group cert-manager.io',
      })
      .optional()
      .describe(
        'An issuer that is in the cluster already: a ClusterIssuer, or a cluster-scoped kind of another group.',
      ),
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
          message: `must be shorter than duration (${value.duration}), but is ${value.renewBefore}`,
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
    "Source of the gateway's certificate. Set at most one of privateCA, broughtCA, certificate, acme, issuer, existingIssuer. Default: privateCA.",
  );

/** @returns true when the ACME server checks the host by HTTP-01, through the gateway's port 80 */
export function servesChallenges({ acme }: z.output<typeof tlsSettings>): boolean {
  return acme !== undefined && acme.dns01 === undefined;
}
