import type * as z from 'zod';
import type { InputFinding } from './positions.ts';
import { allowedKeys } from './schema-shape.ts';
import { closest } from './suggest.ts';

/** The value at a path of the input. */
export interface Written {
  exists: boolean;
  value: unknown;
  /** The source text of a plain scalar: `012` for the number 12. */
  source: string | undefined;
}

/** Marks issues for which the schema has no message. */
export const noWords = '<no words>';

/** Options for `safeParse`, which tell our messages from zod's. */
export const parseOptions = { error: () => noWords };

export type Words = Pick<InputFinding, 'message' | 'hint'>;

/**
 * Returns the message for one invalid value.
 *
 * @param issue zod's issue, found with `parseOptions`
 * @param written the value
 * @param schema the schema for the value
 */
export function words(issue: z.core.$ZodIssue, written: Written, schema: z.core.$ZodType | undefined): Words {
  const type = typeWords(issue, written, schema);
  if (type !== undefined) return type;
  if (issue.message !== noWords) return { message: issue.message };
  switch (issue.code) {
    case 'invalid_value':
      return choiceWords(issue.values, written);
    case 'too_small':
      if (issue.origin === 'string') return { message: 'must not be empty' };
      return issue.origin === 'array'
        ? { message: `needs at least ${issue.minimum} ${issue.minimum === 1 ? 'entry' : 'entries'}` }
        : { message: `must be ${issue.inclusive ? 'at least' : 'more than'} ${issue.minimum}, is ${shown(written)}` };
    case 'too_big':
      return issue.origin === 'string'
        ? { message: `must have at most ${issue.maximum} characters` }
        : { message: `must be at most ${issue.maximum}, but is ${shown(written)}` };
    default:
      return { message: 'has the wrong format' };
  }
}

/** Message for a value of the wrong type; undefined when the type is right. */
function typeWords(issue: z.core.$ZodIssue, written: Written, schema: z.core.$ZodType | undefined): Words | undefined {
  const expected = expectedType(issue);
  if (expected === undefined || expected.fits(written.value)) return undefined;
  const { value } = written;
  if (value === null)
    return { message: `must be ${expected.words}, but is empty`, hint: 'Set a value, or remove the key.' };
  return {
    message: `must be ${expected.words}, but is ${expected.name === 'section' ? kindOf(value) : describe(written)}`,
    hint: typeHint(expected.name, written, schema),
  };
}

interface Expected {
  name: 'text' | 'number' | 'boolean' | 'list' | 'section';
  words: string;
  fits: (value: unknown) => boolean;
}

function expectedType(issue: z.core.$ZodIssue): Expected | undefined {
  if (issue.code === 'invalid_value' && issue.values.every((value) => typeof value === 'string')) return types.string;
  if (issue.code === 'invalid_format') return types.string;
  return issue.code === 'invalid_type' ? types[issue.expected] : undefined;
}

const text: Expected = { name: 'text', words: 'a string', fits: (value) => typeof value === 'string' };
const section: Expected = { name: 'section', words: 'a section with keys', fits: () => false };
const types: Record<string, Expected> = {
  string: text,
  number: { name: 'number', words: 'a number', fits: () => false },
  int: { name: 'number', words: 'a whole number', fits: () => false },
  boolean: { name: 'boolean', words: 'true or false', fits: () => false },
  array: { name: 'list', words: 'a list', fits: () => false },
  object: section,
  record: section,
};

function typeHint(
  expected: Expected['name'],
  { value, source }: Written,
  schema: z.core.$ZodType | undefined,
): string | undefined {
  switch (expected) {
    case 'text':
      return typeof value === 'object' ? undefined : `Quote it: "${source ?? String(value)}"`;
    case 'boolean':
      return typeof value === 'string' ? booleanHint(value) : undefined;
    case 'number':
      return typeof value === 'string' && /^\d+$/.test(value) ? 'Remove the quotes.' : undefined;
    case 'list':
      return typeof value === 'object' ? 'Start each entry with "- ".' : `Write it as a list: [${source ?? '…'}]`;
    case 'section':
      return sectionHint(value, (schema === undefined ? undefined : allowedKeys(schema)) ?? []);
  }
}

function sectionHint(value: unknown, allowed: readonly string[]): string | undefined {
  const switched = typeof value === 'boolean' ? value : typeof value === 'string' ? booleanOf(value) : undefined;
  if (switched !== undefined && allowed.includes('enabled')) return `Write {enabled: ${switched}}.`;
  return allowed.length === 0 ? undefined : `Allowed keys: ${allowed.join(', ')}.`;
}

function booleanHint(value: string): string | undefined {
  const meant = booleanOf(value);
  return meant === undefined ? undefined : `Write ${meant}, without quotes.`;
}

/** YAML 1.1 read these words as booleans; YAML 1.2 and we do not. */
function booleanOf(value: string): boolean | undefined {
  if (/^(true|yes|on|y)$/i.test(value)) return true;
  return /^(false|no|off|n)$/i.test(value) ? false : undefined;
}

/** Message for a value outside the allowed set. */
export function choiceWords(values: readonly unknown[], written: Written): Words {
  const choices = values.map(String);
  const near = typeof written.value === 'string' ? closest(written.value, choices) : undefined;
  const message = choices.length === 1 ? `must be ${choices[0]}` : `must be one of ${choices.join(', ')}`;
  return {
    message: `${message}, but is ${describe(written)}`,
    ...(near === undefined ? {} : { hint: `Did you mean "${near}"?` }),
  };
}

/** Describes a value by its kind, with the value itself if it is short and scalar. */
function describe(written: Written): string {
  const { value } = written;
  if (typeof value === 'string') return `the string ${JSON.stringify(shorten(value))}`;
  if (typeof value === 'number') return `a number (${shown(written)})`;
  return typeof value === 'boolean' ? `${shown(written)}` : kindOf(value);
}

/** Describes a value by its kind alone: it could be a secret. */
export function kindOf(value: unknown): string {
  if (value === null || value === undefined) return 'empty';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return 'a section with keys';
  if (typeof value === 'string') return 'a string';
  return typeof value === 'number' ? 'a number' : 'true or false';
}

function shown({ value, source }: Written): string {
  return shorten(source ?? String(value));
}

function shorten(value: string): string {
  return value.length > 60 ? `${value.slice(0, 57)}…` : value;
}
