import type { KubernetesObject } from '../components/component.ts';
import { clusterLabel } from '../components/domain.ts';

/** Credentials of Argo CD for a repository. */
export type RepositoryCredentials =
  | { kind: 'token'; username: string; token: string }
  | { kind: 'ssh'; privateKey: string }
  | { kind: 'github-app'; id: number; installationId: number; privateKey: string; baseUrl?: string };

export interface RepositorySecret {
  name: string;
  /** Argo CD's. */
  namespace: string;
  /** Name of the cluster's folder. */
  cluster: string;
  /** The repository's canonical URL, as in every source. */
  url: string;
  /** Absent: a public repository. */
  credentials?: RepositoryCredentials;
}

/**
 * Argo CD's repository Secret. It has no project, so that it serves all of them.
 *
 * https://argo-cd.readthedocs.io/en/stable/operator-manual/declarative-setup/#repositories
 *
 * @returns the object, with base64 values; `withoutValues` makes it safe to show
 */
export function repositorySecret(repository: RepositorySecret): KubernetesObject {
  const values = { type: 'git', url: repository.url, ...credentialKeys(repository.credentials) };
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: {
      name: repository.name,
      namespace: repository.namespace,
      labels: {
        'app.kubernetes.io/managed-by': 'breakwater',
        'argocd.argoproj.io/secret-type': 'repository',
        [clusterLabel]: repository.cluster,
      },
    },
    type: 'Opaque',
    data: Object.fromEntries(
      Object.entries(values).map(([key, value]) => [key, Buffer.from(value).toString('base64')]),
    ),
  };
}

function credentialKeys(credentials: RepositoryCredentials | undefined): Record<string, string> {
  switch (credentials?.kind) {
    case undefined:
      return {};
    case 'token':
      return { username: credentials.username, password: credentials.token };
    case 'ssh':
      // ssh refuses a key without a final newline.
      return { sshPrivateKey: `${credentials.privateKey.trimEnd()}\n` };
    case 'github-app':
      return {
        githubAppID: String(credentials.id),
        githubAppInstallationID: String(credentials.installationId),
        githubAppPrivateKey: credentials.privateKey,
        ...(credentials.baseUrl === undefined ? {} : { githubAppEnterpriseBaseUrl: credentials.baseUrl }),
      };
  }
}

/** @returns a Secret without its values: type and URL stay readable, other keys hold a placeholder */
export function withoutValues(secret: KubernetesObject): KubernetesObject {
  const { data, ...rest } = secret as KubernetesObject & { data?: Record<string, string> };
  const open = ['type', 'url'];
  return {
    ...rest,
    stringData: Object.fromEntries(
      Object.entries(data ?? {}).map(([key, value]) => [
        key,
        open.includes(key) ? Buffer.from(value, 'base64').toString('utf8') : '(written by the bootstrap)',
      ]),
    ),
  };
}
