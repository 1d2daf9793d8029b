import { z } from 'zod';
import { dexText, secretReference } from './common.ts';
import { groupName } from './group-name.ts';
import { isRecord, reads } from './reads.ts';

const id = z
  .string()
  .regex(/^(?=.{1,40}$)[a-z0-9]+(-[a-z0-9]+)*$/, 'use up to 40 lower-case letters, digits and single "-"')
  .describe("Stable id; part of the users' identity.");
const name = dexText.describe('What the login page shows.');
const verifies = z
  .enum(['accept', 'reject'])
  .describe(
    'What to do with an e-mail address that the provider has not verified. Anyone who can set an unverified address can become another user.',
  );
const cannotReject = z
  .literal('accept', {
    error: 'must be "accept": this kind of connector has no mark for verified addresses, so Dex takes each as verified',
  })
  .describe(
    'Must be accept, said explicitly: this kind has no mark for verified addresses, so the directory is trusted with them.',
  );

/** Dex expands $VARIABLES in a connector's config. */
const plain = dexText.superRefine((text, context) => {
  if (text.includes('$'))
    context.addIssue({
      code: 'custom',
      message: 'must not contain "$": Dex expands it',
      params: { hint: "Name secrets under the connector's secret keys instead." },
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
        teams: z.array(plain).optional().describe('Teams of it that may log in. Default: all.'),
      }),
    )
    .min(1, 'name at least one organisation: without any, everybody on GitHub could log in')
    .describe('Organisations (and teams) that may log in.'),
  hostName: plain.optional().describe('Host of a GitHub Enterprise Server.'),
});

const oidc = z
  .strictObject({
    type: z.literal('oidc'),
    id,
    name,
    issuer: z.url({ protocol: /^https?$/, error: 'must be a URL' }).describe("The provider's issuer URL."),
    clientID: plain.describe('The client id that the provider gave.'),
    clientSecret: secretReference,
    unverifiedEmails: verifies,
    scopes: z.array(plain).default(['profile', 'email']).describe('Scopes to ask for, beside openid.'),
    groups: z.boolean().default(false).describe("Take over the provider's groups claim."),
    groupsPrefix: groupName
      .optional()
      .describe(
        'Put before the name of each of its groups, e.g. company/, so that none is named like a group of another connector.',
      ),
    getUserInfo: z
      .boolean()
      .default(true)
      .describe(
        'Ask the userinfo endpoint, whose claims replace those of the token. Set false where there is none, or where it is wrong (Cognito sends email_verified as text).',
      ),
    claimMapping: z
      .strictObject({
        email: plain.optional().describe('Claim with the e-mail address. Default: email.'),
        groups: plain.optional().describe('Claim with the groups, e.g. cognito:groups. Default: groups.'),
        preferredUsername: plain.optional().describe('Claim with the short name. Default: preferred_username.'),
      })
      .optional()
      .describe('Claims that this provider names differently. A named claim replaces the default one.'),
    userNameKey: plain
      .optional()
      .describe('Claim with the name to show. Dex refuses a login without it. Default: name; email always works.'),
    userIDKey: plain.optional().describe('Claim that never changes for a person. Default: sub.'),
    promptType: z
      .enum(['consent', 'login', 'select_account', 'none', 'omit'])
      .optional()
      .describe('The prompt parameter of each login; omit leaves it out. Default: consent.'),
    rootCAData: pem('a PEM certificate')
      .optional()
      .describe("Base64 of the PEM of the CA that signed the provider's certificate, when it is your own."),
  })
  .superRefine(
    (value, context) => {
      if (value.groupsPrefix !== undefined && !value.groups)
        context.addIssue({
          code: 'custom',
          path: ['groupsPrefix'],
          message: 'has no effect, as this connector brings no groups',
          params: { hint: 'Set groups: true, or remove groupsPrefix.', at: 'key' },
        });
    },
    reads('groups', 'groupsPrefix'),
  );

