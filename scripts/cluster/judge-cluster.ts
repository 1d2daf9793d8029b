import { clusterLabel } from '../components/domain.ts';
import { sameRepository, sourcesOf } from './applications.ts';
import { describeObject, type LiveData } from './live.ts';
import type { Ownership, OwnershipFinding, OwnershipQuestion } from './ownership.ts';
import { isRepository, refusal } from './whose.ts';

/**
 * Checks that the cluster is the one of the folder. Two trees in one Argo CD would overwrite and prune each other's
 * Applications, which have the same names.
 *
 * @returns a refusal that supersedes all other findings; undefined when this is the right cluster, or an unused one
 */
export function judgeCluster(found: Ownership, question: OwnershipQuestion): OwnershipFinding | undefined {
  return judgeOther(found, question) ?? judgeMoved(found, question);
}

function judgeOther(found: Ownership, question: OwnershipQuestion): OwnershipFinding | undefined {
  const marks = new Map<string, string[]>();
  const mark = (name: string | undefined, what: string) => {
    if (name !== undefined && name !== question.cluster) marks.set(name, [...(marks.get(name) ?? []), what]);
  };
  for (const application of found.applications) {
    for (const { repoURL, path = '' } of sourcesOf(application)) {
      if (!isRepository(repoURL, question.root)) continue;
      mark(/^clusters\/([^/]+)\//.exec(path)?.[1], `${describeObject(application)} deploys ${path}`);
    }
  }
  const { namespaces, definitions, workloads, project, repositories } = found;
  const labelled = [...namespaces, ...definitions, ...workloads, ...repositories, ...(project ? [project] : [])];
  for (const object of labelled)
    mark(object.metadata.labels?.[clusterLabel], `${describeObject(object)} has the label ${clusterLabel}`);
  const [first] = marks;
  if (first === undefined) return undefined;
  const [other, seen] = first;
  const more = seen.length > 1 ? `, and ${seen.length - 1} more` : '';
  const context = question.context === undefined ? '' : ` (${question.context})`;
  const left = labelled.filter(({ metadata }) => metadata.labels?.[clusterLabel] === other);
  const unlabel = left
    .slice(0, 3)
    .map(({ kind, metadata: { name, namespace } }) => {
      const place = namespace === undefined ? '' : ` -n ${namespace}`;
      return `kubectl label ${kind.toLowerCase()} ${name}${place} ${clusterLabel}-`;
    })
    .join('; ');
  return refusal(
    'other-cluster',
    `this is the cluster "${other}", not "${question.cluster}": ${seen[0]}${more}`,
    `Is this the right context${context}? Pass the context of ${question.cluster} with --context. To replace ${other}, uninstall it first: npm run uninstall -- --cluster ${other}.${
      found.applications.length > 0 || left.length === 0
        ? ''
        : ` If that cluster is gone and ${question.cluster} may take over its leftovers: ${unlabel}${left.length > 3 ? '; and so on' : ''}.`
    }`,
  );
}

/** OwnershipFinding for the same cluster (by the Secret of an earlier run) with a different repository. */
function judgeMoved(found: Ownership, question: OwnershipQuestion): OwnershipFinding | undefined {
  const { repositoryUrl } = question.root;
  const secret = found.repositories.find(
    ({ metadata }) =>
      metadata.name === question.repositorySecret && metadata.labels?.[clusterLabel] === question.cluster,
  );
  const from = secret === undefined ? undefined : decoded(secret, 'url');
  const there = found.applications.some((application) =>
    sourcesOf(application).some(({ repoURL }) => from !== undefined && sameRepository(repoURL, from)),
  );
  if (from === undefined || !there || isRepository(from, question.root)) return undefined;
  return refusal(
    'repository-moved',
    `this cluster deploys from ${from}, but git.url is ${repositoryUrl}`,
    `If the repository moved there with its history, pass --moved-from ${from} (docs/operations.md, "Move the repository"). Otherwise correct git.url, or pass another --context.`,
  );
}

/** @returns a Secret's value as a string */
export function decoded({ data = {} }: LiveData, key: string): string {
  return Buffer.from(data[key] ?? '', 'base64').toString('utf8');
}
