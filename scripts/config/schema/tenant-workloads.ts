import * as z from 'zod';
import { dnsSubdomain, labelKey, labelKeyText, labelValue } from './common.ts';

const arn = /^arn:aws[a-z-]*:iam::[0-9]{12}:role\/[A-Za-z0-9+=,.@_/-]{1,512}$/;
const googleAccount = /^[a-z0-9-]+@[a-z0-9.:-]+\.gserviceaccount\.com$/;
const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

const shaped = (shape: RegExp, example: string, what: string) =>
  z.string().regex(shape, `must be like ${example}`).optional().describe(what);

/** Annotations by which a cloud gives an account's pods a role, each with the service that pods ask for credentials. */
export const cloudRoles = {
  'eks.amazonaws.com/role-arn': 'sts',
  'iam.gke.io/gcp-service-account': 'metadata',
  'azure.workload.identity/client-id': 'sts',
} as const satisfies Record<string, 'sts' | 'metadata'>;

/** Prefixes of the annotations that only the platform may write, in tenants' namespaces. */
export const cloudPrefixes: readonly string[] = Object.keys(cloudRoles).map((key) => `${key.split('/')[0]}/`);

const secretName = z
  .string()
  .max(253, 'at most 253 characters')
  .regex(new RegExp(`^${dnsSubdomain}$`), 'must be the name of a Secret');

/** The accounts of a tenant's pods, apart from those it makes itself. */
export const serviceAccounts = z
  .strictObject({
    pullSecrets: z
      .array(secretName)
      .max(10, 'at most 10')
      .optional()
      .describe("Secrets of type kubernetes.io/dockerconfigjson, by name, in each of the tenant's namespaces."),
    annotations: z
      .strictObject({
        'eks.amazonaws.com/role-arn': shaped(arn, 'arn:aws:iam::111122223333:role/team-a', 'IAM role (IRSA on EKS).'),
        'eks.amazonaws.com/audience': shaped(/^[a-z0-9.-]+$/, 'sts.amazonaws.com', "Audience of its pods' tokens."),
        'eks.amazonaws.com/sts-regional-endpoints': shaped(
          /^(true|false)$/,
          '"true"',
          'Whether pods use the STS endpoint of their region.',
        ),
        'eks.amazonaws.com/token-expiration': shaped(
          /^[0-9]{3,6}$/,
          '"86400"',
          "Lifetime of its pods' tokens, in seconds.",
        ),
        'iam.gke.io/gcp-service-account': shaped(
          googleAccount,
          'team-a@project.iam.gserviceaccount.com',
          "Google service account (GKE Workload Identity). Pods reach GKE's metadata server with network.cloudIdentity: true.",
        ),
        'azure.workload.identity/client-id': shaped(
          uuid,
          '00000000-0000-0000-0000-000000000000',
          'Client id of the managed identity or application (AKS). Its pods need the label azure.workload.identity/use: "true".',
        ),
        'azure.workload.identity/tenant-id': shaped(
          uuid,
          '00000000-0000-0000-0000-000000000000',
          'Directory (tenant) id at Microsoft Entra ID.',
        ),
        'azure.workload.identity/service-account-token-expiration': shaped(
          /^[0-9]{3,6}$/,
          '"3600"',
          "Lifetime of its pods' tokens, in seconds.",
        ),
      })
      .optional()
      .describe('Cloud role of its pods. Only the platform may write these annotations.'),
  })
  .optional()
  .describe('The accounts default and, for kind kubeflow, default-editor (notebooks, pipelines).');

/** Where a tenant's pods run. */
export const pods = z
  .strictObject({
    nodeSelector: z.record(labelKey, labelValue).optional().describe("Labels of its pods' nodes: {pool: team-a}."),
    tolerations: z
      .array(
        z
          .strictObject({
            key: labelKey.describe('Key of the taint.'),
            operator: z.enum(['Exists', 'Equal']).optional().describe('Default: Equal.'),
            value: labelValue.optional().describe('Value of the taint.'),
            effect: z
              .enum(['NoSchedule', 'PreferNoSchedule', 'NoExecute'])
              .optional()
              .describe('Effect of the taint. Default: all.'),
          })
          .refine(({ operator, value }) => operator !== 'Exists' || value === undefined, {
            path: ['value'],
            message: 'must be absent: Exists matches every value',
          }),
      )
      .max(20, 'at most 20')
      .optional()
      .describe("Taints that its pods tolerate, in addition to each pod's own."),
  })
  .optional()
  .describe('Nodes of its pods. Needs Kubernetes 1.36, or an admission plugin (docs/tenants.md).');

/** Labels or annotations of a tenant's namespaces, as far as infrastructure/tenant/labels.yaml allows them. */
export const namespaceLabels = z
  .record(labelKey, labelValue)
  .optional()
  .describe('Labels of its namespaces. infrastructure/tenant/labels.yaml lists the keys that tenants may set.');
export const namespaceAnnotations = z
  .record(
    labelKey,
    z
      .string()
      .max(1000, 'at most 1000 characters')
      .regex(/^[^\p{Cc}]*$/u, 'must be on one line'),
  )
  .optional()
  .describe('Annotations of its namespaces. infrastructure/tenant/labels.yaml lists the keys that tenants may set.');

/** Keys by which Kubernetes, the mesh, the platform, clouds and policy engines decide what a namespace may do. */
const deciders = [
  ...['breakwater.dev', 'kubernetes.io', 'k8s.io', 'istio.io', 'kubeflow.org', 'knative.dev', 'argoproj.io'],
  ...['openshift.io', 'ovn.org', 'amazonaws.com', 'gke.io', 'kyverno.io', 'gatekeeper.sh'],
];
const deciding = new RegExp(
  `^([a-z0-9.-]+\\.)?(${deciders.join('|').replaceAll('.', '\\.')})/|^(istio-injection|owner|control-plane)$`,
);

const allowedKey = z
  .string()
  .regex(new RegExp(`^(${labelKeyText}|${dnsSubdomain}/\\*)$`), {
    abort: true,
    error: 'must be a key, for example example.com/cost-center, or a prefix: example.com/*',
  })
  .refine((key) => !deciding.test(key), 'decides what a namespace may do: only the platform sets it');

/** infrastructure/tenant/labels.yaml: keys that a tenant.yaml may set on its namespaces. */
export const allowedLabels = z.strictObject({ labels: z.array(allowedKey), annotations: z.array(allowedKey) });

export type AllowedLabels = z.output<typeof allowedLabels>;

/** @returns true when the list has the key, or its prefix */
export function allows(list: readonly string[], key: string): boolean {
  return list.some((one) => one === key || (one.endsWith('/*') && key.startsWith(one.slice(0, -1))));
}
