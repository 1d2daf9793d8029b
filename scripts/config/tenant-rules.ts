import type { InputFinding } from './positions.ts';
import { overlap, parseRange } from './schema/address-ranges.ts';
import { isAddress } from './schema/common.ts';
import { comparedUrl } from './schema/git-url.ts';
import { namespaceSeparator, tenantPaths } from './schema/tenant.ts';
import { closest } from './suggest.ts';
import type { Tenant, TenantCluster } from './tenant.ts';
import { type TenantPolicy, workloadFindings } from './tenant-workload-rules.ts';

/** @returns the namespaces of a tenant; by default one, with its name */
export function namespacesOf(tenant: Pick<Tenant, 'name' | 'namespaces'>): readonly string[] {
  return tenant.namespaces ?? [tenant.name];
}

/** @returns true when the cluster is one of the tenant's */
export function belongsTo({ clusters }: Pick<Tenant, 'clusters'>, cluster: Pick<TenantCluster, 'name' | 'labels'>) {
  const { names, labels } = clusters ?? {};
  if (names === undefined && labels === undefined) return true;
  if (names?.includes(cluster.name) === true) return true;
  const selected = Object.entries(labels ?? {});
  return selected.length > 0 && selected.every(([name, value]) => cluster.labels[name] === value);
}

/** Names already in use, over all tenants. */
interface Taken {
  tenants: ReadonlyMap<string, Tenant>;
  repositories: ReadonlyMap<string, Tenant>;
}

/**
 * Rules over a tenant's fields together, and over all tenants.
 *
 * @param policy defaults for all tenants, which list the known devices, and the labels that tenants may set
 * @returns findings by tenant
 */
export function tenantFindings(
  tenants: readonly Tenant[],
  clusters: readonly TenantCluster[],
  policy: TenantPolicy,
): [Tenant, readonly InputFinding[]][] {
  const repositories = new Map<string, Tenant>();
  for (const tenant of tenants)
    for (const url of tenant.repositories ?? [])
      if (!repositories.has(compared(url))) repositories.set(compared(url), tenant);
  const taken: Taken = { tenants: new Map(tenants.map((tenant) => [tenant.name, tenant])), repositories };
  return tenants.flatMap((tenant): [Tenant, readonly InputFinding[]][] => {
    const findings = [
      ...memberFindings(tenant),
      ...namespaceFindings(tenant, taken, clusters),
      ...routeFindings(tenant, taken),
      ...repositoryFindings(tenant, taken, clusters),
      ...networkFindings(tenant, taken),
      ...appFindings(tenant, clusters),
      ...addressFindings(tenant, clusters),
      ...deviceFindings(tenant, Object.keys(policy.defaults.quota?.gpus ?? {})),
      ...clusterFindings(tenant, clusters),
      ...workloadFindings(tenant, tenants, policy),
    ];
    return findings.length === 0 ? [] : [[tenant, findings]];
  });
}

const isOwner = 'is the owner, who already has the role admin';

/** Finds members whose objects would have the same name (see tenant.bindingName in the chart). */
function memberFindings({ owner, members = [] }: Tenant): InputFinding[] {
  const bound = (email: string) => email.replaceAll(/[^a-z0-9]+/g, '-');
  const first = new Map(typeof owner === 'string' ? [[bound(owner), owner]] : []);
  return members.flatMap((member, index): InputFinding[] => {
    if (!('email' in member)) {
      if (typeof owner === 'string' || owner.group !== member.group) return [];
      return [{ path: ['members', index, 'group'], at: 'value', message: isOwner }];
    }
    const earlier = first.get(bound(member.email));
    first.set(bound(member.email), member.email);
    if (earlier === undefined) return [];
    const message =
      earlier === owner && member.email === owner
        ? isOwner
        : `results in the same object names as ${earlier}: these keep only letters and digits`;
    // The schema reports repetitions.
    return earlier === member.email && earlier !== owner
      ? []
      : [{ path: ['members', index, 'email'], at: 'value', message }];
  });
}

/** @returns the tenant that a namespace belongs to by its name */
function ownerOf(namespace: string, { tenants }: Taken): Tenant | undefined {
  return tenants.get(namespace.split(namespaceSeparator)[0] ?? '');
}

