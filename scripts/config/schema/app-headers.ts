import { z } from 'zod';

/** Headers that carry something else than who a person is. */
const otherHeaders =
  /^(host|cookie|authorization|connection|upgrade|te|trailer|transfer-encoding|content-.*|x-forwarded-(for|proto|uri|host)|x-envoy-.*|x-request-id|x-breakwater-.*)$/i;

/** A group as the identity provider names it. Groups travel as one list with commas between them. */
export const groupName = z
  .string()
  .min(1, 'must not be empty')
  .max(200, 'at most 200 characters')
  .superRefine((text, context) => {
    if (text.includes(','))
      context.addIssue({ code: 'custom', message: 'must not contain ",": groups are passed on as one list' });
    if (text !== text.trim())
      context.addIssue({
        code: 'custom',
        message: 'must not begin or end with blanks',
        params: { hint: `Write ${text.trim()}` },
      });
    // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
    if (/[\u0000-\u001f\u007f]/.test(text))
      context.addIssue({ code: 'custom', message: 'must not contain line breaks or other control characters' });
  });

const headerName = z
  .string()
  .regex(/^[A-Za-z][A-Za-z0-9-]*$/, {
    abort: true,
    error: 'must be the name of a header: letters, digits and "-" (headers with "_" are dropped at the gateway)',
  })
  .max(100, 'at most 100 characters')
  .refine((text) => !otherHeaders.test(text), 'is no header for an identity: HTTP, the mesh or the gateway needs it')
  .describe('Name of the header.');

const headerValue = z
  .string()
  .regex(/^[\x21-\x7e]([\x20-\x7e]*[\x21-\x7e])?$/, 'must be printable ASCII without blanks at the ends')
  .max(200, 'at most 200 characters');

const direct = z.strictObject({
  name: headerName,
  value: z
    .enum(['email', 'groups'])
    .describe('email: the verified address. groups: all groups, with commas between them.'),
});

const byGroup = z.strictObject({
  name: headerName,
  byGroup: z
    .array(
      z.strictObject({
        group: groupName.describe('Members of this group get the value.'),
        value: headerValue.describe('What the header says for them.'),
      }),
    )
    .min(1, 'must not be empty')
    .describe('The first entry whose group the person is in decides: for programs that know roles.'),
  otherwise: headerValue.optional().describe('What it says for everyone else. Absent: they get no such header.'),
});

/** One header by which an app learns who somebody is. */
export const identityHeader = z.union([direct, byGroup]);

export type IdentityHeader = z.output<typeof identityHeader>;
