import { isIP } from 'node:net';
import * as z from 'zod';
import { isRecord } from './reads.ts';

/**
 * An RFC 1123 label, for names of clusters, pools and profiles.
 *
 * @param longest maximum number of characters
 * @param why reason for the limit, which ends the message
 */
export function labelUpTo(longest: number, why: string) {
  return z
    .string()
    .regex(
      /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/,
      'use lower-case letters, digits and "-", starting and ending with a letter or digit',
    )
    .max(longest, { abort: true, error: `at most ${longest} characters: ${why}` });
}

/** RFC 1123 label of at most 63 characters. */
export const label = labelUpTo(63, 'it must be a DNS label');

/** Pattern of a DNS subdomain, as Kubernetes' names have it. */
export const dnsSubdomain = '[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?)*';

/** Pattern of a label's key. */
export const labelKeyText = `(${dnsSubdomain}/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?`;

/** Key of a label. */
export const labelKey = z.string().regex(new RegExp(`^${labelKeyText}$`), 'must be the key of a label');

/** Value of a label. */
export const labelValue = z
  .string()
  .regex(/^([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?$/, 'must be a label value');

/** A DNS name with at least two labels, or an IP address. */
export const dnsNamePattern =
  /^(?=.{1,253}$)[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?(\.[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?)+$/;

/** @returns true for an IPv4 or IPv6 address without a zone */
export function isAddress(text: string): boolean {
  return isIP(text) !== 0 && !text.includes('%');
}

/** A duration in Go's format, whole units only: `2160h`, `15m`, `30s`. */
export const duration = z
  .string()
  .regex(/^([0-9]+h)?([0-9]+m)?([0-9]+s)?$/, { abort: true, error: 'write a duration as 2160h, 15m or 30s' })
  .refine((text) => durationSeconds(text) > 0, 'must be greater than zero, for example 2160h, 15m or 30s')
  .refine((text) => durationSeconds(text) <= 100 * 365 * 86400, 'must be at most 100 years (876000h)');

/** How long a component may take to get ready: the health check of Applications reads no more than a week. */
export const deadline = duration.refine(
  (text) => durationSeconds(text) <= 7 * 86400,
  'must be at most a week (168h): Argo CD waits no longer for one wave',
);

/**
 * @param text a duration such as `1h30m`
 * @returns its length in seconds, 0 when it is not a duration
 */
export function durationSeconds(text: string): number {
  const match = /^(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?$/.exec(text);
  if (match === null) return 0;
  return Number(match[1] ?? 0) * 3600 + Number(match[2] ?? 0) * 60 + Number(match[3] ?? 0);
}

/**
 * An e-mail address as an identity: exactly one `@`, because programs split several differently. Characters with a meaning
 * elsewhere are refused: `*` is a wildcard in Istio's policies, `$` and `{` are expanded by Dex.
 */
export const email = z
  .string()
  .regex(/^[^@]+@[^@]+$/, { abort: true, error: 'must be an e-mail address with exactly one "@"' })
  .regex(/^[A-Za-z0-9._+=~&'/!#?-]+@[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?$/, {
    abort: true,
    error: 'is not an e-mail address: use letters, digits and ._+=~&\'/!#?- before the "@", and a domain after it',
  })
  .max(254, 'at most 254 characters')
  .superRefine((text, context) => {
    if (text !== text.toLowerCase())
      context.addIssue({
        code: 'custom',
        message: 'must be in lower case: Kubeflow compares addresses case-sensitively',
        params: { hint: `Write ${text.toLowerCase()}` },
      });
  });

/** Text that ends up in Dex's configuration, which Dex renders as a Go template at start. */
export const dexText = z
  .string()
  .min(1, 'must not be empty')
  .superRefine((text, context) => {
    if (text.includes('{{'))
      context.addIssue({ code: 'custom', message: 'must not contain "{{": Dex reads its configuration as a template' });
    // biome-ignore lint/suspicious/noControlCharactersInRegex: the pattern looks for control characters
    if (/[\u0000-\u001f\u007f]/.test(text))
      context.addIssue({ code: 'custom', message: 'must not contain line breaks or other control characters' });
  });

/** Reference to a secret, never the secret itself. */
export const secretReference = z
  .union([
    z.strictObject({
      env: z
        .string()
        .regex(/^[A-Za-z_][A-Za-z0-9_]*$/, 'must be the name of an environment variable')
        .describe('Name of the environment variable that holds the secret.'),
    }),
    z.strictObject({
      file: z.string().min(1, 'must be the path of a file').describe('Path of the file that holds the secret.'),
    }),
  ])
  .meta({
    id: 'secret',
    description:
      'Source of the secret, read when the bootstrap runs: {env: NAME} or {file: PATH}. Never the secret itself.',
  });

export type SecretReference = z.output<typeof secretReference>;

/** Rule for mutually exclusive keys: the object may hold at most one of them. Use it with `readsAsWritten`. */
export function atMostOne(kinds: readonly string[], what: string) {
  return (value: unknown, context: z.RefinementCtx): void => {
    if (!isRecord(value)) return;
    const named = Object.keys(value).filter((key) => kinds.includes(key) && value[key] !== undefined);
    if (named.length > 1) {
      context.addIssue({
        code: 'custom',
        message: `${what} sets ${named.length} alternatives (${named.join(', ')})`,
        params: { hint: `Keep one of: ${kinds.join(', ')}.`, at: 'key', among: kinds },
      });
    }
  };
}

/** The same rule as JSON Schema, for editors. */
export function atMostOneInJsonSchema(kinds: readonly string[]) {
  const pairs = kinds.flatMap((kind, index) => kinds.slice(index + 1).map((other) => [kind, other]));
  return { not: { anyOf: pairs.map((pair) => ({ required: pair })) } };
}
