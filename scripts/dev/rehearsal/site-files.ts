import { stringify } from 'yaml';
import { passwordVariables } from './site.ts';
import type { SiteState } from './state.ts';

/** What the rehearsal's cluster.yaml is made from. */
export interface ClusterFileSpec extends Pick<SiteState, 'cluster' | 'context' | 'users'> {
  /** Where Argo CD reads the repository. */
  gitUrl: string;
  /** Addresses for MetalLB, as FIRST-LAST; undefined where the cluster has load balancers of its own. */
  addresses?: string;
  mirrors: { charts: Readonly<Record<string, string>>; git: Readonly<Record<string, string>> };
  /**
   * What upstream.yaml pins, named again: a version of its own frees a cluster of the commits beside the shared ones. The
   * sandbox's repositories have the tags, and commits of their own.
   */
  versions?: { argocd: string; kubeflow: string };
  kubeflow: readonly string[];
  /** What the user's own cluster.yaml says, laid over all of it. */
  settings?: Readonly<Record<string, unknown>>;
}

/**
 * @returns the text of clusters/NAME/cluster.yaml: what a user would write for such a cluster, and no more
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
