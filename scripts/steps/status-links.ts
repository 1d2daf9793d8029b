import { publicAddress } from '../components/address.ts';
import { exposedApps } from '../components/apps/place.ts';
import type { Cluster } from '../config/cluster.ts';
import { parseGitUrl } from '../config/schema/git-url.ts';

/** Addresses of what a status names; absent where there is none. */
export interface StatusLinks {
  home?: string;
  /** Page of a commit at the Git host. */
  commit?: (commit: string) => string;
  /** Page of an Application in Argo CD, where it is an app behind the login. */
  application?: (name: string) => string;
}

/** @returns addresses of a cluster's platform, Git host and Argo CD */
export function statusLinks(cluster: Cluster): StatusLinks {
  const argocd = exposedApps(cluster).find(({ name }) => name === 'argocd');
  const repository = cluster.embeddedRemote ? undefined : parseGitUrl(cluster.repositoryUrl);
  // GitHub, GitLab, Gitea and Forgejo; a port is that of ssh, so only an https address keeps it.
  const web =
    repository === undefined || !('canonical' in repository) || repository.canonical.startsWith('file:')
      ? undefined
      : `https://${repository.host}${repository.port !== undefined && repository.canonical.startsWith('https:') ? `:${repository.port}` : ''}/${repository.path.replace(/\.git$/, '')}`;
  return {
    ...(cluster.knownHost === undefined ? {} : { home: `https://${publicAddress(cluster).authority}/` }),
    ...(web === undefined ? {} : { commit: (commit) => `${web}/commit/${commit}` }),
    ...(argocd === undefined
      ? {}
      : { application: (name) => `${argocd.url}/applications/${cluster.argocd.namespace}/${name}` }),
  };
}
