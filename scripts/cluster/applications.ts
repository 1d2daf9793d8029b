import { comparedUrl } from '../config/schema/git-url.ts';
import type { LiveObject } from './live.ts';

export const applicationApi = 'argoproj.io/v1alpha1';

export interface ApplicationSource {
  repoURL: string;
  path?: string;
  chart?: string;
  ref?: string;
  targetRevision?: string;
}

/** One resource in an Application's status. */
export interface ApplicationResource {
  group?: string;
  kind: string;
  namespace?: string;
  name: string;
  status?: string;
  /** True when Git no longer contains it. */
  requiresPruning?: boolean;
  health?: { status?: string; message?: string };
}

/** The parts of an Argo CD Application that we read. */
export interface LiveApplication extends LiveObject {
  spec?: { project?: string; source?: ApplicationSource; sources?: readonly ApplicationSource[] };
  operation?: unknown;
  status?: {
    /** Time of Argo CD's last comparison with Git. */
    reconciledAt?: string;
    sync?: { status?: string; revision?: string; revisions?: readonly string[] };
    health?: { status?: string; message?: string; lastTransitionTime?: string };
    conditions?: readonly { type: string; message?: string; lastTransitionTime?: string }[];
    history?: readonly { revision?: string; revisions?: readonly string[] }[];
    operationState?: {
      phase?: string;
      message?: string;
      startedAt?: string;
      finishedAt?: string;
      retryCount?: number;
      syncResult?: {
        revision?: string;
        revisions?: readonly string[];
        resources?: readonly (ApplicationResource & { message?: string; hookPhase?: string })[];
      };
    };
    resources?: readonly ApplicationResource[];
  };
}

/** @returns the sources of an Application, from `source` or `sources` */
export function sourcesOf(application: LiveApplication): readonly ApplicationSource[] {
  const { source, sources = [] } = application.spec ?? {};
  return sources.length > 0 || source === undefined ? sources : [source];
}

/** @returns true when an Application deploys a folder of a repository */
export function deploys(application: LiveApplication, from: { repositoryUrl: string; path: string }): boolean {
  return sourcesOf(application).some(
    ({ repoURL, path = '' }) => sameRepository(repoURL, from.repositoryUrl) && path === from.path,
  );
}

/** @returns true if Argo CD takes two addresses for one repository */
export function sameRepository(a: string, b: string): boolean {
  return comparedUrl(a) === comparedUrl(b);
}
