import { createHash } from 'node:crypto';
import type { ChartSource, KustomizeSource, SecretSpec } from '../components/component.ts';
import { allComponents } from '../components/index.ts';
import { mirrorCharts, mirrorGit } from '../components/mirrors.ts';
import type { Cluster } from '../config/cluster.ts';

/** Without the scheme of OCI, as Argo CD knows such a registry, and without the end that makes no difference to it. */
function compared(address: string): string {
  return address.replace(/^oci:\/\//, '').replace(/\.git$/, '');
}

/** @returns the address from which the cluster fetches a source */
function addressOf(cluster: Cluster, source: ChartSource | KustomizeSource): string {
  return source.kind === 'chart' ? mirrorCharts(cluster, source.repository) : mirrorGit(cluster, source.repository);
}

/** @returns the repositories that a cluster fetches from, mirrors applied, with what they hold */
export function fetchedRepositories(given: Cluster): { address: string; kind: 'chart' | 'kustomize' }[] {
  // No source depends on the host, but patches beside it do.
  const cluster = { ...given, knownHost: given.knownHost ?? 'host.invalid' };
  return allComponents(cluster).flatMap((component) =>
    component.sources(cluster).map((source) => ({ address: addressOf(cluster, source), kind: source.kind })),
  );
}

/** @returns whether two spellings name one repository */
export function isSameRepository(one: string, other: string): boolean {
  return compared(one) === compared(other);
}

/**
 * Secrets with the logins in `mirrors.logins`. Each is for one repository: Argo CD compares the credentials of a whole host by the beginning
 * of the address, so these would also serve repositories of tenants.
 *
 * https://argo-cd.readthedocs.io/en/stable/operator-manual/declarative-setup/#repositories
 */
export function loginSecrets(cluster: Cluster): SecretSpec[] {
  if (cluster.mirrors.logins.length === 0) return [];
  const fetched = fetchedRepositories(cluster);
  return cluster.mirrors.logins.flatMap(({ url: given, username, password }) => {
    const found = fetched.find(({ address }) => isSameRepository(address, given));
    if (found === undefined) return [];
    const { address, kind } = found;
    const url = address.replace(/^oci:\/\//, '');
    const readable = compared(address)
      .replace(/^[a-z]+:\/\//, '')
      .split('/')[0]
      ?.replaceAll(/[^a-z0-9]+/g, '-');
    const constants = {
      type: kind === 'chart' ? 'helm' : 'git',
      url,
      username,
      ...(address.startsWith('oci://') ? { enableOCI: 'true' } : {}),
    };
    return [
      {
        name: `login-${readable}-${createHash('sha256').update(url).digest('hex').slice(0, 8)}`,
        namespace: cluster.argocd.namespace,
        purpose: `Argo CD's login at ${address}`,
        labels: { 'argocd.argoproj.io/secret-type': 'repository' },
        keys: {
          ...Object.fromEntries(
            Object.entries(constants).map(([key, value]) => [key, { kind: 'constant' as const, value }]),
          ),
          password: { kind: 'reference', from: password, check: 'not-empty' },
        },
      },
    ];
  });
}

/** @returns host names of the mirrors, and of repositories with a login, whose certificates `mirrors.caFile` signed */
export function mirrorHosts({ mirrors }: Cluster): string[] {
  const addresses = [
    ...Object.values(mirrors.charts),
    ...Object.values(mirrors.git),
    ...mirrors.logins.map(({ url }) => url),
  ];
  const secure = addresses.filter((address) => /^(https|oci):\/\//.test(address));
  // The URL parser knows hosts of https only.
  return [...new Set(secure.map((address) => new URL(address.replace(/^oci:/, 'https:')).hostname))].sort();
}
