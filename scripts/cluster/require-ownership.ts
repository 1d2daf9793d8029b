import { RunError } from '../report/errors.ts';
import type { Api } from './api.ts';
import { judgeOwnership } from './judge-ownership.ts';
import { lookAtOwnership, type OwnershipQuestion, type Verdict } from './ownership.ts';

/**
 * Finds out, before anything is written, whether what the run is going to own belongs to somebody else.
 *
 * @returns who Argo CD belongs to, and findings that don't stand in the way
 * @throws RunError that names each finding which does, with the way out
 */
export async function requireOwnership(api: Api, question: OwnershipQuestion): Promise<Verdict> {
  const verdict = judgeOwnership(await lookAtOwnership(api, question), question);
  const refused = verdict.findings.filter(({ refuse }) => refuse);
  if (refused.length === 0) return verdict;
  throw new RunError(
    `this cluster holds what the run would take over: ${refused.map(({ message }) => message).join('; ')}`,
    {
      details: refused.map(({ message, wayOut }) => `${message}. ${wayOut}`),
      hint: 'Nothing was written.',
    },
  );
}
