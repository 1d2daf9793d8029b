import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { addressOf, checkKnownHosts } from '../cluster/known-hosts.ts';
import type { RepositoryCredentials } from '../cluster/repository-secret.ts';
import type { Trust } from '../cluster/trust.ts';
import type { Cluster } from '../config/cluster.ts';
import type { SecretReference } from '../config/schema/common.ts';
import { parseGitUrl } from '../config/schema/git-url.ts';
import type { Remote } from '../git/remote.ts';
import { chooseHost } from '../hosts/choose.ts';
import { githubApi, installationToken } from '../hosts/github.ts';
import type { Host } from '../hosts/host.ts';
import { plainGit } from '../hosts/plain-git.ts';
import { UsageError } from '../report/errors.ts';
import type { Reporter } from '../report/reporter.ts';
import { mirrorHosts } from '../tree/repository-logins.ts';
import { readRegularFile } from '../workspace/regular-file.ts';
import { absolutePath, resolveReference } from '../workspace/secret-reference.ts';
import { hostPlace, httpsAddress } from './host-place.ts';
import { once } from './once.ts';

/**
 * Access of this run, Argo CD and the host's API to a cluster's repository. Each part is resolved when it is first needed: a run
 * that does not push needs no credentials, and one without a cluster needs none for Argo CD.
 */
export interface GitAccess {
  /** True: Argo CD reads with a deploy key, which the bootstrap creates in the cluster. */
  readonly deployKey: boolean;
  /** The remote that the tree is published to, with credentials. A GitHub App gets its one-hour token here. */
  push(): Promise<Remote>;
  /** Argo CD's credentials for reading; undefined for a public repository, and for a deploy key. */
  argocd(): RepositoryCredentials | undefined;
  /** The host's SSH keys or CA for Argo CD to trust; undefined when none is configured. */
  trust(): Trust | undefined;
  /** The Git host's API, with git.host.token or else the token for pushing; plain Git if there is none. */
  host(): Promise<Host>;
}

/** The parts that depend on the kind of credentials. */
type ByKind = Pick<GitAccess, 'push' | 'argocd' | 'trust'>;

/** @returns the folder of the embedded remote */
export function embeddedRemoteFolder(root: string): string {
  return join(root, '.breakwater', 'remote.git');
}

/**
 * Resolves `git` of cluster.yaml; the only place that knows the kinds of credentials. Each secret is masked before it is returned.
 *
 * @returns functions that throw UsageError when a secret's source is missing or a file is not usable; RunError when GitHub returns no token
 */
export function resolveGitAccess(
  root: string,
  cluster: Cluster,
  reporter: Pick<Reporter, 'hide' | 'status'>,
): GitAccess {
  const { credentials, host } = cluster.git;
  const secrets = new Map<SecretReference, string>();
  const secret = (reference: SecretReference): string => {
    const value = secrets.get(reference) ?? resolveReference(root, reference);
    secrets.set(reference, value);
    reporter.hide([value]);
    return value;
  };
  const kind = byKind(root, cluster, secret, reporter);
  const push = once(kind.push);
  return {
    deployKey: credentials !== undefined && 'deployKey' in credentials,
    push,
    argocd: kind.argocd,
    trust: () => withMirrors(root, cluster, kind.trust()),
    host: once(async () => {
      const place = hostPlace(cluster);
      if (place === undefined)
        return plainGit(cluster.embeddedRemote ? 'the embedded remote' : (cluster.git.url ?? ''));
      const { credentials: pushed, caFile } = await push();
      const own = host.token === undefined ? undefined : secret(host.token).trim();
      const token = own ?? (pushed !== undefined && 'token' in pushed ? pushed.token : undefined);
      const isApp = own === undefined && credentials !== undefined && 'githubApp' in credentials;
      return await chooseHost({
        ...place,
        ...(host.kind === undefined ? {} : { kind: host.kind }),
        ...(token === undefined ? {} : { token }),
        tokenOf: isApp ? 'installation' : 'user',
        ...(caFile === undefined ? {} : { caFile }),
        report: (line) => reporter.status(line),
      });
    }),
  };
}

