import * as z from 'zod';
import { dexText, secretReference } from './common.ts';
import { isRecord, reads } from './reads.ts';

/** Id of a connector. */
export const id = z
  .string()
  .regex(/^(?=.{1,40}$)[a-z0-9]+(-[a-z0-9]+)*$/, 'use up to 40 lower-case letters, digits and single "-"')
  .describe("Stable id; part of the users' identity.");
/** What a connector is called on the login page. */
export const name = dexText.describe('Name on the login page.');
/** What becomes of e-mail addresses that the provider has not verified. */
export const verifies = z
  .enum(['accept', 'reject'])
  .describe(
    'How to treat an e-mail address that the provider has not verified. accept: log the user in. reject: refuse the login. Anyone who can set an unverified address can impersonate another user.',
  );
const namedSecrets = z.record(
  z.string().regex(/^[A-Z][A-Z0-9_]*$/, 'use upper-case letters, digits and "_"'),
  secretReference,
);

/** Types whose providers mark verified addresses (EmailVerified in Dex's connector/*). All others take each address as verified. */
const marksVerified = ['google', 'oauth', 'oidc'];

/** A connector of any type of Dex, whose settings are passed on as they are. */
export const other = z
  .strictObject({
    type: z.literal('other'),
    id,
    name,
    dexType: z
      .string()
      .regex(/^[a-zA-Z0-9-]+$/, "must be Dex's name for a connector type: gitlab, google, microsoft, openshift …")
      .describe("Dex's name for the connector type: gitlab, google, microsoft, openshift …"),
    unverifiedEmails: verifies,
    config: z
      .record(z.string(), z.unknown())
      .describe(
        'Passed to Dex unchanged. Write a secret as $NAME and define NAME under secrets. redirectURI is filled in for types that need it.',
      ),
    secrets: namedSecrets.default({}).describe('Sources of the values of $NAME in config.'),
    files: namedSecrets
      .default({})
      .describe(
        "Secrets that Dex reads from a file: $NAME in config becomes the path of the file, for example for google's serviceAccountFilePath.",
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
            message: twice ? 'is under secrets, too' : 'is not used in config',
            params: {
              hint: twice ? 'Use two names.' : `Write $${key} in config, or remove the entry.`,
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

/** Checks that unverifiedEmails matches what Dex does with unverified addresses. */
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
          message: `must be "accept": Dex's connector ${type} trusts every address as verified`,
          params: { hint: "Write accept if you trust the provider's addresses." },
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

/** Finds text in a raw config that Dex would expand: https://pkg.go.dev/os#Expand */
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
        message: 'has a "$" that does not start the name of a secret: Dex would expand it',
        params: { hint: 'Put the whole text in a secret.' },
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

/** Dex's connector types without a provider's page, and so without redirectURI. */
const withoutRedirect = ['atlassian-crowd', 'authproxy', 'keystone', 'ldap', 'mockCallback', 'mockPassword'];

/** @returns true when Dex's connector of this type takes a redirectURI */
export function takesRedirect(dexType: string): boolean {
  return !withoutRedirect.includes(dexType);
}
