import { addressOf, checkKnownHosts } from '../cluster/known-hosts.ts';
import type { Trust } from '../cluster/trust.ts';
import type { Cluster } from '../config/cluster.ts';
import { parseGitUrl } from '../config/schema/git-url.ts';
import { UsageError } from '../report/errors.ts';
import { readRegularFile } from '../workspace/regular-file.ts';
import { absolutePath, resolveReference } from '../workspace/secret-reference.ts';

/**
 * @returns what Argo CD has to trust about the Git host: its SSH keys or its CA; undefined when nothing is configured
 * @throws UsageError when a file can't be read, or holds no key of the host
 */
export function repositoryTrust(root: string, cluster: Cluster): Trust | undefined {
  const { url, credentials, caFile } = cluster.git;
  const parsed = url === undefined ? undefined : parseGitUrl(url);
  if (parsed === undefined || 'problem' in parsed) return undefined;
  const place = {
    namespace: cluster.argocd.namespace,
    host: parsed.host,
    address: addressOf(parsed.host, parsed.port),
  };
  if (credentials !== undefined && 'sshKey' in credentials) {
    return {
      ...place,
      knownHosts: checkKnownHosts(resolveReference(root, credentials.knownHosts), parsed.host, parsed.port),
    };
  }
  if (credentials !== undefined && 'deployKey' in credentials) {
    const { knownHosts } = credentials.deployKey;
    if (knownHosts === undefined) return undefined;
    return { ...place, knownHosts: checkKnownHosts(resolveReference(root, knownHosts), parsed.host, parsed.port) };
  }
  return caFile === undefined ? undefined : { ...place, ca: readCa(root, caFile) };
}

function readCa(root: string, caFile: string): string {
  const text = readRegularFile(absolutePath(root, caFile), caFile, 'cluster.yaml names it as git.caFile.');
  if (text.includes('-----BEGIN CERTIFICATE-----')) return text;
  throw new UsageError(`git.caFile: ${caFile} holds no PEM certificate`);
}