function namespaceFindings(tenant: Tenant, taken: Taken, clusters: readonly TenantCluster[]): InputFinding[] {
  const { name } = tenant;
  const list = namespacesOf(tenant);
  const lacking: InputFinding[] = list.includes(name)
    ? []
    : [{ path: ['namespaces'], at: 'key', message: `must contain ${name}, the namespace of its manifests` }];
  const rest = list.flatMap((namespace, index): InputFinding[] => {
    const written = tenant.namespaces !== undefined;
    const at: Pick<InputFinding, 'path' | 'at'> = written
      ? { path: ['namespaces', index], at: 'value' }
      : { path: [], at: 'key' };
    if (namespace !== name && !namespace.startsWith(name + namespaceSeparator)) {
      const owner = ownerOf(namespace, taken);
      const whose = owner === undefined ? '' : `"${namespace}" belongs to the tenant ${owner.name} (${owner.source}): `;
      const hint = `For example ${name}${namespaceSeparator}${namespace}`;
      return [{ ...at, message: `${whose}must be ${name}, or start with ${name}${namespaceSeparator}`, hint }];
    }
    const clash = clusters.find(
      ({ argocd, kubeflow, runningApps, addOns }) =>
        [argocd.namespace, kubeflow.defaultProfile.name].includes(namespace) ||
        [...runningApps, ...addOns].some((app) => app.namespace === namespace),
    );
    if (clash === undefined) return [];
    return [
      { ...at, message: `the namespace "${namespace}" is reserved on the cluster ${clash.name}`, hint: 'Rename it.' },
    ];
  });
  return [...lacking, ...rest];
}

function routeFindings(tenant: Tenant, { tenants }: Taken): InputFinding[] {
  const own = `${tenantPaths}${tenant.name}/`;
  const routes = tenant.routes ?? [];
  return routes.flatMap(({ path, namespace }, index): InputFinding[] => {
    const findings: InputFinding[] = [];
    if (!path.startsWith(own)) {
      const other = tenants.get(path.split('/')[2] ?? '');
      const whose = other === undefined ? '' : `belongs to the tenant ${other.name} (${other.source}): `;
      findings.push({ path: ['routes', index, 'path'], at: 'value', message: `${whose}must start with ${own}` });
    }
    const earlier = routes.slice(0, index).find((route) => path.startsWith(route.path));
    if (earlier !== undefined) {
      const message =
        earlier.path === path ? `"${path}" is listed twice` : `is never reached: ${earlier.path} comes before it`;
      const hint = earlier.path === path ? undefined : `Put it before the route ${earlier.path}.`;
      const other = ['routes', routes.indexOf(earlier), 'path'];
      findings.push({ path: ['routes', index, 'path'], at: 'value', message, hint, other });
    }
    if (namespace !== undefined && !namespacesOf(tenant).includes(namespace)) {
      const hint = `Its namespaces are: ${namespacesOf(tenant).join(', ')}.`;
      findings.push({
        path: ['routes', index, 'namespace'],
        at: 'value',
        message: 'is not one of its namespaces',
        hint,
      });
    }
    return findings;
  });
}

function repositoryFindings(tenant: Tenant, taken: Taken, clusters: readonly TenantCluster[]): InputFinding[] {
  return (tenant.repositories ?? []).flatMap((url, index): InputFinding[] => {
    const path = ['repositories', index];
    if (clusters.some(({ repositoryUrl }) => compared(repositoryUrl) === compared(url))) {
      const hint = `Put its manifests in tenants/${tenant.name}/apps/, and remove this line.`;
      return [{ path, at: 'value', message: "is the platform's own repository", hint }];
    }
    if (clusters.some(({ mirrors }) => mirrors.logins.some((login) => compared(login.url) === compared(url)))) {
      const message = "is read with the platform's own login (mirrors.logins), which its manifests would use, too";
      return [{ path, at: 'value', message, hint: 'Give the tenant a repository of its own.' }];
    }
    const other = taken.repositories.get(compared(url));
    if (other === undefined || other === tenant) return [];
    const message = `belongs to the tenant ${other.name} (${other.source})`;
    return [{ path, at: 'value', message, hint: 'A repository belongs to one tenant.' }];
  });
}

function networkFindings(tenant: Tenant, taken: Taken): InputFinding[] {
  return (tenant.network?.to ?? []).flatMap((namespace, index): InputFinding[] => {
    const owner = ownerOf(namespace, taken);
    if (owner === undefined || owner === tenant) return [];
    const lets = (owner.network?.from ?? []).some((from) => namespacesOf(tenant).includes(from));
    if (lets && namespacesOf(owner).includes(namespace)) return [];
    const message = lets
      ? `the tenant ${owner.name} has no namespace "${namespace}" (${owner.source})`
      : `the tenant ${owner.name} does not admit ${tenant.name} (${owner.source})`;
    const hint = lets ? undefined : `Ask that tenant to list one of this tenant's namespaces under network.from.`;
    return [{ path: ['network', 'to', index], at: 'value', message, hint }];
  });
}

