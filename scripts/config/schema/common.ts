import { isIP } from 'node:net';
import { z } from 'zod';

/** RFC 1123 label, at most 63 characters: names of clusters, pools, profiles. */
export const label = z
  .string()
  .regex(
    /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/,
    'use lower-case letters, digits and "-", beginning and ending with a letter or digit',
  )
  .max(63, 'at most 63 characters (a DNS label)');

/** A DNS name with at least two labels, or an IP address. */
export const dnsNamePattern =
  /^(?=.{1,253}$)[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?(\.[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?)+$/;

/** @returns true for an IPv4 or IPv6 address */
export function isAddress(text: string): boolean {
  return isIP(text) !== 0;
}

/** A duration as Go writes it, whole units only: `2160h`, `15m`, `30s`. */
export const duration = z
  .string()
  .regex(/^([0-9]+h)?([0-9]+m)?([0-9]+s)?$/, 'write a duration as 2160h, 15m or 30s')
  .refine((text) => durationSeconds(text) > 0, 'must be longer than zero; write a duration as 2160h, 15m or 30s');

/**
 * @param text a duration such as `1h30m`
 * @returns its length in seconds, 0 when it is no duration
 */
export function durationSeconds(text: string): number {
  const match = /^(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?$/.exec(text);
  if (match === null) return 0;
  return Number(match[1] ?? 0) * 3600 + Number(match[2] ?? 0) * 60 + Number(match[3] ?? 0);
}

/** Exactly one `@`, something on both sides, no blanks: more would be taken apart differently by different programs. */
export const email = z
  .string()
  .regex(/^[^@\s]+@[^@\s]+$/, 'must be an e-mail address with exactly one "@"')
  .max(254, 'at most 254 characters')
  .refine((text) => text === text.toLowerCase(), 'must be in lower case: Kubeflow compares owners letter by letter');

/** Where a secret comes from: never the secret itself. */
export const secretReference = z
  .union([
    z.strictObject({
      env: z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/, 'must be the name of an environment variable'),
    }),
    z.strictObject({ file: z.string().min(1, 'must be the path of a file') }),
  ])
  .describe(
    'Where the secret comes from when the bootstrap runs: {env: NAME} or {file: PATH}. Never the secret itself.',
  );

export type SecretReference = z.output<typeof secretReference>;

/** Keys that choose one kind among several: the object must hold exactly one of them. */
export function exactlyOne(kinds: readonly string[], what: string) {
  return (value: Record<string, unknown>, context: z.RefinementCtx): void => {
    const named = kinds.filter((kind) => value[kind] !== undefined);
    if (named.length > 1) {
      context.addIssue({
        code: 'custom',
        path: [named[1] ?? ''],
        message: `${what} names ${named.length} kinds (${named.join(', ')})`,
        params: { hint: `Keep one of: ${kinds.join(', ')}.` },
      });
    }
  };
}
