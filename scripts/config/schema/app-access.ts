import * as z from 'zod';
import { email } from './common.ts';
import { groupName } from './group-name.ts';
import { reads } from './reads.ts';

/** Access rules of an app. */
export const appAccess = z
  .strictObject({
    everyone: z.literal(true).optional().describe('Every logged-in user.'),
    groups: z.array(groupName).optional().describe('Members of any of these groups. Names are case-sensitive.'),
    emails: z.array(email).optional().describe('Users with these e-mail addresses.'),
  })
  .superRefine(
    (value, context) => {
      const named = (value.groups?.length ?? 0) + (value.emails?.length ?? 0);
      if (value.everyone === true && (value.groups !== undefined || value.emails !== undefined))
        context.addIssue({
          code: 'custom',
          message: 'everyone cannot be combined with groups or emails',
          params: {
            hint: 'Keep one of them.',
            at: 'key',
            among: ['everyone', value.groups === undefined ? 'emails' : 'groups'],
          },
        });
      else if (value.everyone !== true && named === 0)
        context.addIssue({
          code: 'custom',
          message: 'no user could open the app',
          params: { hint: 'Set groups or emails, or everyone: true.', at: 'key' },
        });
    },
    reads('everyone', 'groups', 'emails'),
  )
  .meta({
    id: 'access',
    description: 'Users who may open the app: by groups, by emails, or everyone who is logged in.',
  });
