import { lstatSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod';
import { UsageError } from '../report/errors.ts';
import { parseInput } from './parse.ts';
import { readInput } from './read-input.ts';

/** File that lists intended deletions. */
export const removalsFile = 'removals.yaml';

const name = '[a-z0-9]([a-z0-9.-]*[a-z0-9])?';
const entry = z
  .string()
  .regex(
    new RegExp(`^(tenants/${name}|clusters/${name}(/${name})?)$`),
    'must be tenants/TEAM, clusters/CLUSTER, or clusters/CLUSTER/NAME with the name of an Application or a CRD',
  );
/** Schema of removals.yaml. */
export const removalsSchema = z.strictObject({
  removals: z.array(entry).nullable().default([]).describe('Tenants, clusters, Applications and CRDs that may go.'),
});

/**
 * Reads removals.yaml.
 *
 * @param root the repository's folder
 * @returns its entries; none when the file does not exist
 * @throws UsageError with every mistake
 */
export function readRemovals(root: string): ReadonlySet<string> {
  if (lstatSync(join(root, removalsFile), { throwIfNoEntry: false }) === undefined) return new Set();
  const read = readInput(root, removalsFile);
  const parsed =
    'problems' in read
      ? read
      : parseInput(removalsSchema, read.text, removalsFile, { emptyHint: 'Write "removals: []", or delete the file.' });
  if ('problems' in parsed) throw new UsageError(`a mistake in ${removalsFile}`, { problems: parsed.problems });
  return new Set(parsed.value.removals);
}

/**
 * Adds entries to the text of removals.yaml and leaves existing ones unchanged.
 *
 * @param text the file's text, undefined when the file does not exist yet
 */
export function withRemovals(text: string | undefined, entries: readonly string[]): string {
  const head =
    text === undefined || /^removals:\s*(\[\]|null|~)?\s*$/m.test(text)
      ? `${(text ?? preamble).replace(/^removals:\s*(\[\]|null|~)\s*$/m, 'removals:')}`
      : text;
  const start = /^removals:/m.test(head) ? head : `${head}removals:\n`;
  const added = entries.filter((each) => !start.includes(`- ${each}\n`)).map((each) => `  - ${each}\n`);
  return start.endsWith('\n') ? start + added.join('') : `${start}\n${added.join('')}`;
}

/**
 * Removes entries from the text of removals.yaml, when their objects are back.
 *
 * @param text the file's text
 */
export function withoutRemovals(text: string, entries: readonly string[]): string {
  const lines = text.split('\n').filter((line) => !entries.some((each) => line.trim() === `- ${each}`));
  return lines.join('\n');
}

const preamble = `# yaml-language-server: $schema=clusters/removals.schema.json
# Intended deletions, listed in the pull request that makes them. Without an entry, "npm run validate" refuses to delete
# many Applications, a CRD or a tenant. Remove an entry when its object comes back.
removals:
`;
