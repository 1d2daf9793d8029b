import { count } from '../report/count.ts';
import { RunError } from '../report/errors.ts';
import type { Api } from './api.ts';
import { judgeOwnership } from './judge-ownership.ts';
import { lookAtOwnership, type OwnershipQuestion, type Verdict } from './ownership.ts';

/**
 * Finds out, before anything is written, whether what the run is going to own belongs to somebody else.
 *
 * @returns who Argo CD belongs to, and findings that don't stand in the way
 * @throws RunError that names each finding which does, with what to do about it
 */
export async function requireOwnership(api: Api, question: OwnershipQuestion): Promise<Verdict> {
  const found = await lookAtOwnership(api, question);
  const repository = found.repositories.find(({ metadata }) => metadata.name === question.repositorySecret);
  const verdict = { ...judgeOwnership(found, question), ...(repository === undefined ? {} : { repository }) };
  const refused = verdict.findings.filter(({ refuse }) => refuse);
  if (refused.length === 0) return verdict;
  throw new RunError(`this cluster is not free for ${question.cluster} (${count(refused.length, 'finding')})`, {
    details: refused.map(({ message, hint }) => `${message}. ${hint}`),
    hint: 'Nothing was written.',
  });
}
