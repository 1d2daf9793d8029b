import * as z from 'zod';
import { closest } from '../suggest.ts';
import { reads } from './reads.ts';

const cpu = z
  .string()
  .regex(/^([0-9]+(\.[0-9]{1,3})?|[0-9]+m)$/, 'must be a number of cores, for example "4", "0.5" or 500m');
const memory = z
  .string()
  .regex(/^[0-9]+(\.[0-9]+)?(k|Ki|M|Mi|G|Gi|T|Ti|P|Pi)$/, 'must be bytes with a unit, for example 512Mi or 16Gi');
const number = z.int().min(0).max(100_000);

const units: Readonly<Record<string, number>> = {
  m: 1e-3,
  k: 1e3,
  Ki: 2 ** 10,
  M: 1e6,
  Mi: 2 ** 20,
  G: 1e9,
  Gi: 2 ** 30,
  T: 1e12,
  Ti: 2 ** 40,
  P: 1e15,
  Pi: 2 ** 50,
};

/** @returns a quantity as a number of cores (500m is 0.5) or bytes */
export function amountOf(text: string): number {
  const [, amount = '0', unit = ''] = /^([0-9.]+)([A-Za-z]*)$/.exec(text) ?? [];
  return Number(amount) * (units[unit] ?? 1);
}

/** Names of Kubernetes' own resources and of storage classes: a quota on `requests.<name>` counts nothing. */
const noDevice = /(^|\.)(kubernetes|k8s)\.io\/|\/(requests|limits)\./;

/** Resource name of a device plugin. A quota counts it as `requests.<name>`. */
const device = z
  .string()
  .regex(/^[a-z0-9.-]+\/[A-Za-z0-9._-]+$/, 'must be the name of a resource, for example nvidia.com/gpu')
  .refine((name) => !noDevice.test(name), 'does not name a device: such a quota counts nothing');

/** Built-in kinds that a tenant can create, as quotas spell them. https://kubernetes.io/docs/concepts/policy/resource-quotas/ */
const ownResources: readonly string[] = [
  ...['configmaps', 'persistentvolumeclaims', 'pods', 'podtemplates', 'replicationcontrollers', 'secrets'],
  ...['serviceaccounts', 'services', 'events'],
  ...['controllerrevisions', 'daemonsets', 'deployments', 'replicasets', 'statefulsets'].map((name) => `${name}.apps`),
  ...['cronjobs.batch', 'jobs.batch', 'horizontalpodautoscalers.autoscaling', 'leases.coordination.k8s.io'],
  ...['poddisruptionbudgets.policy', 'events.events.k8s.io'],
  ...['resourceclaims.resource.k8s.io', 'resourceclaimtemplates.resource.k8s.io'],
];

/** Built-in API groups: the list above holds each of their kinds that a tenant can create. */
const ownGroups = [
  ...['', 'apps', 'batch', 'autoscaling', 'policy', 'coordination.k8s.io', 'events.k8s.io', 'resource.k8s.io'],
  ...['networking.k8s.io', 'discovery.k8s.io', 'rbac.authorization.k8s.io', 'storage.k8s.io', 'apiextensions.k8s.io'],
];

/** A kind, spelt as in `count/<name>` of a quota. */
const countedKind = z
  .string()
  .regex(
    /^[a-z0-9-]+(\.[a-z0-9.-]+)?$/,
    'must be the plural of a kind with its group, for example jobs.batch or secrets',
  )
  .superRefine((name, context) => {
    const group = name.includes('.') ? name.slice(name.indexOf('.') + 1) : '';
    if (ownResources.includes(name) || !ownGroups.includes(group)) return;
    const near = ownResources.find((known) => known.startsWith(`${name}.`)) ?? closest(name, ownResources);
    context.addIssue({
      code: 'custom',
      message: `"${name}" counts nothing: tenants cannot create this kind${near === undefined ? '' : `. Did you mean "${near}"?`}`,
    });
  });

/** Quota of a namespace. */
export const quota = z
  .strictObject({
    cpu: cpu.optional().describe('Total CPU requests of the pods, in cores.'),
    memory: memory.optional().describe('Total memory requests of the pods.'),
    limits: z
      .strictObject({
        cpu: cpu.optional().describe('Cores.'),
        memory: memory.optional().describe('Memory.'),
      })
      .optional()
      .describe("Total limits of the pods' containers. Those without a limit get the one in limits.limit."),
    gpus: z
      .record(device, number)
      .optional()
      .describe('Devices by resource name: {nvidia.com/gpu: 2}. Default: none of the devices in values.yaml.'),
    ephemeralStorage: memory.optional().describe('Total ephemeral storage limits of the pods.'),
    storage: memory.optional().describe('Total storage requests of the PersistentVolumeClaims.'),
    claims: number.optional().describe('Number of PersistentVolumeClaims.'),
    pods: number.optional().describe('Number of pods that have not finished.'),
    loadBalancers: number
      .optional()
      .describe('Number of Services of type LoadBalancer, where network.services allows them. Default: any number.'),
    objects: z
      .record(countedKind, number)
      .optional()
      .describe('Number of objects per kind: {jobs.batch: 500, secrets: 300}.'),
  })
  .optional()
  .describe('Quota of each of its namespaces. Defaults: infrastructure/tenant/values.yaml.');

const amounts = (what: string) =>
  z
    .strictObject({
      cpu: cpu.optional().describe('Cores.'),
      memory: memory.optional().describe('Memory.'),
      ephemeralStorage: memory.optional().describe('Ephemeral storage.'),
    })
    .optional()
    .describe(what);

/** Limits of one container. */
export const limits = z
  .strictObject({
    request: amounts('Default requests per container (LimitRange defaultRequest).'),
    limit: amounts('Default limits per container (LimitRange default).'),
    max: amounts(
      "Maximum limits per container (LimitRange max). At least 2 cores and 1Gi, the limits of Istio's sidecar.",
    ),
  })
  .superRefine(({ max }, context) => {
    const refuse = (key: 'cpu' | 'memory', least: string) =>
      context.addIssue({
        code: 'custom',
        path: ['max', key],
        message: `must be at least ${least}: Istio's sidecar, which runs in each pod, has that limit`,
      });
    if (max?.cpu !== undefined && amountOf(max.cpu) < 2) refuse('cpu', '2');
    if (max?.memory !== undefined && amountOf(max.memory) < 2 ** 30) refuse('memory', '1Gi');
  }, reads('max'))
  .optional()
  .describe('Limits of each container. Defaults: infrastructure/tenant/values.yaml.');
