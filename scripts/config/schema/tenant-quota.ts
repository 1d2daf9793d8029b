import { z } from 'zod';
import { closest } from '../suggest.ts';
import { reads } from './reads.ts';

const cpu = z.string().regex(/^([0-9]+(\.[0-9]{1,3})?|[0-9]+m)$/, 'must be cores, as "4", "0.5" or 500m');
const memory = z
  .string()
  .regex(/^[0-9]+(\.[0-9]+)?(k|Ki|M|Mi|G|Gi|T|Ti|P|Pi)$/, 'must be bytes with a unit, as 512Mi or 16Gi');
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

/** @returns a quantity as a number: of cores (500m is 0.5) or of bytes */
export function amountOf(text: string): number {
  const [, amount = '0', unit = ''] = /^([0-9.]+)([A-Za-z]*)$/.exec(text) ?? [];
  return Number(amount) * (units[unit] ?? 1);
}

/** Names of Kubernetes' own resources and of storage classes: a quota of `requests.<name>` would count nothing. */
const noDevice = /(^|\.)(kubernetes|k8s)\.io\/|\/(requests|limits)\./;

/** A device as its plugin names it, which a quota counts as `requests.<name>`. */
const device = z
  .string()
  .regex(/^[a-z0-9.-]+\/[A-Za-z0-9._-]+$/, 'must be the name of a resource, as nvidia.com/gpu')
  .refine((name) => !noDevice.test(name), 'names no device: such a quota counts nothing');

/** Kinds of Kubernetes' own that a tenant can make, as quotas spell them. https://kubernetes.io/docs/concepts/policy/resource-quotas/ */
const ownResources: readonly string[] = [
  ...['configmaps', 'persistentvolumeclaims', 'pods', 'podtemplates', 'replicationcontrollers', 'secrets'],
  ...['serviceaccounts', 'services', 'events'],
  ...['controllerrevisions', 'daemonsets', 'deployments', 'replicasets', 'statefulsets'].map((name) => `${name}.apps`),
  ...['cronjobs.batch', 'jobs.batch', 'horizontalpodautoscalers.autoscaling', 'leases.coordination.k8s.io'],
  ...['poddisruptionbudgets.policy', 'events.events.k8s.io'],
  ...['resourceclaims.resource.k8s.io', 'resourceclaimtemplates.resource.k8s.io'],
];

/** API groups of Kubernetes' own, all of whose kinds that a tenant can make are in the list above. */
const ownGroups = [
  ...['', 'apps', 'batch', 'autoscaling', 'policy', 'coordination.k8s.io', 'events.k8s.io', 'resource.k8s.io'],
  ...['networking.k8s.io', 'discovery.k8s.io', 'rbac.authorization.k8s.io', 'storage.k8s.io', 'apiextensions.k8s.io'],
];

/** A kind as `count/<name>` of a quota spells it. */
const countedKind = z
  .string()
  .regex(/^[a-z0-9-]+(\.[a-z0-9.-]+)?$/, 'must be the plural of a kind with its group, as jobs.batch or secrets')
  .superRefine((name, context) => {
    const group = name.includes('.') ? name.slice(name.indexOf('.') + 1) : '';
    if (ownResources.includes(name) || !ownGroups.includes(group)) return;
    const near = ownResources.find((known) => known.startsWith(`${name}.`)) ?? closest(name, ownResources);
    context.addIssue({
      code: 'custom',
      message: `"${name}" counts nothing: no tenant can make such a kind${near === undefined ? '' : `. Did you mean "${near}"?`}`,
    });
  });

/** What all pods and objects of a namespace may use together. */
export const quota = z
  .strictObject({
    cpu: cpu.optional().describe('Cores that its pods may ask for (requests).'),
    memory: memory.optional().describe('Memory that its pods may ask for (requests).'),
    gpus: z
      .record(device, number)
      .optional()
      .describe(
        'Devices by the name of their resource: {nvidia.com/gpu: 2}. Default: none of those listed in values.yaml.',
      ),
    ephemeralStorage: memory.optional().describe("Space on the nodes' disks that its pods may fill (limits)."),
    storage: memory.optional().describe('Storage that its PersistentVolumeClaims may ask for.'),
    claims: number.optional().describe('How many PersistentVolumeClaims.'),
    pods: number.optional().describe('How many pods that are not finished.'),
    objects: z
      .record(countedKind, number)
      .optional()
      .describe('How many objects of a kind there may be: {jobs.batch: 500, secrets: 300}.'),
  })
  .optional()
  .describe('What each of its namespaces may use. What is left out: infrastructure/tenant/values.yaml.');

const amounts = (what: string) =>
  z
    .strictObject({
      cpu: cpu.optional().describe('Cores.'),
      memory: memory.optional().describe('Memory.'),
      ephemeralStorage: memory.optional().describe("Space on the node's disk."),
    })
    .optional()
    .describe(what);

/** What one container may use. */
export const limits = z
  .strictObject({
    request: amounts('What a container asks for that does not say (LimitRange defaultRequest).'),
    limit: amounts('Where a container ends that does not say (LimitRange default).'),
    max: amounts("What no container may pass. Not below 2 cores and 1Gi, the limits of Istio's sidecar."),
  })
  .superRefine(({ max }, context) => {
    const refuse = (key: 'cpu' | 'memory', least: string) =>
      context.addIssue({
        code: 'custom',
        path: ['max', key],
        message: `must be at least ${least}: Istio's sidecar, which each pod gets, has that limit`,
      });
    if (max?.cpu !== undefined && amountOf(max.cpu) < 2) refuse('cpu', '2');
    if (max?.memory !== undefined && amountOf(max.memory) < 2 ** 30) refuse('memory', '1Gi');
  }, reads('max'))
  .optional()
  .describe('What each container may use. What is left out: infrastructure/tenant/values.yaml.');
