import { z } from 'zod';
import { secretReference } from './common.ts';

const id = z
  .string()
  .regex(/^[a-z0-9]([-a-z0-9]{0,38}[a-z0-9])?$/, 'use up to 40 lower-case letters, digits and "-"')
  .describe("Stable id; part of the users' identity.");
const name = z.string().min(1).describe('What the login page shows.');
const verifies = z
  .enum(['accept', 'reject'])
  .describe(
    'What to do with an e-mail address that the provider has not verified. Whoever can set an unverified address can become another user.',
  );
const cannotReject = z
  .literal('accept', {
    error: 'must be "accept": this kind of connector has no mark for verified addresses, so Dex takes each as verified',
  })
  .describe(
    'Must be accept, said explicitly: this kind has no mark for verified addresses, so the directory is trusted with them.',
  );

/** Dex renders its file as a Go template at start, and expands $VARIABLES in a connector's config. */
const plain = z.string().superRefine((text, context) => {
  if (text.includes('{{'))
    context.addIssue({ code: 'custom', message: 'must not contain "{{": Dex reads its configuration as a template' });
  if (text.includes('$'))
    context.addIssue({
      code: 'custom',
      message: 'must not contain "$": Dex expands it',
      params: { hint: "Name secrets under the connector's secret keys instead." },
    });
});

const github = z.strictObject({
  type: z.literal('github'),
  id,
  name,
  clientID: plain.describe("The OAuth app's client id."),
  clientSecret: secretReference,
  orgs: z
    .array(z.strictObject({ name: plain, teams: z.array(plain).optional() }))
    .min(1, 'name at least one organisation: without any, everybody on GitHub could log in')
    .describe('Organisations (and teams) that may log in.'),
  hostName: plain.optional().describe('Host of a GitHub Enterprise Server.'),
});

const oidc = z.strictObject({
  type: z.literal('oidc'),
  id,
  name,
  issuer: z.url({ protocol: /^https?$/, error: 'must be a URL' }).describe("The provider's issuer URL."),
  clientID: plain,
  clientSecret: secretReference,
  unverifiedEmails: verifies,
  scopes: z.array(plain).default(['profile', 'email']),
  groups: z.boolean().default(false).describe("Take over the provider's groups claim."),
});

const ldap = z.strictObject({
  type: z.literal('ldap'),
  id,
  name,
  host: plain.describe('HOST:PORT of the server.'),
  insecureNoSSL: z.boolean().default(false),
  startTLS: z.boolean().default(false),
  rootCAData: z.base64().optional().describe("Base64 of the PEM of the CA that signed the server's certificate."),
  bindDN: plain.optional(),
  bindPassword: secretReference.optional(),
  unverifiedEmails: cannotReject,
  userSearch: z.strictObject({
    baseDN: plain,
    filter: plain.optional(),
    username: plain.default('uid'),
    idAttr: plain.default('uid'),
    emailAttr: plain.default('mail'),
    nameAttr: plain.default('cn'),
  }),
  groupSearch: z
    .strictObject({
      baseDN: plain,
      filter: plain.optional(),
      nameAttr: plain.default('cn'),
      userMatchers: z.array(z.strictObject({ userAttr: plain, groupAttr: plain })).min(1),
    })
    .optional(),
});

const saml = z.strictObject({
  type: z.literal('saml'),
  id,
  name,
  ssoURL: z.url({ protocol: /^https$/, error: 'must be an https:// URL' }),
  caData: z.base64().describe("Base64 of the PEM certificate that signs the provider's answers."),
  entityIssuer: plain.optional(),
  ssoIssuer: plain.optional(),
  usernameAttr: plain.default('name'),
  emailAttr: plain.default('email'),
  groupsAttr: plain.optional(),
  unverifiedEmails: cannotReject,
});

const other = z.strictObject({
  type: z.literal('other'),
  id,
  name,
  dexType: z
    .string()
    .regex(/^[a-z0-9-]+$/)
    .describe('The type as Dex calls it: gitlab, google, microsoft, openshift …'),
  unverifiedEmails: cannotReject,
  config: z
    .record(z.string(), z.unknown())
    .describe('Passed to Dex as it is. Write a secret as $NAME and give NAME under secrets.'),
  secrets: z
    .record(z.string().regex(/^[A-Z][A-Z0-9_]*$/, 'use upper-case letters, digits and "_"'), secretReference)
    .default({}),
});

/** One entry of `auth.connectors`: https://dexidp.io/docs/connectors/ */
export const connector = z.discriminatedUnion('type', [github, oidc, ldap, saml, other]);

export type Connector = z.output<typeof connector>;
