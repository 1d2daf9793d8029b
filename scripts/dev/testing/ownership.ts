import type { LiveApplication } from '../../cluster/applications.ts';
import { judgeOwnership } from '../../cluster/judge-ownership.ts';
import type { LiveObject } from '../../cluster/live.ts';
import type { Ownership, OwnershipQuestion } from '../../cluster/ownership.ts';

/** Where the tree of the question lies. */
export const url = 'https://git.example.com/acme/platform.git';
/** What a bootstrap asks about a cluster. */
export const question: OwnershipQuestion = {
  cluster: 'demo',
  argocd: { namespace: 'argocd', install: true },
  root: { name: 'platform', project: 'platform', repositoryUrl: url, path: 'clusters/demo/apps' },
  repositorySecret: 'breakwater-repository-demo',
  namespaces: ['auth', 'istio-system'],
};
const nothing: Ownership = {
  namespaces: [],
  definitions: [],
  workloads: [],
  neighbours: [],
  applications: [],
  project: undefined,
  repositories: [],
  settings: undefined,
};

/** An object as the cluster gives it. */
export function object(kind: string, name: string, metadata: Partial<LiveObject['metadata']> = {}): LiveObject {
  return { apiVersion: 'v1', kind, metadata: { name, ...metadata } };
}

/** Managed fields of one manager. */
export const by = (manager: string) => ({ managedFields: [{ manager, operation: 'Apply' }] });
/** As Argo CD marks an object of an Application. */
export const trackedBy = (name: string) => ({ annotations: { 'argocd.argoproj.io/tracking-id': `${name}:/X:y/z` } });
const partOfArgoCD = {
  'app.kubernetes.io/part-of': 'argocd',
  'app.kubernetes.io/name': 'argocd-application-controller',
};

/** Argo CD's controller. */
export function controller(metadata: Partial<LiveObject['metadata']>, namespace = 'argocd'): LiveObject {
  const labels = { ...partOfArgoCD, ...metadata.labels };
  return object('StatefulSet', 'argocd-application-controller', { namespace, ...metadata, labels });
}

/** An Application with a chart, and with one path of a repository. */
export function application(name: string, repoURL: string, path: string, namespace = 'argocd'): LiveApplication {
  return {
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'Application',
    metadata: { name, namespace },
    spec: {
      sources: [
        { repoURL: 'https://charts.example.com', chart: 'x' },
        { repoURL, path },
      ],
    },
  };
}

/** What is found in a cluster that is otherwise empty, judged; refusals apart from notes. */
export function judge(found: Partial<Ownership>, asked: OwnershipQuestion = question) {
  const { findings, ...verdict } = judgeOwnership({ ...nothing, ...found }, asked);
  return { ...verdict, refused: findings.filter(({ refuse }) => refuse), codes: findings.map(({ code }) => code) };
}
