import { z } from 'zod';
import { groupName } from './group-name.ts';

/** Headers that carry something else than who a person is. */
const otherHeaders =
  /^(host|cookie|authorization|connection|upgrade|te|trailer|transfer-encoding|content-.*|x-forwarded-(for|proto|uri|host)|x-envoy-.*|x-request-id|x-breakwater-.*)$/i;

const headerName = z
  .string()
  .regex(/^[A-Za-z][A-Za-z0-9-]*$/, {
    abort: true,
    error: 'must be the name of a header: letters, digits and "-" (headers with "_" are dropped at the gateway)',
  })
  .max(100, 'at most 100 characters')
  .refine((text) => !otherHeaders.test(text), 'is not a header for an identity: HTTP, the mesh or the gateway needs it')
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
