import * as z from 'zod';
import { groupName } from './group-name.ts';

/** Headers that must never carry an identity: HTTP, the mesh or the gateway uses them. */
const otherHeaders =
  /^(host|cookie|authorization|connection|upgrade|te|trailer|transfer-encoding|content-.*|x-forwarded-(for|proto|uri|host)|x-envoy-.*|x-request-id|x-breakwater-.*)$/i;

const headerName = z
  .string()
  .regex(/^[A-Za-z][A-Za-z0-9-]*$/, {
    abort: true,
    error: 'must be the name of a header: letters, digits and "-" (headers with "_" are dropped at the gateway)',
  })
  .max(100, 'at most 100 characters')
  .refine(
    (text) => !otherHeaders.test(text),
    'cannot carry an identity: HTTP, the mesh or the gateway uses this header',
  )
  .describe('Name of the header.');

const headerValue = z
  .string()
  .regex(/^[\x21-\x7e]([\x20-\x7e]*[\x21-\x7e])?$/, 'must be printable ASCII without whitespace at either end')
  .max(200, 'at most 200 characters');

const direct = z.strictObject({
  name: headerName,
  value: z.enum(['email', 'groups']).describe('email: the verified address. groups: all groups, separated by commas.'),
});

const byGroup = z.strictObject({
  name: headerName,
  byGroup: z
    .array(
      z.strictObject({
        group: groupName.describe('Group whose members get the value.'),
        value: headerValue.describe('Value of the header for members of the group.'),
      }),
    )
    .min(1, 'must not be empty')
    .describe('For apps with roles of their own: the first entry whose group the user belongs to sets the value.'),
  otherwise: headerValue.optional().describe('Value for everyone else. Absent: the header is not sent.'),
});

/** One identity header of an app. */
export const identityHeader = z.union([direct, byGroup]);
