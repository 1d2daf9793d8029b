import * as z from 'zod';

/** The rules below as JSON Schema, for editors and charts. */
const asJsonSchema = {
  patternErrorMessage: 'must not contain commas, double quotes, "$" or control characters',
  pattern: '^[^,"$\\p{Cc}]+$',
  not: { anyOf: [{ pattern: '^(system|role|proj):' }, { pattern: '^\\s|\\s$' }, { pattern: '\\{\\{' }] },
};

const rules: readonly { refused: RegExp; message: string; hint?: string }[] = [
  {
    refused: /,/,
    message: 'must not contain ",": groups are sent as one comma-separated list',
    hint: "Make the identity provider send names without commas, for example an LDAP group's common name (groupSearch.nameAttr: cn).",
  },
  { refused: /\p{Cc}/u, message: 'must not contain line breaks or other control characters' },
  // validateGroupName in pkg/apis/application/v1alpha1/types.go of Argo CD
  { refused: /"/, message: "must not contain '\"': Argo CD refuses projects with such a group in a role" },
  // https://github.com/oauth2-proxy/oauth2-proxy/blob/master/pkg/apis/options/load.go
  { refused: /\$/, message: 'must not contain "$": OAuth2 Proxy would expand it as a variable' },
  { refused: /\{\{/, message: 'must not contain "{{": Dex reads its configuration as a template' },
  {
    refused: /^system:/,
    message: `must not start with "system:": Kubernetes reserves these groups for its own accounts and administrators`,
  },
  // https://github.com/argoproj/argo-cd/blob/master/assets/builtin-policy.csv
  {
    refused: /^(role|proj):/,
    message: `must not start with "role:" or "proj:": Argo CD's own roles have these prefixes`,
  },
];

/**
 * A group's name at the identity provider, under the same rules in auth.users, auth.groups, app.yaml and tenant.yaml. It ends up in a
 * comma-separated header, Argo CD's policies (CSV), Lua, hexadecimal header names, and RBAC.
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
        message: 'must not start or end with whitespace',
        params: { hint: `Write ${text.trim()}` },
      });
  })
  .meta(asJsonSchema);
