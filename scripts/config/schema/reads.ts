import type * as z from 'zod';
import { closest } from '../suggest.ts';

interface Payload {
  issues: readonly z.core.$ZodRawIssue[];
}

/** The condition of a rule, with the fields that it reads: a test compares them with the schema. */
type When = ((payload: Payload) => boolean) & { fields: readonly string[] };

/**
 * Declares the fields that a rule over several fields reads (second argument of `superRefine`). zod skips such rules when anything in the
 * object is invalid, so users would see one mistake at a time. With this, a rule runs unless a field that it reads is itself invalid.
 *
 * @param fields dotted paths inside the object, such as `tls.acme`
 */
export function reads(...fields: readonly string[]): { when: When } {
  const paths = fields.map((field) => field.split('.'));
  const when = ({ issues }: Payload) => !issues.some((issue) => paths.some((path) => spoils(issue, path)));
  return { when: Object.assign(when, { fields }) };
}

/** For a rule that reads the object as written and copes with any value in its fields: it runs on every object. */
export const readsAsWritten = {
  when: ({ issues }: Payload) => issues.every((issue) => hasPath(issue) || issue.code === 'unrecognized_keys'),
};

/**
 * Reports each entry of a list that repeats an earlier one.
 *
 * @param list the list as written, of any type
 * @param key key of the entries to compare; undefined compares the entries themselves
 * @param report called with the index and the text of each repetition
 */
export function eachRepetition(list: unknown, key: string | undefined, report: (index: number, text: string) => void) {
  if (!Array.isArray(list)) return;
  const seen = new Set<string>();
  for (const [index, entry] of list.entries()) {
    const text: unknown = key === undefined ? entry : isRecord(entry) ? entry[key] : undefined;
    if (typeof text !== 'string') continue;
    if (seen.has(text)) report(index, text);
    seen.add(text);
  }
}

/** @returns true for an object with keys */
export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function hasPath(issue: z.core.$ZodRawIssue): boolean {
  return issue.path !== undefined && issue.path.length > 0;
}

function spoils(issue: z.core.$ZodRawIssue, field: readonly string[]): boolean {
  const path = (issue.path ?? []).map(String);
  const shared = Math.min(path.length, field.length);
  if (path.slice(0, shared).some((part, index) => part !== field[index])) return false;
  // An unknown key next to the field does not concern it, unless it is the field misspelt.
  if (issue.code === 'unrecognized_keys' && path.length < field.length) {
    const wanted = field[path.length] ?? '';
    return issue.keys.some((key) => closest(key, [wanted]) !== undefined);
  }
  return true;
}
