import { z } from 'zod';
import { email, label, labelUpTo } from './common.ts';
import { takenNamespaces } from './component-facts.ts';
import { parseGitUrl } from './git-url.ts';
import { groupName } from './group-name.ts';
import { eachRepetition, readsAsWritten } from './reads.ts';
import { outsideAddresses } from './tenant-addresses.ts';
import { limits, quota } from './tenant-quota.ts';

/** Longest name of a tenant: `tenant-<name>-access` and its namespaces must be DNS labels. */
export const longestTenantName = 40;

/** Between a tenant's name and the rest of a further namespace's name. No tenant's name holds it, so no two tenants share one. */
export const namespaceSeparator = '--';

/** Path below which a tenant's routes are: no other app or part of the platform has one there. */
export const tenantPaths = '/tenants/';

/** Beginnings of namespaces that belong to Kubernetes or to the platform. */
export const takenPrefixes: readonly string[] = [
  'kube-',
  'istio-',
  'argocd-',
  'kubeflow-',
  'knative-',
  'cert-manager-',
];

/**
 * @param name a namespace, or a tenant's name, which is its first namespace's
 * @returns true when it belongs to Kubernetes or to the platform
 */
function isTaken(name: string): boolean {
  return takenNamespaces.includes(name) || takenPrefixes.some((prefix) => name.startsWith(prefix));
}

/** Name of a tenant: that of its folder. */
export const tenantName = labelUpTo(
  longestTenantName,
  "longer names derived from it would pass Kubernetes' limit of 63",
).superRefine((text, context) => {
  if (isTaken(text))
    context.addIssue({ code: 'custom', message: `"${text}" is taken: it belongs to Kubernetes or to the platform` });
  if (text.includes(namespaceSeparator))
    context.addIssue({
      code: 'custom',
      message: `must not contain "${namespaceSeparator}": that stands between a tenant and its further namespaces`,
    });
});

/** For editors and the chart: names that are taken. */
const notTaken = {
  not: { anyOf: [{ enum: [...takenNamespaces] }, { pattern: `^(${takenPrefixes.join('|')})` }] },
};

const namespace = label
  .refine((text) => !isTaken(text), 'is taken: it belongs to Kubernetes or to the platform')
  .meta(notTaken);

/** A person, by an address of which names of objects are made: `user-<address>-clusterrole-<role>`, at most 253 characters. */
const person = email.max(200, 'at most 200 characters: names of objects are made of it');

const oneLine = /^[^\p{Cc}{}]+$/u;

const role = z
  .enum(['admin', 'edit', 'view'])
  .default('edit')
  .describe('What they may do: view, edit, or admin (edit, and Applications of their own in Argo CD).');

const member = z.union([
  z.strictObject({ email: person.describe('Address of a person, as the identity provider gives it.'), role }),
  z.strictObject({ group: groupName.describe('Name of a group of the identity provider.'), role }),
]);

/** Openings beside its own namespaces, DNS, the mesh and the gateway. */
const network = z
  .strictObject({
    internet: z.boolean().optional().describe('Whether its pods may reach addresses outside of private networks.'),
    to: z
      .array(namespace)
      .optional()
      .describe("Namespaces that its pods may call. Another tenant's must name this one under network.from."),
    from: z.array(namespace).optional().describe('Namespaces whose pods may call its pods.'),
    addresses: z
      .array(outsideAddresses)
      .optional()
      .describe('Addresses outside of the cluster that its pods may call, as 10.20.0.0/16.'),
    cloudIdentity: z
      .boolean()
      .optional()
      .describe(
        "Whether its pods may ask the cloud for the identity of their account (EKS Pod Identity, GKE Workload Identity). On GKE without Workload Identity they would get the node's. Default: false.",
      ),
    services: z
      .array(z.enum(['LoadBalancer', 'NodePort']))
      .optional()
      .describe(
        'Types of Services that publish its pods beside the gateway, without its TLS and its login. Default: none.',
      ),
  })
  .optional()
  .describe('What its pods may reach, and who may reach them, beside their own namespaces, DNS and the gateway.');

const route = z.strictObject({
  path: z
    .string()
    .regex(/^\/tenants\/[a-z0-9-]+\/([A-Za-z0-9_~-][A-Za-z0-9._~-]*\/)*$/, {
      abort: true,
      error: 'must be /tenants/<team>/, or lie below it, and end with "/"',
    })
    .max(200, 'at most 200 characters')
    .describe('Path prefix under the host, within /tenants/<team>/.'),
  service: label.describe('Service that it leads to.'),
  namespace: namespace.optional().describe('Namespace of the Service. Default: the first of its namespaces.'),
  port: z.int().min(1).max(65535).describe('Port of the Service.'),
  strip: z.boolean().optional().describe('true: the Service gets its requests without the prefix.'),
});