/** Finds calls to apps, which only accept the gateway and the accounts in their app.yaml. */
function appFindings(tenant: Tenant, clusters: readonly TenantCluster[]): InputFinding[] {
  return (tenant.network?.to ?? []).flatMap((namespace, index): InputFinding[] => {
    const app = clusters
      .filter((cluster) => belongsTo(tenant, cluster))
      .flatMap(({ runningApps }) => runningApps)
      .find((one) => one.namespace === namespace);
    if (app === undefined) return [];
    if (app.callers.some((caller) => namespacesOf(tenant).includes(caller.namespace))) return [];
    const own = namespacesOf(tenant)[0];
    const message =
      'installed' in app.source
        ? `bypasses the gateway: nothing else protects the app ${app.name} inside its namespace`
        : `has no effect: the app ${app.name} accepts calls from the gateway only`;
    const hint = `Call it at its public address, or add the account under callers in ${app.folder}/app.yaml: {namespace: ${own}, serviceAccount: default}`;
    return [{ path: ['network', 'to', index], at: 'value', message, hint }];
  });
}

/** Finds ranges that contain a cluster's own addresses: MetalLB's pools lie in the nodes' network, node ports are on the nodes. */
function addressFindings(tenant: Tenant, clusters: readonly TenantCluster[]): InputFinding[] {
  return (tenant.network?.addresses ?? []).flatMap((text, index): InputFinding[] => {
    const range = parseRange(text);
    if (typeof range === 'string') return [];
    for (const cluster of clusters.filter((one) => belongsTo(tenant, one))) {
      const held = ownAddresses(cluster).find((own) => {
        const other = parseRange(own);
        return typeof other !== 'string' && overlap(range, other);
      });
      if (held === undefined) continue;
      const message = `contains ${held}, which belongs to the cluster ${cluster.name} itself`;
      return [
        {
          path: ['network', 'addresses', index],
          at: 'value',
          message,
          hint: 'List only the servers that the tenant needs.',
        },
      ];
    }
    return [];
  });
}

function ownAddresses({ knownHost, loadBalancer }: TenantCluster): string[] {
  const single = [knownHost, loadBalancer.address?.ip].filter((one) => one !== undefined && isAddress(one));
  return [
    ...(loadBalancer.metallb?.pools ?? []).flatMap(({ addresses }) => addresses),
    ...single.map((one) => `${one}-${one}`),
  ];
}

/** Finds misspelt devices: the quota would count nothing, and the intended device would stay at zero. */
function deviceFindings({ quota }: Tenant, known: readonly string[]): InputFinding[] {
  return Object.keys(quota?.gpus ?? {}).flatMap((name): InputFinding[] => {
    const near = known.includes(name) ? undefined : closest(name, known);
    if (near === undefined) return [];
    const hint = `Did you mean "${near}"? If not, add it to quota.gpus in infrastructure/tenant/values.yaml.`;
    return [{ path: ['quota', 'gpus', name], at: 'key', message: 'is an unknown device', hint }];
  });
}

function clusterFindings(tenant: Tenant, clusters: readonly TenantCluster[]): InputFinding[] {
  const known = clusters.map(({ name }) => name);
  const findings: InputFinding[] = (tenant.clusters?.names ?? []).flatMap((name, index): InputFinding[] =>
    known.includes(name)
      ? []
      : [
          {
            path: ['clusters', 'names', index],
            at: 'value',
            message: `there is no cluster "${name}"`,
            hint: `Clusters here: ${known.join(', ')}.`,
          },
        ],
  );
  const chosen = clusters.filter((cluster) => belongsTo(tenant, cluster));
  if (findings.length === 0 && chosen.length === 0 && clusters.length > 0)
    findings.push({ path: ['clusters'], at: 'key', message: 'no cluster has all of these labels' });
  const without = chosen.filter((cluster) => !runsProfiles(cluster)).map(({ name }) => name);
  if (tenant.kind === 'kubeflow' && without.length > 0)
    findings.push({
      path: ['kind'],
      at: 'value',
      message: `needs Kubeflow's profiles, which do not run on: ${without.join(', ')}`,
      hint: 'Add profiles to kubeflow.components there, choose other clusters, or write kind: namespace.',
    });
  return findings;
}

function runsProfiles({ kubeflow, components }: TenantCluster): boolean {
  return kubeflow.components.includes('profiles') && components['kubeflow-profiles']?.enabled !== false;
}

/** As Argo CD compares, and without scheme and user: by https or ssh, it is the same repository. */
function compared(url: string): string {
  return comparedUrl(url).replace(/^(https?:\/\/)?([^/@]*@)?/, '');
}
