import type { LiveApplication } from '../../cluster/applications.ts';
import { judgeOwnership } from '../../cluster/judge-ownership.ts';
import type { LiveObject } from '../../cluster/live.ts';
import type { Ownership, OwnershipQuestion } from '../../cluster/ownership.ts';

/** Path of the tree in the question. */
export const url = 'https://git.example.com/acme/platform.git';
/** A bootstrap's question about a cluster. */
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

/** An object as read from the cluster. */
export function object(kind: string, name: string, metadata: Partial<LiveObject['metadata']> = {}): LiveObject {
  return { apiVersion: 'v1', kind, metadata: { name, ...metadata } };
}

/** Managed fields of one manager. */
export const by = (manager: string) => ({ managedFields: [{ manager, operation: 'Apply' }] });
/** Argo CD's tracking annotation on an Application's object. */
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

/** An Application with a chart and one path of a repository. */
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

/** Judges an otherwise empty cluster with these objects; refusals and notes apart. */
export function judge(found: Partial<Ownership>, asked: OwnershipQuestion = question) {
  const { findings, ...verdict } = judgeOwnership({ ...nothing, ...found }, asked);
  return { ...verdict, refused: findings.filter(({ refuse }) => refuse), codes: findings.map(({ code }) => code) };
}
