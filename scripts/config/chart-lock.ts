import { lstatSync } from 'node:fs';
import { join } from 'node:path';
import { stringify } from 'yaml';
import * as z from 'zod';
import { UsageError } from '../report/errors.ts';
import { parseInput } from './parse.ts';
import { readInput } from './read-input.ts';

/** File that records the digest of each chart. */
export const chartLockFile = 'infrastructure/charts.lock.yaml';

const preamble = `# The digest of each chart's archive, recorded when "npm run validate -- --rendered --record" first fetched it.
# Different content under the same version is then an error. Remove a line to record that chart again.
`;
const file = z.strictObject({
  charts: z.record(
    z.string().regex(/^(https|oci):\/\/\S+@[^@\s]+$/, 'must be REPOSITORY/CHART@VERSION'),
    z.string().regex(/^sha256:[0-9a-f]{64}$/, 'must be a digest: sha256: and 64 characters of 0-9 and a-f'),
  ),
});

/**
 * Reads the recorded digests.
 *
 * @param root the repository's folder
 * @returns digest by REPOSITORY/CHART@VERSION; none when there is no such file
 * @throws UsageError with every mistake
 */
export function readChartLock(root: string): ReadonlyMap<string, string> {
  if (lstatSync(join(root, chartLockFile), { throwIfNoEntry: false }) === undefined) return new Map();
  const read = readInput(root, chartLockFile);
  const parsed = 'problems' in read ? read : parseInput(file, read.text, chartLockFile);
  if ('problems' in parsed) throw new UsageError(`a mistake in ${chartLockFile}`, { problems: parsed.problems });
  return new Map(Object.entries(parsed.value.charts));
}

/** @returns the text of the file with these digests, sorted the same on every machine */
export function chartLockText(digests: ReadonlyMap<string, string>): string {
  const sorted = [...digests].sort(([one], [other]) => (one < other ? -1 : 1));
  return preamble + stringify({ charts: Object.fromEntries(sorted) }, { lineWidth: 0 });
}