const ldap = z.strictObject({
  type: z.literal('ldap'),
  id,
  name,
  host: plain.describe('HOST:PORT of the server.'),
  insecureNoSSL: z.boolean().default(false).describe('Speak plain LDAP: passwords travel unencrypted.'),
  startTLS: z.boolean().default(false).describe('Begin in plain text and change to TLS (port 389).'),
  rootCAData: pem('a PEM certificate')
    .optional()
    .describe("Base64 of the PEM of the CA that signed the server's certificate."),
  bindDN: plain.optional().describe('Who Dex is when it searches. Default: nobody (anonymous).'),
  bindPassword: secretReference.optional().describe('The password of bindDN.'),
  unverifiedEmails: cannotReject,
  userSearch: z
    .strictObject({
      baseDN: plain.describe('Where the search begins.'),
      filter: plain.optional().describe('Further condition, as an LDAP filter.'),
      username: plain.default('uid').describe('Attribute that people type in as their name.'),
      idAttr: plain.default('uid').describe('Attribute that never changes for a person.'),
      emailAttr: plain.default('mail').describe('Attribute of the e-mail address.'),
      nameAttr: plain.default('cn').describe('Attribute of the name to show.'),
    })
    .describe('How a person is found.'),
  groupSearch: z
    .strictObject({
      baseDN: plain.describe('Where the search begins.'),
      filter: plain.optional().describe('Further condition, as an LDAP filter.'),
      nameAttr: plain.default('cn').describe('Attribute of the name to show.'),
      userMatchers: z
        .array(
          z.strictObject({
            userAttr: plain.describe("Attribute of the user's entry."),
            groupAttr: plain.describe("Attribute of the group's entry."),
          }),
        )
        .min(1, 'needs at least one pair of attributes')
        .describe('Pairs of attributes that are equal when the user is in the group.'),
    })
    .optional()
    .describe('How the groups of a person are found.'),
});

const saml = z.strictObject({
  type: z.literal('saml'),
  id,
  name,
  ssoURL: z
    .url({ protocol: /^https$/, error: 'must be an https:// URL' })
    .describe("The provider's address for logins."),
  caData: pem('a PEM certificate').describe("Base64 of the PEM certificate that signs the provider's answers."),
  entityIssuer: plain.optional().describe('What Dex calls itself in requests.'),
  ssoIssuer: plain.optional().describe('What the provider must call itself in answers.'),
  usernameAttr: plain.default('name').describe('Attribute of the name to show.'),
  emailAttr: plain.default('email').describe('Attribute of the e-mail address.'),
  groupsAttr: plain.optional().describe('Attribute of the groups.'),
  unverifiedEmails: cannotReject,
});

const namedSecrets = z.record(
  z.string().regex(/^[A-Z][A-Z0-9_]*$/, 'use upper-case letters, digits and "_"'),
  secretReference,
);

/** Types whose providers mark verified addresses (EmailVerified in Dex's connector/*). All others take each address as verified. */
const marksVerified = ['google', 'oauth', 'oidc'];

const other = z
  .strictObject({
    type: z.literal('other'),
    id,
    name,
    dexType: z
      .string()
      .regex(/^[a-zA-Z0-9-]+$/, 'must be a type as Dex calls it: gitlab, google, microsoft, openshift …')
      .describe('The type as Dex calls it: gitlab, google, microsoft, openshift …'),
    unverifiedEmails: verifies,
    config: z
      .record(z.string(), z.unknown())
      .describe(
        'Passed to Dex as it is. Write a secret as $NAME and give NAME under secrets. redirectURI is filled in for types that have one.',
      ),
    secrets: namedSecrets.default({}).describe('Where the values of $NAME in config come from.'),
    files: namedSecrets
      .default({})
      .describe(
        "Secrets that Dex reads from a file: $NAME in config becomes the file's path. For example google's serviceAccountFilePath.",
      ),
  })
  .superRefine(
    (value, context) => {
      const used = new Set<string>();
      for (const { path, text } of textsIn(value.config, ['config'])) {
        const problem = rawTextProblem(text, { ...value.secrets, ...value.files }, used);
        if (problem !== undefined) context.addIssue({ code: 'custom', path, ...problem });
      }
      for (const list of ['secrets', 'files'] as const)
        for (const key of Object.keys(value[list])) {
          const twice = list === 'files' && key in value.secrets;
          if (used.has(key) && !twice) continue;
          context.addIssue({
            code: 'custom',
            path: [list, key],
            message: twice ? 'is under secrets, too' : 'is used nowhere in config',
            params: {
              hint: twice ? 'Use two names.' : `Write $${key} where the secret belongs, or remove it.`,
              at: 'key',
            },
          });
        }
    },
    reads('config', 'secrets', 'files'),
  )
  .superRefine(
    (value, context) => {
      const problem = verifiedProblem(value.dexType, value.unverifiedEmails, value.config);
      if (problem !== undefined) context.addIssue({ code: 'custom', ...problem });
    },
    reads('dexType', 'unverifiedEmails', 'config'),
  );

