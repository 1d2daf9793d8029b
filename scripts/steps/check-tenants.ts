import type { Cluster } from '../config/cluster.ts';
import type { Tenant } from '../config/tenant.ts';
import { checkObject, scopeOf } from '../schemas/check.ts';
import { nameOf } from '../tree/rules/parsed-tree.ts';
import { keysOf, type Manifest } from '../tree/tenant-apps/manifests.ts';
import { checkTenantApps } from '../tree/tenant-apps/rules.ts';
import { readInputs } from '../workspace/read-inputs.ts';
import type { CheckFinding } from './check-cluster.ts';

/**
 * Checks all tenants' own manifests, tenants/<team>/apps/, as Argo CD would read them: the files, the kinds and namespaces that
 * the tenant's project and the admission policies allow, and each object's schema.
 */
export async function checkTenants(
  root: string,
  { denied }: Pick<Cluster['shared'], 'denied'>,
  tenants: readonly Tenant[],
): Promise<CheckFinding[]> {
  const found = await Promise.all(
    tenants
      .filter(({ hasApps }) => hasApps)
      .map(async (tenant) => {
        const files = await readInputs(root, [`tenants/${tenant.name}/apps`], /^/);
        const bounds = { tenant, denied, isClusterKind };
        const { findings, manifests } = checkTenantApps(files, bounds);
        return [
          ...findings,
          ...manifests.filter((manifest) => !isClusterKind(manifest.object)).flatMap(schemaFindings),
        ];
      }),
  );
  // By rule, so that each reason is printed once.
  return found.flat().sort((a, b) => (a.rule === b.rule ? 0 : a.rule < b.rule ? -1 : 1));
}

function isClusterKind({ apiVersion, kind }: Manifest['object']): boolean {
  return scopeOf(apiVersion, kind) === 'Cluster';
}

function schemaFindings({ object, placeOf }: Manifest): CheckFinding[] {
  return checkObject(object).flatMap((problem) => {
    // A hook may have a name that Kubernetes makes (argo-cd docs, user-guide/sync-waves).
    if (problem === 'metadata.name: is missing' && 'generateName' in object.metadata && isHook(object)) return [];
    const path = problem.slice(0, problem.indexOf(': '));
    return [{ rule: 'schema', ...placeOf(keysOf(object, path)), path: nameOf(object), message: problem }];
  });
}

function isHook({ metadata }: Manifest['object']): boolean {
  return metadata.annotations?.['argocd.argoproj.io/hook'] !== undefined;
}
