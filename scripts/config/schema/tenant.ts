import * as z from 'zod';
import { email, label, labelUpTo, labelValue } from './common.ts';
import { parseGitUrl } from './git-url.ts';
import { groupName } from './group-name.ts';
import { eachRepetition, readsAsWritten } from './reads.ts';
import { takenNamespaces } from './reserved.ts';
import { outsideAddresses } from './tenant-addresses.ts';
import { limits, quota } from './tenant-quota.ts';
import { namespaceAnnotations, namespaceLabels, pods, serviceAccounts } from './tenant-workloads.ts';

/** Longest name of a tenant: `tenant-<name>-access` and its namespaces must be DNS labels. */
export const longestTenantName = 40;

/** Separates a tenant's name from the rest of a further namespace's name. No tenant's name contains it, so namespaces never clash. */
export const namespaceSeparator = '--';

/** Path prefix of all tenants' routes, which no app or part of the platform uses. */
export const tenantPaths = '/tenants/';

/** Name prefixes reserved for namespaces of Kubernetes and the platform. */
export const takenPrefixes: readonly string[] = [
  'kube-',
  'istio-',
  'argocd-',
  'kubeflow-',
  'knative-',
  'cert-manager-',
];

/**
 * @param name a namespace, or a tenant's name (also the name of its first namespace)
 * @returns true when it is reserved for Kubernetes or the platform
 */
function isTaken(name: string): boolean {
  return takenNamespaces.includes(name) || takenPrefixes.some((prefix) => name.startsWith(prefix));
}

/** Name of a tenant, which is the name of its folder. */
export const tenantName = labelUpTo(
  longestTenantName,
  "names derived from it would exceed Kubernetes' limit of 63",
).superRefine((text, context) => {
  if (isTaken(text))
    context.addIssue({ code: 'custom', message: `"${text}" is reserved for Kubernetes or the platform` });
  if (text.includes(namespaceSeparator))
    context.addIssue({
      code: 'custom',
      message: `must not contain "${namespaceSeparator}", which separates a tenant's name from the rest of a namespace's name`,
    });
});

/** Reserved names as JSON Schema, for editors and the chart. */
const notTaken = {
  not: { anyOf: [{ enum: [...takenNamespaces] }, { pattern: `^(${takenPrefixes.join('|')})` }] },
};

const namespace = label.refine((text) => !isTaken(text), 'is reserved for Kubernetes or the platform').meta(notTaken);

/** A person's e-mail address. It becomes part of object names: `user-<address>-clusterrole-<role>`, at most 253 characters. */
const person = email.max(200, 'at most 200 characters: it becomes part of object names');

const oneLine = /^[^\p{Cc}{}]+$/u;

const role = z
  .enum(['admin', 'edit', 'view'])
  .default('edit')
  .describe('Role. view: sees the objects. edit: changes them. admin: edit, and creates Applications in Argo CD.');

const member = z.union([
  z.strictObject({ email: person.describe('E-mail address of a person, as the identity provider sends it.'), role }),
  z.strictObject({ group: groupName.describe('Name of a group at the identity provider.'), role }),
]);

/** Network access beyond its own namespaces, DNS, the mesh and the gateway. */
const network = z
  .strictObject({
    internet: z.boolean().optional().describe('Whether its pods may reach public addresses.'),
    to: z
      .array(namespace)
      .optional()
      .describe(
        'Namespaces that its pods may call. If one belongs to another tenant, that tenant must list this one under network.from.',
      ),
    from: z.array(namespace).optional().describe('Namespaces whose pods may call its pods.'),
    addresses: z
      .array(outsideAddresses)
      .optional()
      .describe('Addresses outside the cluster that its pods may call, for example 10.20.0.0/16.'),
    cloudIdentity: z
      .boolean()
      .optional()
      .describe(
        "Whether its pods may get cloud credentials for their account (EKS Pod Identity, GKE Workload Identity). On GKE without Workload Identity they would get the node's. Default: false.",
      ),
    services: z
      .array(z.enum(['LoadBalancer', 'NodePort']))
      .optional()
      .describe('Service types that may expose its pods without the gateway, its TLS and its login. Default: none.'),
  })
  .optional()
  .describe('Network access beyond its own namespaces, DNS and the gateway.');

const route = z.strictObject({
  path: z
    .string()
    .regex(/^\/tenants\/[a-z0-9-]+\/([A-Za-z0-9_~-][A-Za-z0-9._~-]*\/)*$/, {
      abort: true,
      error: 'must be /tenants/<team>/ or a path under it, and end with "/"',
    })
    .max(200, 'at most 200 characters')
    .describe("Path prefix on the platform's host, within /tenants/<team>/."),
  service: label.describe('Service that receives the requests.'),
  namespace: namespace.optional().describe("Namespace of the Service. Default: the tenant's first namespace."),
  port: z.int().min(1).max(65535).describe('Port of the Service.'),
  strip: z.boolean().optional().describe('Remove the prefix before a request reaches the Service.'),
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
            : ['is not in the canonical form that Argo CD compares', `Write ${parsed.canonical}`];
    if (message !== undefined) context.addIssue({ code: 'custom', message, params: { hint } });
    else if (/[*!,]/.test(text))
      context.addIssue({ code: 'custom', message: 'must be a single repository, without "*", "!" or ","' });
  })
  .meta({
    patternErrorMessage:
      'must be the address of one repository: https://, ssh:// or user@host:path, without a password',
    pattern: '^(https?://[^@\\s*!,]+|ssh://[^\\s*!,]+|[^@/:\\s*!,]+@[^/:\\s*!,]+:[^/\\s*!,][^\\s*!,]*)$',
  });