/** What is said of unverified addresses must be what Dex does with them. */
function verifiedProblem(
  type: string,
  said: 'accept' | 'reject',
  config: Readonly<Record<string, unknown>>,
): { path: string[]; message: string; params: { hint: string } } | undefined {
  if (!marksVerified.includes(type))
    return said === 'accept'
      ? undefined
      : {
          path: ['unverifiedEmails'],
          message: `must be "accept": Dex's connector ${type} takes each address as verified`,
          params: { hint: 'Write accept if you trust the provider with addresses.' },
        };
  if (type !== 'oidc') return undefined;
  const skips = config.insecureSkipEmailVerified === true;
  if (skips === (said === 'accept')) return undefined;
  return {
    path: ['unverifiedEmails'],
    message: `is "${said}", but config.insecureSkipEmailVerified is ${String(config.insecureSkipEmailVerified ?? false)}`,
    params: {
      hint: skips
        ? 'Remove insecureSkipEmailVerified, or write accept.'
        : 'Write reject, or set insecureSkipEmailVerified: true.',
    },
  };
}

/** What Dex would do to a text of a raw config: https://pkg.go.dev/os#Expand */
function rawTextProblem(
  text: string,
  secrets: Readonly<Record<string, unknown>>,
  used: Set<string>,
): { message: string; params?: { hint: string } } | undefined {
  if (text.includes('{{')) return { message: 'must not contain "{{": Dex reads its configuration as a template' };
  if (/\$\{/.test(text))
    return { message: 'must not contain "${"', params: { hint: 'Write a secret as $NAME, without braces.' } };
  for (const match of text.matchAll(/\$([A-Za-z0-9_]+)?/g)) {
    const key = match[1];
    if (key === undefined)
      return {
        message: 'has a "$" that begins no secret\'s name: Dex expands it',
        params: { hint: 'Put the whole text into a secret.' },
      };
    if (!Object.hasOwn(secrets, key))
      return {
        message: `uses $${key}, which is not under secrets`,
        params: { hint: `Add secrets: {${key}: {env: ${key}}}.` },
      };
    used.add(key);
  }
  return undefined;
}

function textsIn(value: unknown, path: PropertyKey[]): { path: PropertyKey[]; text: string }[] {
  if (typeof value === 'string') return [{ path, text: value }];
  if (Array.isArray(value)) return value.flatMap((entry, index) => textsIn(entry, [...path, index]));
  return isRecord(value) ? Object.entries(value).flatMap(([key, entry]) => textsIn(entry, [...path, key])) : [];
}

/** Types of Dex that send nobody to a provider's page, so have no redirectURI. */
const withoutRedirect = ['atlassian-crowd', 'authproxy', 'keystone', 'ldap', 'mockCallback', 'mockPassword'];

/** @returns true when Dex's connector of this type takes a redirectURI */
export function takesRedirect(dexType: string): boolean {
  return !withoutRedirect.includes(dexType);
}

/** One entry of `auth.connectors`: https://dexidp.io/docs/connectors/ */
export const connector = z.discriminatedUnion('type', [github, oidc, ldap, saml, other]);

export type Connector = z.output<typeof connector>;
