import { count } from '../report/count.ts';
import { RunError } from '../report/errors.ts';
import type { Api } from './api.ts';
import { judgeOwnership } from './judge-ownership.ts';
import { lookAtOwnership, type OwnershipQuestion, type Verdict } from './ownership.ts';

/**
 * Checks, before writing anything, whether objects that the run is going to own belong to someone else.
 *
 * @returns the state of Argo CD, and findings that do not block the run
 * @throws RunError with each blocking finding and its hint
 */
export async function requireOwnership(api: Api, question: OwnershipQuestion): Promise<Verdict> {
  const found = await lookAtOwnership(api, question);
  const repository = found.repositories.find(({ metadata }) => metadata.name === question.repositorySecret);
  const verdict = { ...judgeOwnership(found, question), ...(repository === undefined ? {} : { repository }) };
  const refused = verdict.findings.filter(({ refuse }) => refuse);
  if (refused.length === 0) return verdict;
  throw new RunError(`cannot install ${question.cluster} into this cluster (${count(refused.length, 'finding')})`, {
    details: refused.map(({ message, hint }) => `${message}. ${hint}`),
    hint: 'Nothing was written.',
  });
}
