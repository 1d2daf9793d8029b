import * as z from 'zod';
import { dexText, secretReference } from './common.ts';
import { groupName } from './group-name.ts';
import { id, name, other, verifies } from './raw-connector.ts';
import { reads } from './reads.ts';

const cannotReject = z
  .literal('accept', {
    error: 'must be "accept": this connector does not say whether an address is verified, so Dex trusts every one',
  })
  .describe(
    'Must be accept, stated explicitly: this connector does not say whether an address is verified, so the directory is trusted.',
  );

/** Dex expands $VARIABLES in a connector's config. */
const plain = dexText.superRefine((text, context) => {
  if (text.includes('$'))
    context.addIssue({
      code: 'custom',
      message: 'must not contain "$": Dex expands it',
      params: { hint: "Put secrets under the connector's secret keys instead." },
    });
});

const pem = (what: string) =>
  z.base64({ error: `must be the base64 of ${what}, in one line` }).min(1, 'must not be empty');

const github = z.strictObject({
  type: z.literal('github'),
  id,
  name,
  clientID: plain.describe("The OAuth app's client id."),
  clientSecret: secretReference,
  orgs: z
    .array(
      z.strictObject({
        name: plain.describe('Name of the organisation.'),
        teams: z.array(plain).optional().describe('Teams whose members may log in. Default: all.'),
      }),
    )
    .min(1, 'needs at least one organisation: without one, everyone on GitHub could log in')
    .describe('Organisations (and teams) whose members may log in.'),
  hostName: plain.optional().describe('Host name of a GitHub Enterprise Server.'),
});

const oidc = z
  .strictObject({
    type: z.literal('oidc'),
    id,
    name,
    issuer: z.url({ protocol: /^https?$/, error: 'must be a URL' }).describe("The provider's issuer URL."),
    clientID: plain.describe('Client id issued by the provider.'),
    clientSecret: secretReference,
    unverifiedEmails: verifies,
    scopes: z.array(plain).default(['profile', 'email']).describe('Scopes to request in addition to openid.'),
    groups: z.boolean().default(false).describe("Use the provider's groups claim."),
    groupsPrefix: groupName
      .optional()
      .describe(
        "Prefix for the names of its groups, for example company/, so that they differ from other connectors' groups.",
      ),
    getUserInfo: z
      .boolean()
      .default(true)
      .describe(
        'Query the userinfo endpoint, whose claims replace those of the token. Set false if there is none or if it is wrong (Cognito sends email_verified as a string).',
      ),
    claimMapping: z
      .strictObject({
        email: plain.optional().describe('Claim that holds the e-mail address. Default: email.'),
        groups: plain.optional().describe('Claim that holds the groups, for example cognito:groups. Default: groups.'),
        preferredUsername: plain.optional().describe('Claim that holds the user name. Default: preferred_username.'),
      })
      .optional()
      .describe('Claims with other names at this provider. They replace the defaults.'),
    userNameKey: plain
      .optional()
      .describe(
        'Claim that holds the display name. Dex refuses a login without it. Default: name; email always works.',
      ),
    userIDKey: plain.optional().describe('Claim that identifies a user and never changes. Default: sub.'),
    promptType: z
      .enum(['consent', 'login', 'select_account', 'none', 'omit'])
      .optional()
      .describe('Prompt parameter of the login request. omit sends none. Default: consent.'),
    rootCAData: pem('a PEM certificate')
      .optional()
      .describe("Base64-encoded PEM of the CA that signed the provider's certificate, if it is a private one."),
  })
  .superRefine(
    (value, context) => {
      if (value.groupsPrefix !== undefined && !value.groups)
        context.addIssue({
          code: 'custom',
          path: ['groupsPrefix'],
          message: 'has no effect: this connector provides no groups',
          params: { hint: 'Set groups: true, or remove groupsPrefix.', at: 'key' },
        });
    },
    reads('groups', 'groupsPrefix'),
  );

const ldap = z.strictObject({
  type: z.literal('ldap'),
  id,
  name,
  host: plain.describe('The server, as HOST:PORT.'),
  insecureNoSSL: z.boolean().default(false).describe('Use LDAP without TLS: passwords travel unencrypted.'),
  startTLS: z.boolean().default(false).describe('Upgrade a plain connection to TLS (StartTLS, port 389).'),
  rootCAData: pem('a PEM certificate')
    .optional()
    .describe("Base64-encoded PEM of the CA that signed the server's certificate."),
  bindDN: plain.optional().describe('DN that Dex binds as to search. Default: anonymous.'),
  bindPassword: secretReference.optional().describe('Password of bindDN.'),
  unverifiedEmails: cannotReject,
  userSearch: z
    .strictObject({
      baseDN: plain.describe('Base DN of the search.'),
      filter: plain.optional().describe('Additional LDAP filter.'),
      username: plain.default('uid').describe('Attribute that users type as their user name.'),
      idAttr: plain.default('uid').describe('Attribute that identifies a user and never changes.'),
      emailAttr: plain.default('mail').describe('Attribute that holds the e-mail address.'),
      nameAttr: plain.default('cn').describe('Attribute that holds the display name.'),
    })
    .describe('Search for a user.'),
  groupSearch: z
    .strictObject({
      baseDN: plain.describe('Base DN of the search.'),
      filter: plain.optional().describe('Additional LDAP filter.'),
      nameAttr: plain.default('cn').describe('Attribute that holds the display name.'),
      userMatchers: z
        .array(
          z.strictObject({
            userAttr: plain.describe("Attribute in the user's entry."),
            groupAttr: plain.describe("Attribute in the group's entry."),
          }),
        )
        .min(1, 'needs at least one pair of attributes')
        .describe('Attribute pairs. A user is a member of a group when one pair has equal values.'),
    })
    .optional()
    .describe("Search for a user's groups."),
});

const saml = z.strictObject({
  type: z.literal('saml'),
  id,
  name,
  ssoURL: z
    .url({ protocol: /^https$/, error: 'must be an https:// URL' })
    .describe("The provider's single sign-on URL."),
  caData: pem('a PEM certificate').describe("Base64-encoded PEM certificate that signs the provider's responses."),
  entityIssuer: plain.optional().describe('Issuer that Dex sends in requests.'),
  ssoIssuer: plain.optional().describe("Issuer expected in the provider's responses."),
  usernameAttr: plain.default('name').describe('Attribute that holds the display name.'),
  emailAttr: plain.default('email').describe('Attribute that holds the e-mail address.'),
  groupsAttr: plain.optional().describe('Attribute that holds the groups.'),
  unverifiedEmails: cannotReject,
});

/** One entry of `auth.connectors`: https://dexidp.io/docs/connectors/ */
export const connector = z.discriminatedUnion('type', [github, oidc, ldap, saml, other]);

export type Connector = z.output<typeof connector>;