const kind = z.strictObject({
  group: z
    .string()
    .regex(/^[a-z0-9.-]*$/, 'must be an API group, for example batch; empty for the core group')
    .describe('API group, for example batch; "" for the core group.'),
  kind: z
    .string()
    .regex(/^[A-Z][A-Za-z0-9]*$/, 'must be a kind, for example CronJob')
    .describe('Kind, for example CronJob.'),
});

/** Labels of a cluster, which tenants select by. */
export const clusterLabels = z.record(
  z.string().regex(/^[a-z0-9]([-a-z0-9_./]{0,61}[a-z0-9])?$/, 'must be a label name, for example env'),
  labelValue,
);

/** Not `privileged`: such pods control the node. */
const podSecurity = z.enum(['baseline', 'restricted']);

/** The whole of tenants/<team>/tenant.yaml. */
export const tenantFile = z
  .strictObject({
    displayName: z
      .string()
      .regex(oneLine, 'must be on one line, without "{" and "}"')
      .max(100, 'at most 100 characters')
      .optional()
      .describe('Display name. Default: the name of the folder.'),
    kind: z
      .enum(['kubeflow', 'namespace'])
      .describe('kubeflow: a Kubeflow Profile with the members as its contributors. namespace: plain namespaces.'),
    owner: z
      .union([person, z.strictObject({ group: groupName.describe('Name of a group at the identity provider.') })])
      .describe('E-mail address of the person responsible, or {group: …}, with the role admin.'),
    members: z.array(member).optional().describe('Further members: {email: …, role: …} or {group: …, role: …}.'),
    namespaces: z
      .array(namespace)
      .min(1)
      .max(20, 'at most 20 namespaces')
      .optional()
      .describe('Namespaces: <team> and <team>--<anything>. Default: <team>.'),
    clusters: z
      .strictObject({
        names: z.array(label).optional().describe('Names of clusters.'),
        labels: clusterLabels.optional().describe('Labels that a cluster must have (labels in cluster.yaml).'),
      })
      .optional()
      .describe('Clusters for this tenant: those listed, plus those with all of the labels. Default: all.'),
    labels: namespaceLabels,
    annotations: namespaceAnnotations,
    quota,
    limits,
    serviceAccounts,
    pods,
    podSecurity: podSecurity
      .optional()
      .describe('Pod Security level of the namespaces. Default: infrastructure/tenant/values.yaml.'),
    priorityClasses: z
      .array(label.refine((text) => !text.startsWith('system-'), 'is reserved for Kubernetes'))
      .max(20, 'at most 20')
      .optional()
      .describe(
        "PriorityClasses above 0 that its pods may use. Such pods can preempt others, including the platform's. Default: none.",
      ),
    network,
    routes: z
      .array(route)
      .max(50, 'at most 50 routes')
      .optional()
      .describe(
        "Paths on the platform's host that lead to its Services; on apps.<host> where a cluster sets auth.userCodeHost.",
      ),
    repositories: z
      .array(repository)
      .optional()
      .describe('Git repositories that it may deploy from, in addition to its folder in this one.'),
    deny: z
      .array(kind)
      .optional()
      .describe("Kinds that its Applications must not contain, in addition to the platform's list."),
    deletionPolicy: z
      .enum(['keep', 'delete'])
      .optional()
      .describe(
        'What happens to the namespaces when the folder is removed. keep: they stay until purged. delete: they are deleted at once, with all data. Default: keep.',
      ),
  })
  .superRefine((value, context) => {
    const repeated = (key: 'namespaces' | 'repositories', text?: string) =>
      eachRepetition((value as Record<string, unknown>)[key], undefined, (index, found) =>
        context.addIssue({ code: 'custom', path: [key, index], message: `"${text ?? found}" is listed twice` }),
      );
    repeated('namespaces');
    repeated('repositories');
    for (const key of ['email', 'group'])
      eachRepetition(value.members, key, (index, text) =>
        context.addIssue({
          code: 'custom',
          path: ['members', index, key],
          message: `"${text}" is listed twice`,
        }),
      );
  }, readsAsWritten);

export type TenantFile = z.output<typeof tenantFile>;

/** Defaults for all tenants in infrastructure/tenant/values.yaml: the same keys, all optional. */
export const tenantDefaults = z.strictObject({
  quota: tenantFile.shape.quota,
  limits: tenantFile.shape.limits,
  serviceAccounts: tenantFile.shape.serviceAccounts,
  pods: tenantFile.shape.pods,
  podSecurity: podSecurity.describe('Pod Security level of namespaces whose tenant.yaml sets none.'),
  network: tenantFile.shape.network,
  deletionPolicy: tenantFile.shape.deletionPolicy,
});

export type TenantDefaults = z.output<typeof tenantDefaults>;
