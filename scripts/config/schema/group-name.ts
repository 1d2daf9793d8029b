import { z } from 'zod';

/** What a group's name may not be, for editors and charts: the same as the rules below. */
const asJsonSchema = {
  pattern: '^[^,"$\\p{Cc}]+$',
  not: { anyOf: [{ pattern: '^(system|role|proj):' }, { pattern: '^\\s|\\s$' }, { pattern: '\\{\\{' }] },
};

const rules: readonly { refused: RegExp; message: string; hint?: string }[] = [
  {
    refused: /,/,
    message: 'must not contain ",": groups travel as one list with commas between them',
    hint: 'Let the identity provider send a name without one, as the common name of an LDAP group (groupSearch.nameAttr: cn).',
  },
  { refused: /\p{Cc}/u, message: 'must not contain line breaks or other control characters' },
  // validateGroupName in pkg/apis/application/v1alpha1/types.go of Argo CD
  { refused: /"/, message: "must not contain '\"': Argo CD refuses projects whose roles name such a group" },
  // https://github.com/oauth2-proxy/oauth2-proxy/blob/master/pkg/apis/options/load.go
  { refused: /\$/, message: 'must not contain "$": OAuth2 Proxy takes what follows for a variable' },
  { refused: /\{\{/, message: 'must not contain "{{": Dex reads its configuration as a template' },
  {
    refused: /^system:/,
    message: `must not begin with "system:": such groups are Kubernetes' own, every account or its administrators`,
  },
  // https://github.com/argoproj/argo-cd/blob/master/assets/builtin-policy.csv
  { refused: /^(role|proj):/, message: `must not begin with "role:" or "proj:": so Argo CD's own roles are named` },
];

/**
 * A group as the identity provider names it, the same wherever one is written: auth.users, auth.groups, app.yaml, tenant.yaml. A name
 * reaches a list with commas between (the header of groups), Argo CD's policies (CSV), Lua, names of headers in hexadecimal, and RBAC.
 */
export const groupName = z
  .string()
  .min(1, 'must not be empty')
  .max(200, 'at most 200 characters')
  .superRefine((text, context) => {
    for (const { refused, message, hint } of rules)
      if (refused.test(text)) context.addIssue({ code: 'custom', message, params: { hint } });
    if (text !== text.trim())
      context.addIssue({
        code: 'custom',
        message: 'must not begin or end with blanks',
        params: { hint: `Write ${text.trim()}` },
      });
  })
  .meta(asJsonSchema);
