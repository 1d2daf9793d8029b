import type { InputFinding } from './positions.ts';
import type { TenantDefaults } from './schema/tenant.ts';
import { amountOf } from './schema/tenant-quota.ts';
import { type AllowedLabels, allows, cloudRoles } from './schema/tenant-workloads.ts';
import type { Tenant } from './tenant.ts';

/** Inputs beside the tenants themselves: infrastructure/tenant/{values,labels}.yaml. */
export interface TenantPolicy {
  defaults: Pick<TenantDefaults, 'quota' | 'limits' | 'network'>;
  /** Undefined when the file could not be read, which is reported elsewhere. */
  labels: AllowedLabels | undefined;
  /** Cloud roles that the platform itself uses, with the place that names each. */
  platformRoles: ReadonlyMap<string, string>;
}

/** Finds labels of namespaces that are not allowed, cloud roles that are taken or out of reach, and limits without effect. */
export function workloadFindings(tenant: Tenant, tenants: readonly Tenant[], policy: TenantPolicy): InputFinding[] {
  return [
    ...labelFindings(tenant, policy.labels),
    ...roleFindings(tenant, tenants, policy),
    ...loadBalancerFindings(tenant, policy.defaults),
    ...limitFindings(tenant, policy.defaults),
  ];
}

function labelFindings(tenant: Tenant, allowed: TenantPolicy['labels']): InputFinding[] {
  if (allowed === undefined) return [];
  return (['labels', 'annotations'] as const).flatMap((kind) =>
    Object.keys(tenant[kind] ?? {})
      .filter((key) => !allows(allowed[kind], key))
      .map((key) => ({
        path: [kind, key],
        at: 'key',
        message: 'is not a key that tenants may set on their namespaces',
        hint: `If no program decides by it what a namespace may do, add it to ${kind} in infrastructure/tenant/labels.yaml.`,
      })),
  );
}

/** @returns the cloud roles that a tenant names */
export function rolesOf({ serviceAccounts }: Tenant): string[] {
  return Object.keys(cloudRoles).flatMap((key) => serviceAccounts?.annotations?.[key as keyof typeof cloudRoles] ?? []);
}

/** A cloud role belongs to one tenant, so that no tenant.yaml takes the role of another team, or of the platform. */
function roleFindings(
  tenant: Tenant,
  tenants: readonly Tenant[],
  { defaults: { network: byDefault = {} }, platformRoles }: TenantPolicy,
): InputFinding[] {
  const { internet, addresses, cloudIdentity } = { ...byDefault, ...tenant.network };
  const roles = tenant.serviceAccounts?.annotations ?? {};
  return Object.entries(cloudRoles).flatMap(([key, service]): InputFinding[] => {
    const role = roles[key as keyof typeof cloudRoles];
    if (role === undefined) return [];
    const path = ['serviceAccounts', 'annotations', key];
    const hint = 'Give each tenant a role of its own.';
    const place = platformRoles.get(role);
    if (place !== undefined) return [{ path, at: 'value', message: `belongs to the platform (${place})`, hint }];
    // No cloud tells its roles' names apart by their case.
    const owner = tenants.find((one) => rolesOf(one).some((other) => other.toLowerCase() === role.toLowerCase()));
    if (owner !== undefined && owner !== tenant)
      return [{ path, at: 'value', message: `belongs to the tenant ${owner.name} (${owner.source})`, hint }];
    if (service === 'metadata' && cloudIdentity !== true) {
      const message = "has no effect: the tenant's pods cannot reach GKE's metadata server";
      return [{ path, at: 'key', message, hint: 'Set network.cloudIdentity: true.' }];
    }
    const reaches = tenant.kind === 'kubeflow' || internet === true || (addresses ?? []).length > 0;
    if (service === 'sts' && !reaches) {
      const message = "has no effect: the tenant's pods cannot reach the cloud's token service on port 443";
      const reach = 'Set network.internet: true, or list its addresses in network.addresses.';
      return [{ path, at: 'key', message, hint: reach }];
    }
    return [];
  });
}

function loadBalancerFindings({ quota, network }: Tenant, { network: byDefault }: TenantPolicy['defaults']) {
  const types = network?.services ?? byDefault?.services ?? [];
  if (quota?.loadBalancers === undefined || quota.loadBalancers === 0 || types.includes('LoadBalancer')) return [];
  const message = 'has no effect: the tenant may have no Service of type LoadBalancer';
  const hint = 'Set network.services: [LoadBalancer].';
  return [{ path: ['quota', 'loadBalancers'], at: 'key', message, hint } as const];
}

/** Finds a request above its limit, or a limit above its maximum: Kubernetes refuses such a LimitRange. */
function limitFindings({ limits }: Tenant, defaults: TenantPolicy['defaults']): InputFinding[] {
  const order = ['request', 'limit', 'max'] as const;
  const amount = (part: (typeof order)[number], key: 'cpu' | 'memory' | 'ephemeralStorage') =>
    limits?.[part]?.[key] ?? defaults.limits?.[part]?.[key];
  return (['cpu', 'memory', 'ephemeralStorage'] as const).flatMap((key) =>
    order.flatMap((upper, index): InputFinding[] => {
      const high = amount(upper, key);
      const lower = order.slice(0, index).find((part) => amountOf(amount(part, key) ?? '0') > amountOf(high ?? '1P'));
      if (high === undefined || lower === undefined) return [];
      const own = [upper, lower].find((part) => limits?.[part]?.[key] !== undefined);
      const message = `limits.${lower}.${key} is ${amount(lower, key)}, more than limits.${upper}.${key}, which is ${high}`;
      const hint = `Set both. The default is in infrastructure/tenant/values.yaml.`;
      return [{ path: own === undefined ? [] : ['limits', own, key], at: 'value', message, hint }];
    }),
  );
}