function byKind(
  root: string,
  cluster: Cluster,
  secret: (reference: SecretReference) => string,
  reporter: Pick<Reporter, 'hide' | 'status'>,
): ByKind {
  const { url, credentials, caFile } = cluster.git;
  if (url === undefined) {
    const embedded = { url: pathToFileURL(embeddedRemoteFolder(root)).href };
    return { push: async () => embedded, argocd: () => undefined, trust: () => undefined };
  }
  const ca = caFile === undefined ? {} : { caFile: absolutePath(root, caFile) };
  const trustCa = () => (caFile === undefined ? undefined : trustOf(cluster, () => ({ ca: readCa(root, caFile) })));
  const trustHosts = (from: SecretReference) => () =>
    trustOf(cluster, ({ host, port }) => ({ knownHosts: checkKnownHosts(resolveReference(root, from), host, port) }));

  if (credentials === undefined) return { push: async () => ({ url, ...ca }), argocd: () => undefined, trust: trustCa };
  if ('sshKey' in credentials) {
    const { sshKey, knownHosts: from } = credentials;
    const knownHostsFrom = 'file' in from ? from.file : `the variable ${from.env}`;
    return {
      push: async () => {
        const knownHosts = resolveReference(root, from);
        return { url, credentials: { sshKey: secret(sshKey), knownHosts, knownHostsFrom }, ...ca };
      },
      argocd: () => ({ kind: 'ssh', privateKey: secret(sshKey) }),
      trust: trustHosts(from),
    };
  }
  if ('deployKey' in credentials) {
    const { token } = cluster.git.host;
    const { knownHosts } = credentials.deployKey;
    return {
      // Argo CD reads with the key; the bootstrap, which may add it, writes with the token that the schema asks for.
      push: async () => ({
        url: httpsAddress(cluster),
        ...(token === undefined ? {} : { credentials: { token: secret(token).trim(), username: 'git' } }),
        ...ca,
      }),
      argocd: () => undefined,
      trust: knownHosts === undefined ? () => undefined : trustHosts(knownHosts),
    };
  }
  if ('token' in credentials) {
    const { token, readToken, username } = credentials;
    return {
      push: async () => ({ url, credentials: { token: secret(token).trim(), username }, ...ca }),
      // Argo CD only reads.
      argocd: () => ({ kind: 'token', username, token: secret(readToken ?? token).trim() }),
      trust: trustCa,
    };
  }
  const { id, installationId, privateKey, baseUrl } = credentials.githubApp;
  return {
    push: async () => {
      const address = parseGitUrl(url);
      const api = baseUrl ?? githubApi('host' in address ? address.host : '');
      const app = { id, installationId, privateKey: secret(privateKey) };
      const token = await installationToken({ baseUrl: api, ...ca, report: (line) => reporter.status(line) }, app);
      reporter.hide([token]);
      return { url, credentials: { token, username: 'x-access-token' }, ...ca };
    },
    argocd: () => ({
      kind: 'github-app',
      id,
      installationId,
      privateKey: secret(privateKey),
      ...(baseUrl === undefined ? {} : { baseUrl }),
    }),
    trust: trustCa,
  };
}

type Place = { host: string; port: number | undefined };

function trustOf(
  { git, argocd }: Cluster,
  what: (place: Place) => Pick<Trust, 'ca' | 'knownHosts'>,
): Trust | undefined {
  const parsed = git.url === undefined ? undefined : parseGitUrl(git.url);
  if (parsed === undefined || 'problem' in parsed) return undefined;
  const { host, port } = parsed;
  return { namespace: argocd.namespace, host, address: addressOf(host, port), ...what({ host, port }) };
}

/** Adds the CA of mirrors: Argo CD's ConfigMap is written once, since what an earlier run wrote and this does not is removed. */
function withMirrors(root: string, cluster: Cluster, trust: Trust | undefined): Trust | undefined {
  const { caFile } = cluster.mirrors;
  if (caFile === undefined) return trust;
  const ca = readCa(root, caFile, 'mirrors.caFile');
  const mirrors = Object.fromEntries(mirrorHosts(cluster).map((host) => [host, ca]));
  return { namespace: cluster.argocd.namespace, host: '', ...trust, mirrors };
}

function readCa(root: string, caFile: string, key = 'git.caFile'): string {
  const text = readRegularFile(absolutePath(root, caFile), caFile, `cluster.yaml names it as ${key}.`);
  if (text.includes('-----BEGIN CERTIFICATE-----')) return text;
  throw new UsageError(`${key}: ${caFile} contains no PEM certificate`);
}
