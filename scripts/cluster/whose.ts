import { clusterLabel } from '../components/domain.ts';
import { argocdManager, fieldManager } from './api.ts';
import { type LiveApplication, sameRepository, sourcesOf } from './applications.ts';
import type { LiveObject } from './live.ts';
import { appliedByUs, ownerOf } from './owner.ts';
import type { Ownership, OwnershipFinding, OwnershipQuestion } from './ownership.ts';

export function refusal(code: string, message: string, hint: string): OwnershipFinding {
  return { code, refuse: true, message, hint };
}

export function note(code: string, message: string, hint: string): OwnershipFinding {
  return { code, refuse: false, message, hint };
}

/**
 * Whether an object belongs to this cluster: applied by us, or by an Application that reads our repository. If that Application is
 * missing, it may be in another cluster and manage this one remotely; our repository Secret proves that it was ours. So does
 * the Application's name where no Argo CD is left.
 */
export function isOurs(object: LiveObject, found: Ownership, question: OwnershipQuestion): boolean {
  const owner = ownerOf(object);
  if (owner.kind !== 'application') return owner.kind === 'ours';
  const application = applicationNamed(owner.name, found, question);
  if (application !== undefined) return readsRepository(application, question);
  return (
    appliedByUs(object) ||
    isRestored(object, found, question) ||
    found.repositories.some(({ metadata }) => metadata.labels?.[clusterLabel] === question.cluster)
  );
}

/** Whether a backup restored the object: it has Argo CD's annotation, and no Argo CD runs (argoproj/argo-cd#18960). */
export function isRestored(object: LiveObject, found: Ownership, question: OwnershipQuestion): boolean {
  const owner = ownerOf(object);
  return (
    owner.kind === 'application' &&
    found.workloads.length === 0 &&
    found.applications.length === 0 &&
    [question.root.name, ...(question.root.children ?? [])].includes(owner.name)
  );
}

export function applicationNamed(
  name: string,
  found: Ownership,
  question: OwnershipQuestion,
): LiveApplication | undefined {
  return found.applications.find(
    ({ metadata }) => metadata.name === name && metadata.namespace === question.argocd.namespace,
  );
}

/** Whether an Application reads this cluster's repository, at its current or previous address. */
export function readsRepository(application: LiveApplication, { root }: OwnershipQuestion): boolean {
  return sourcesOf(application).some(({ repoURL }) => isRepository(repoURL, root));
}

/** @returns true for this cluster's repository, at its current or previous address */
export function isRepository(url: string, { repositoryUrl, movedFrom }: OwnershipQuestion['root']): boolean {
  return sameRepository(url, repositoryUrl) || (movedFrom !== undefined && sameRepository(url, movedFrom));
}

/** Whether a person put our label on an object that we have not applied yet: `npm run adopt` prints the command. */
export function isHandedOver(object: LiveObject): boolean {
  const { labels, managedFields = [] } = object.metadata;
  const applied = managedFields.some(({ manager }) => manager === argocdManager || manager === fieldManager);
  return labels?.[clusterLabel] !== undefined && !applied;
}

export function isController({ metadata }: LiveObject): boolean {
  return (
    metadata.labels?.['app.kubernetes.io/name'] === 'argocd-application-controller' ||
    metadata.labels?.['app.kubernetes.io/component'] === 'application-controller'
  );
}
