import { stringify } from 'yaml';
import { passwordVariables } from './site.ts';
import type { SiteState } from './state.ts';

/** Inputs of the rehearsal's cluster.yaml. */
export interface ClusterFileSpec extends Pick<SiteState, 'cluster' | 'context' | 'users'> {
  /** Address from which Argo CD reads the repository. */
  gitUrl: string;
  /** Addresses for MetalLB, as FIRST-LAST; undefined if the cluster has load balancers. */
  addresses?: string;
  mirrors: { charts: Readonly<Record<string, string>>; git: Readonly<Record<string, string>> };
  /**
   * The versions in upstream.yaml, repeated: a version in cluster.yaml overrides the shared commit, too. The sandbox's repositories
   * have the same tags, but other commits.
   */
  versions?: { argocd: string; kubeflow: string };
  kubeflow: readonly string[];
  /** The user's own settings, merged over all others. */
  settings?: Readonly<Record<string, unknown>>;
}

/**
 * @returns the text of clusters/NAME/cluster.yaml, as a user would write it for such a cluster
 */
export function clusterFile(spec: ClusterFileSpec): string {
  const { owner, other } = spec.users;
  const user = ({ email, groups }: typeof owner, variable: string) => ({
    email,
    ...(groups.length > 0 ? { groups: [...groups] } : {}),
    password: { env: variable },
  });
  const { versions, settings: { argocd, kubeflow, ...others } = {} } = spec;
  const settings = {
    name: spec.cluster,
    host: 'auto',
    kubernetes: { context: spec.context },
    git: { url: spec.gitUrl },
    ...(spec.addresses
      ? { loadBalancer: { metallb: { pools: [{ name: 'rehearsal', addresses: [spec.addresses] }] } } }
      : {}),
    auth: { users: [user(owner, passwordVariables.owner), user(other, passwordVariables.other)] },
    ...(versions || argocd
      ? { argocd: { ...(versions ? { version: versions.argocd } : {}), ...(argocd as object | undefined) } }
      : {}),
    kubeflow: {
      ...(versions ? { version: versions.kubeflow } : {}),
      ...((kubeflow as object | undefined) ?? { components: [...spec.kubeflow] }),
    },
    ...(Object.keys(spec.mirrors.charts).length + Object.keys(spec.mirrors.git).length > 0
      ? { mirrors: spec.mirrors }
      : {}),
    ...others,
  };
  return `# yaml-language-server: $schema=../cluster.schema.json\n# Written by "npm run rehearse".\n${stringify(settings)}`;
}
