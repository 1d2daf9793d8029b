import * as z from 'zod';

const entry = z
  .strictObject({
    group: z.string().regex(/^[a-z0-9.-]*$/, 'must be an API group, for example batch; empty for the core group'),
    kind: z.string().regex(/^(\*|[A-Z][A-Za-z0-9]*)$/, 'must be a kind, for example CronJob, or "*"'),
    resource: z
      .string()
      .regex(/^[a-z0-9]+$/, 'must be the plural in lower case, for example cronjobs')
      .optional(),
  })
  .superRefine(({ kind, resource }, context) => {
    if (kind === '*' && resource !== undefined)
      context.addIssue({ code: 'custom', path: ['resource'], message: 'must be absent: "*" stands for all kinds' });
    if (kind !== '*' && resource === undefined)
      context.addIssue({
        code: 'custom',
        message: 'needs resource: the admission policy matches kinds by their plural',
        params: { hint: `\`kubectl api-resources\` lists it in the first column.` },
      });
  });

/** infrastructure/tenant/denied.yaml: kinds that only the platform may write in a tenant's namespaces. */
export const deniedFile = z.array(entry).min(1, "must name the platform's kinds");

export type DeniedKind = z.output<typeof entry>;
