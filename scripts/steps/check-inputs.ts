import type { Platform } from '../components/platform.ts';
import type { Cluster } from '../config/cluster.ts';
import { listClusters, loadClusters } from '../config/load.ts';
import type { Tenant } from '../config/tenant.ts';
import { loadTenants } from '../config/tenants.ts';
import { placePlatform } from '../tree/place.ts';
import { type CheckFinding, checkCluster } from './check-cluster.ts';
import { checkTenants } from './check-tenants.ts';

/** Checked inputs, with findings. */
export interface InputsChecked {
  /** Those that were asked for and, where they are among those of the repository, all others. */
  clusters: readonly Cluster[];
  /** Those that were checked. */
  platforms: readonly Platform[];
  tenants: readonly Tenant[];
  /** In the order of the names. */
  results: readonly { cluster: string; findings: readonly CheckFinding[] }[];
  /** About the tenants' own manifests. */
  tenantApps: readonly CheckFinding[];
}

/**
 * Checks everything that Argo CD would read from a repository, without network: `validate` reports findings in the work tree, and
 * a bootstrap refuses to publish them.
 *
 * @param names the clusters to check
 * @param options.more further findings about a cluster
 * @param options.tell is called with each result as it comes
 * @throws UsageError with every mistake of the inputs
 */
export async function checkInputs(
  root: string,
  names: readonly string[],
  options: {
    more?: (platform: Platform) => Promise<readonly CheckFinding[]>;
    tell?: (what: string, findings: readonly CheckFinding[]) => void;
  } = {},
): Promise<InputsChecked> {
  const { more = async () => [], tell = () => undefined } = options;
  const all = listClusters(root);
  const clusters = loadClusters(root, all.includes(names[0] ?? '') ? all : names);
  // Tenants are checked together and against all clusters, whichever cluster is asked for.
  const tenants = loadTenants(root, clusters);
  const results = [];
  const platforms = clusters.filter(({ name }) => names.includes(name)).map(placePlatform);
  for (const platform of platforms) {
    const { cluster } = platform;
    const findings = [...(await checkCluster(root, platform)), ...(await more(platform))];
    results.push({ cluster: cluster.name, findings });
    tell(cluster.name, findings);
  }
  const tenantApps = clusters[0] === undefined ? [] : await checkTenants(root, clusters[0].shared, tenants);
  if (tenantApps.length > 0) tell('tenants', tenantApps);
  return { clusters, platforms, tenants, results, tenantApps };
}

/** @returns findings by rule, for people, so that each reason is printed once */
export function findingLines(findings: readonly CheckFinding[]): string[] {
  const lines: string[] = [];
  let last: string | undefined;
  for (const finding of findings) {
    const { rule, message, reason, path } = finding;
    const title = `[${rule}]${reason === undefined ? '' : ` ${reason}`}`;
    if (title !== last) lines.push(title);
    last = title;
    lines.push(`  ${placeOf(finding)}: ${path === undefined ? '' : `${path} `}${message}`);
  }
  return lines;
}

/** As file:line:column, which terminals and editors can open. */
function placeOf({ file, line, column }: CheckFinding): string {
  return line === undefined ? file : `${file}:${line}:${column}`;
}
