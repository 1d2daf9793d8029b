import { readable } from '../cluster/api-error.ts';
import type { LiveApplication } from '../cluster/applications.ts';
import { parseCertificate } from '../cluster/certificates.ts';
import type { Connection } from '../cluster/connect.ts';
import { secretText } from '../cluster/secret-text.ts';
import { type Newest, type PlatformStatus, platformStatus } from '../cluster/status.ts';
import { gatewayCertificate } from '../components/gateway.ts';
import type { Platform } from '../components/platform.ts';
import type { Cluster } from '../config/cluster.ts';
import type { Repository } from '../git/repository.ts';
import { RunError, UsageError } from '../report/errors.ts';
import type { Reporter } from '../report/reporter.ts';
import { wavesOf } from './follow-waves.ts';
import { resolveGitAccess } from './git-access.ts';

/**
 * Asks the remote for the commit that the root should be at. An obstacle is reported, and fails nothing: who looks at a
 * cluster may have no credentials for Git.
 */
export async function newestCommit(
  root: string,
  cluster: Cluster,
  repository: Repository,
  reporter: Reporter,
): Promise<Newest> {
  const revision = cluster.git.revision ?? cluster.git.branch;
  if (/^[0-9a-f]{40}$/.test(revision)) return { revision, commit: revision };
  try {
    const { branches } = await repository.probe(await resolveGitAccess(root, cluster, reporter).push());
    const commit = branches.get(revision);
    return commit === undefined ? { revision, problem: 'the remote has no such branch' } : { revision, commit };
  } catch (error) {
    if (!(error instanceof RunError || error instanceof UsageError)) throw error;
    return { revision, problem: error.message };
  }
}

/** @returns when the certificate of the platform's host expires; undefined where it cannot be read, or is not there yet */
export async function certificateEnd({ api }: Pick<Connection, 'api'>, cluster: Cluster) {
  const text = await readable(() => secretText(api, gatewayCertificate(cluster), 'tls.crt'));
  const certificate = parseCertificate(text ?? '');
  if (certificate === undefined) return undefined;
  return { until: new Date(certificate.validTo).toISOString(), own: cluster.tls.certificate !== undefined };
}

/** @returns how the platform stands, by all Applications in Argo CD's namespace */
export function statusOf(
  applications: readonly LiveApplication[],
  {
    platform,
    newest,
    context,
    ...seen
  }: { platform: Platform; newest: Newest } & Pick<Connection, 'context'> &
    Pick<PlatformStatus, 'keptTenants' | 'certificate'>,
): PlatformStatus {
  const { cluster } = platform;
  const status = platformStatus(applications, {
    cluster: cluster.name,
    root: cluster.argocd.root.name,
    namespace: cluster.argocd.namespace,
    waves: wavesOf(platform),
    newest,
    context,
    now: Date.now(),
  });
  return { ...status, ...seen };
}