const repository = z
  .string()
  .superRefine((text, context) => {
    const parsed = parseGitUrl(text);
    const [message, hint] =
      'problem' in parsed
        ? [parsed.problem, parsed.hint]
        : parsed.scheme === 'file'
          ? ['must not be a file:// address', 'Argo CD reads it from inside the cluster.']
          : parsed.canonical === text
            ? [undefined, undefined]
            : ['is not spelt as Argo CD compares it', `Write ${parsed.canonical}`];
    if (message !== undefined) context.addIssue({ code: 'custom', message, params: { hint } });
    else if (/[*!,]/.test(text))
      context.addIssue({ code: 'custom', message: 'must name one repository, without "*", "!" or ","' });
  })
  .meta({ pattern: '^(https?://[^@\\s*!,]+|ssh://[^\\s*!,]+|[^@/:\\s*!,]+@[^/:\\s*!,]+:[^/\\s*!,][^\\s*!,]*)$' });

const kind = z.strictObject({
  group: z
    .string()
    .regex(/^[a-z0-9.-]*$/, 'must be an API group, as batch; empty for the core group')
    .describe('API group, as batch; "" for the core group.'),
  kind: z
    .string()
    .regex(/^[A-Z][A-Za-z0-9]*$/, 'must be a kind, as CronJob')
    .describe('Kind, as CronJob.'),
});

const labelText = z.string().regex(/^([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?$/, 'must be a label value');

/** Labels of a cluster, by which tenants choose it. */
export const clusterLabels = z.record(
  z.string().regex(/^[a-z0-9]([-a-z0-9_./]{0,61}[a-z0-9])?$/, 'must be a label name, as env'),
  labelText,
);

/** `privileged` is not among them: its pods own the node. */
const podSecurity = z.enum(['baseline', 'restricted']);

/** tenants/<team>/tenant.yaml, whole. */
export const tenantFile = z
  .strictObject({
    displayName: z
      .string()
      .regex(oneLine, 'must stand on one line, without "{" and "}"')
      .max(100, 'at most 100 characters')
      .optional()
      .describe('Name for people. Default: the name of the folder.'),
    kind: z
      .enum(['kubeflow', 'namespace'])
      .describe('kubeflow: a Profile of Kubeflow, whose members are its contributors. namespace: plain namespaces.'),
    owner: person.describe('Address of the person who answers for it; has the role admin.'),
    members: z.array(member).optional().describe('Who else may enter: {email: …, role: …} or {group: …, role: …}.'),
    namespaces: z
      .array(namespace)
      .min(1)
      .max(20, 'at most 20 namespaces')
      .optional()
      .describe('Its namespaces: <team>, and <team>--<anything>. Default: <team>.'),
    clusters: z
      .strictObject({
        names: z.array(label).optional().describe('Names of clusters.'),
        labels: clusterLabels.optional().describe('Labels that a cluster must have (labels in cluster.yaml).'),
      })
      .optional()
      .describe('Clusters that it belongs to: those named, and those with all of these labels. Default: all.'),
    quota,
    limits,
    podSecurity: podSecurity
      .optional()
      .describe('Pod Security level of its namespaces. Default: infrastructure/tenant/values.yaml.'),
    priorityClasses: z
      .array(label.refine((text) => !text.startsWith('system-'), 'belongs to Kubernetes'))
      .max(20, 'at most 20')
      .optional()
      .describe(
        'PriorityClasses above 0 that its pods may have: they can push out others, also of the platform. Default: none.',
      ),
    network,
    routes: z.array(route).max(50, 'at most 50 routes').optional().describe('Paths of the host that lead to it.'),
    repositories: z
      .array(repository)
      .optional()
      .describe('Git repositories that it may deploy from, beside its own folder in this one.'),
    deny: z.array(kind).optional().describe('Kinds that its Applications may not hold, beside those of the platform.'),
    deletionPolicy: z
      .enum(['keep', 'delete'])
      .optional()
      .describe(
        'What becomes of its namespaces when the folder is removed. keep: they stay until purged. delete: they go at once, with all data. Default: keep.',
      ),
  })
  .superRefine((value, context) => {
    const repeated = (key: 'namespaces' | 'repositories', text?: string) =>
      eachRepetition((value as Record<string, unknown>)[key], undefined, (index, found) =>
        context.addIssue({ code: 'custom', path: [key, index], message: `"${text ?? found}" is in the list already` }),
      );
    repeated('namespaces');
    repeated('repositories');
    for (const key of ['email', 'group'])
      eachRepetition(value.members, key, (index, text) =>
        context.addIssue({
          code: 'custom',
          path: ['members', index, key],
          message: `"${text}" is in the list already`,
        }),
      );
  }, readsAsWritten);

export type TenantFile = z.output<typeof tenantFile>;

/** What infrastructure/tenant/values.yaml may set for all tenants: the same keys, none required. */
export const tenantDefaults = z.strictObject({
  quota: tenantFile.shape.quota,
  limits: tenantFile.shape.limits,
  podSecurity: podSecurity.describe('Pod Security level of namespaces whose tenant.yaml names none.'),
  network: tenantFile.shape.network,
  deletionPolicy: tenantFile.shape.deletionPolicy,
});

export type TenantDefaults = z.output<typeof tenantDefaults>;
