import { RunError, UsageError } from '../../report/errors.ts';
import type { Check } from './checks/check.ts';
import type { RehearsalSite } from './site.ts';

/**
 * @param only names of checks; all when empty
 * @returns the requested checks, in order
 * @throws UsageError for an unknown name
 */
export function chooseChecks(
  checks: readonly Check[],
  { quick, only }: { quick: boolean; only: readonly string[] },
): readonly Check[] {
  const unknown = only.filter((name) => !checks.some((check) => check.name === name));
  if (unknown.length > 0)
    throw new UsageError(`--only: there is no check named ${unknown.join(', ')}`, {
      hint: `There are: ${checks.map(({ name }) => name).join(', ')}`,
    });
  if (only.length > 0) return checks.filter(({ name }) => only.includes(name));
  return checks.filter((check) => !quick || check.quick);
}

/** Runs checks one after another; one that throws counts as failed, and the next one runs. */
export async function runChecks(site: RehearsalSite, checks: readonly Check[]): Promise<void> {
  for (const check of checks) {
    if (site.signal.aborted) throw new RunError('the rehearsal was stopped');
    try {
      const reason = await check.needs?.(site);
      if (reason !== undefined) {
        site.record.check({ ...notRun(check), ok: false, got: 'not tried', skipped: reason });
        continue;
      }
      await site.record.phase(check.title, () => check.run(site));
    } catch (error) {
      if (site.signal.aborted) throw new RunError('the rehearsal was stopped');
      site.record.check({ ...notRun(check), ok: false, got: whyOf(error) });
    }
  }
}

/** The message of an error, with details and hint. */
function whyOf(error: unknown): string {
  if (error instanceof RunError) return [error.message, ...error.details].join('\n');
  return error instanceof Error ? error.message : String(error);
}

function notRun({ name, title }: Check) {
  return { group: name, name: title, tried: 'the whole check', expected: 'completes' };
}
