import { groupOf, type KubernetesObject, type SecretSpec } from '../components/component.ts';
import { RunError } from '../report/errors.ts';
import type { Api, Right } from './api.ts';
import { inParallel } from './parallel.ts';

/** Objects that a run will write or read. */
export interface RightsQuestion {
  /** Objects to apply: namespaces, Argo CD, AppProjects, the root Application, the repository Secret. */
  objects: readonly KubernetesObject[];
  secrets: readonly SecretSpec[];
  argocdNamespace: string;
  /** Service whose address the run waits for. */
  service?: { name: string; namespace: string };
}

/** Verbs that server-side apply needs, whether or not the object exists. */
const applyVerbs = ['get', 'create', 'patch'] as const;

/**
 * @returns each right that the run needs, once. Pure: derives resource names from kinds by Kubernetes' own heuristic,
 * because CRDs that the run installs cannot be looked up yet
 */
export function rightsFor(question: RightsQuestion): Right[] {
  const { objects, secrets, argocdNamespace, service } = question;
  const rights: Right[] = objects.flatMap((object) => {
    const { kind, apiVersion, metadata } = object;
    return on(applyVerbs, groupOf({ apiVersion }), pluralOf(kind), metadata.namespace);
  });
  // Without these the API server refuses a role that grants more than the user's own rights:
  // https://kubernetes.io/docs/reference/access-authn-authz/rbac/#privilege-escalation-prevention-and-bootstrapping
  const rbac = 'rbac.authorization.k8s.io';
  for (const { kind, metadata } of objects) {
    if (kind === 'ClusterRole' || kind === 'Role')
      rights.push(...on(['escalate'], rbac, pluralOf(kind), metadata.namespace));
    if (kind === 'ClusterRoleBinding') rights.push(...on(['bind'], rbac, 'clusterroles', undefined));
    if (kind === 'RoleBinding') rights.push(...on(['bind'], rbac, 'roles', metadata.namespace));
  }
  for (const need of secrets) {
    rights.push(...on(applyVerbs, '', 'secrets', need.namespace));
    if (need.keptOnClaim !== undefined) rights.push(...on(['get'], '', 'persistentvolumeclaims', need.namespace));
    for (const workload of need.usedBy ?? []) {
      rights.push(...on(['get', 'patch'], 'apps', 'deployments', workload.slice(0, workload.indexOf('/'))));
    }
  }
  rights.push(
    ...on(['get', 'list', 'watch'], 'argoproj.io', 'applications', argocdNamespace),
    ...on(['get', 'patch'], '', 'configmaps', argocdNamespace),
    ...on(['list'], '', 'secrets', argocdNamespace),
    // To find an Argo CD in another namespace or with another owner before writing anything.
    ...on(['list'], 'apps', 'deployments', undefined),
    ...on(['list'], 'apps', 'statefulsets', undefined),
    ...on(['list'], 'argoproj.io', 'applications', undefined),
    ...on(['get'], '', 'namespaces', undefined),
  );
  if (service !== undefined) rights.push(...on(['get'], '', 'services', service.namespace));
  const byKey = new Map(rights.map((right) => [Object.values(right).join(' '), right]));
  return [...byKey.values()];
}

function on(verbs: readonly string[], group: string, resource: string, namespace: string | undefined): Right[] {
  return verbs.map((verb) => ({ verb, group, resource, ...(namespace === undefined ? {} : { namespace }) }));
}

/** As apimachinery's UnsafeGuessKindToResource. */
function pluralOf(kind: string): string {
  const lower = kind.toLowerCase();
  if (lower.endsWith('s')) return `${lower}es`;
  return lower.endsWith('y') ? `${lower.slice(0, -1)}ies` : `${lower}s`;
}

/** @returns those of the rights that the user lacks, in the given order */
export async function missingRights(api: Api, rights: readonly Right[]): Promise<Right[]> {
  // A user who may do everything may also grant everything.
  if (await api.allowed({ verb: '*', group: '*', resource: '*' })) return [];
  const answers = await inParallel(rights, 8, async (right) => ({ right, allowed: await api.allowed(right) }));
  return answers.filter(({ allowed }) => !allowed).map(({ right }) => right);
}

/**
 * Checks all rights before the first write.
 *
 * @throws RunError with every missing right
 */
export async function requireRights(api: Api, rights: readonly Right[], user?: string): Promise<void> {
  const missing = await missingRights(api, rights);
  if (missing.length === 0) return;
  throw new RunError(
    `${user === undefined ? 'the user of this context' : `the user "${user}"`} lacks rights that the run needs`,
    {
      details: describeRights(missing),
      hint: "Nothing was written. Use a cluster administrator's context (the bootstrap installs CRDs and cluster roles), or ask for these rights.",
    },
  );
}

/** @returns one line per resource, for example `get, create secrets in namespace auth` */
export function describeRights(rights: readonly Right[]): string[] {
  const verbs = new Map<string, string[]>();
  for (const { verb, group, resource, namespace } of rights) {
    const what = group === '' ? resource : `${resource}.${group}`;
    const place = namespace === undefined ? 'in the whole cluster' : `in namespace ${namespace}`;
    verbs.set(`${what} ${place}`, [...(verbs.get(`${what} ${place}`) ?? []), verb]);
  }
  return [...verbs.entries()].map(([where, list]) => `${list.join(', ')} ${where}`);
}
