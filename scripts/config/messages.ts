import type { z } from 'zod';
import { formatPath, type KeyPath } from './paths.ts';
import type { Finding } from './positions.ts';
import {
  allowedKeys,
  childSchema,
  choicesOf,
  chooseBranch,
  descriptionOf,
  namedBranches,
  unwrap,
} from './schema-shape.ts';
import { closest } from './suggest.ts';

type Schema = z.core.$ZodType;
type Issue = z.core.$ZodIssue;

/** What stands at a path of the input. */
export interface Written {
  exists: boolean;
  value: unknown;
  /** As it was written, for plain scalars: `012` for the number 12. */
  source: string | undefined;
}

/** Stands in issues for which the schema has no words of its own. */
const noWords = '\u0000';

const isMissing = 'is missing';

/** Options for `safeParse`, so that our own words can be told from zod's. */
export const parseOptions = { error: () => noWords };

/**
 * Turns what zod found into plain words.
 *
 * @param schema the schema that was parsed with, with `parseOptions`
 * @param issues zod's issues
 * @param look what stands at a path of the input
 */
export function explain(schema: Schema, issues: readonly Issue[], look: (path: KeyPath) => Written): Finding[] {
  return new Explainer(schema, look).all(schema, issues, []);
}

class Explainer {
  readonly top: Schema;
  readonly look: (path: KeyPath) => Written;
  /** Paths that misspelt keys would have. */
  readonly #meant = new Set<string>();

  constructor(top: Schema, look: (path: KeyPath) => Written) {
    this.top = top;
    this.look = look;
  }

  /** @param base path of the value that `schema` is about; the issues' paths begin there */
  all(schema: Schema, issues: readonly Issue[], base: KeyPath): Finding[] {
    const findings = issues.flatMap((issue) => {
      const path = [...base, ...issue.path];
      return this.#one(issue, path, this.#schemaAt(schema, issue.path, base));
    });
    // A key that is misspelt is not missing as well.
    return findings.filter(({ path, message }) => message !== isMissing || !this.#meant.has(formatPath(path)));
  }

  #schemaAt(schema: Schema, path: KeyPath, base: KeyPath): Schema | undefined {
    let found: Schema | undefined = schema;
    for (const [index, part] of path.entries()) {
      if (found === undefined) return undefined;
      found = childSchema(found, part, this.look([...base, ...path.slice(0, index)]).value);
    }
    return found;
  }

  #one(issue: Issue, path: KeyPath, schema: Schema | undefined): Finding[] {
    const written = this.look(path);
    if (issue.code === 'unrecognized_keys') return this.#unknownKeys(issue.keys, path, schema, written.value);
    if (issue.code === 'custom') return [{ path, ...customWords(issue) }];
    if (issue.code === 'invalid_key') {
      const problem = issue.issues[0]?.message ?? noWords;
      return [{ path, at: 'key', message: problem === noWords ? 'is no such key' : problem }];
    }
    if (!written.exists) return [missing(path, schema, issue)];
    if (issue.code === 'invalid_union') return this.#union(issue, path, schema, written);
    return [{ path, at: 'value', ...words(issue, written) }];
  }

  #unknownKeys(keys: readonly string[], path: KeyPath, schema: Schema | undefined, value: unknown): Finding[] {
    const inner = schema === undefined ? undefined : unwrap(schema);
    if (inner?._zod.def.type !== 'union') return keys.map((key) => this.#unknownKey(path, key, inner));
    // One branch of the union fits but for keys that belong to another.
    const { options } = inner._zod.def;
    const clash = clashOf(options, path, value);
    if (clash !== undefined) return [clash];
    return keys.map((key) => this.#unknownKey(path, key, chooseBranch(options, value)));
  }

  #unknownKey(path: KeyPath, key: string, schema: Schema | undefined): Finding {
    const allowed = (schema === undefined ? undefined : allowedKeys(schema)) ?? [];
    const near = closest(key, allowed);
    if (near !== undefined) this.#meant.add(formatPath([...path, near]));
    return { path: [...path, key], at: 'key', message: 'unknown key', hint: this.#keyHint(key, near, allowed) };
  }

  #keyHint(key: string, near: string | undefined, allowed: readonly string[]): string | undefined {
    if (near !== undefined) return `Did you mean "${near}"?`;
    const elsewhere = pathsOfKey(this.top, key, '');
    if (elsewhere.length === 1) return `Its place is ${elsewhere[0]}.`;
    return allowed.length === 0 ? undefined : `Allowed here: ${allowed.join(', ')}.`;
  }

  #union(issue: z.core.$ZodIssueInvalidUnion, path: KeyPath, schema: Schema | undefined, written: Written): Finding[] {
    const inner = schema === undefined ? undefined : unwrap(schema);
    if (inner === undefined || inner._zod.def.type !== 'union') {
      // The issue of a discriminator has the discriminator's own path.
      return [
        { path, at: 'value', ...choiceWords((issue as { options?: readonly unknown[] }).options ?? [], written) },
      ];
    }
    const options = inner._zod.def.options;
    const hint = descriptionOf(inner);
    if (typeof written.value !== 'object' || written.value === null) {
      const message = `must be ${choicesOf(options)}, is ${kindOf(written.value)}`;
      return [{ path, at: 'value', message, hint }];
    }
    const clash = clashOf(options, path, written.value);
    if (clash !== undefined) return [clash];
    const branch = chooseBranch(options, written.value);
    if (branch === undefined) return [{ path, at: 'value', message: `must be ${choicesOf(options)}`, hint }];
    return this.all(branch, issue.errors[options.indexOf(branch)] ?? [], path);
  }
}

/** A value that has the keys of several branches of a union. */
function clashOf(options: readonly Schema[], path: KeyPath, value: unknown): Finding | undefined {
  const named = namedBranches(options, value);
  if (named.length < 2) return undefined;
  const message = `names ${named.length} kinds (${named.join(', ')})`;
  return { path: [...path, named[1] ?? ''], at: 'key', message, hint: `Keep one of: ${choicesOf(options)}.` };
}

function customWords(issue: z.core.$ZodIssueCustom): Pick<Finding, 'at' | 'message' | 'hint'> {
  const hint: unknown = issue.params?.hint;
  return {
    at: issue.params?.at === 'key' ? 'key' : 'value',
    message: issue.message,
    ...(typeof hint === 'string' ? { hint } : {}),
  };
}

function missing(path: KeyPath, schema: Schema | undefined, issue: Issue): Finding {
  const options = issue.code === 'invalid_union' && 'options' in issue ? issue.options : undefined;
  const hint = Array.isArray(options)
    ? `One of: ${options.map(String).join(', ')}.`
    : schema === undefined
      ? undefined
      : descriptionOf(schema);
  return { path, at: 'key', message: isMissing, hint };
}

/** @returns dotted paths of all sections (not of list entries) that have this key */
function pathsOfKey(schema: Schema, key: string, prefix: string): string[] {
  const inner = unwrap(schema);
  if (inner._zod.def.type !== 'object') return [];
  return Object.entries(inner._zod.def.shape).flatMap(([name, field]) => {
    const path = prefix === '' ? name : `${prefix}.${name}`;
    return [...(name === key ? [path] : []), ...pathsOfKey(field, key, path)];
  });
}

type Words = Pick<Finding, 'message' | 'hint'>;

function words(issue: Issue, written: Written): Words {
  const type = typeWords(issue, written);
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
        : { message: `must be at most ${issue.maximum}, is ${shown(written)}` };
    default:
      return { message: 'has the wrong form' };
  }
}

/** Words for a value of the wrong type; undefined when the type is right. */
function typeWords(issue: Issue, written: Written): Words | undefined {
  const expected = expectedType(issue);
  if (expected === undefined || expected.fits(written.value)) return undefined;
  const { value } = written;
  if (value === null)
    return { message: `must be ${expected.words}, is empty`, hint: 'Give it a value, or remove the key.' };
  return {
    message: `must be ${expected.words}, is ${expected.name === 'section' ? kindOf(value) : describe(written)}`,
    hint: typeHint(expected.name, written),
  };
}

interface Expected {
  name: 'text' | 'number' | 'boolean' | 'list' | 'section';
  words: string;
  fits: (value: unknown) => boolean;
}

function expectedType(issue: Issue): Expected | undefined {
  if (issue.code === 'invalid_value' && issue.values.every((value) => typeof value === 'string')) return types.string;
  if (issue.code === 'invalid_format') return types.string;
  return issue.code === 'invalid_type' ? types[issue.expected] : undefined;
}

const text: Expected = { name: 'text', words: 'text', fits: (value) => typeof value === 'string' };
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

function typeHint(expected: Expected['name'], { value, source }: Written): string | undefined {
  switch (expected) {
    case 'text':
      return typeof value === 'object' ? undefined : `Quote it: "${source ?? String(value)}"`;
    case 'boolean':
      return typeof value === 'string' ? booleanHint(value) : undefined;
    case 'number':
      return typeof value === 'string' && /^\d+$/.test(value) ? 'Remove the quotes.' : undefined;
    case 'list':
      return typeof value === 'object' ? 'Begin each entry with "- ".' : `Write it as a list: [${source ?? '…'}]`;
    case 'section':
      return undefined;
  }
}

/** YAML 1.1 took these words for booleans; YAML 1.2 and we do not. */
function booleanHint(value: string): string | undefined {
  if (/^(true|yes|on|y)$/i.test(value)) return 'Write true, without quotes.';
  return /^(false|no|off|n)$/i.test(value) ? 'Write false, without quotes.' : undefined;
}

function choiceWords(values: readonly unknown[], written: Written): Words {
  const choices = values.map(String);
  const near = typeof written.value === 'string' ? closest(written.value, choices) : undefined;
  const message = choices.length === 1 ? `must be ${choices[0]}` : `must be one of ${choices.join(', ')}`;
  return {
    message: `${message}; is ${describe(written)}`,
    ...(near === undefined ? {} : { hint: `Did you mean "${near}"?` }),
  };
}

/** What a value is, with the value itself where it is short and no structure. */
function describe(written: Written): string {
  const { value } = written;
  if (typeof value === 'string') return `the text ${JSON.stringify(shorten(value))}`;
  if (typeof value === 'number') return `a number (${shown(written)})`;
  return typeof value === 'boolean' ? `${shown(written)}` : kindOf(value);
}

/** What a value is, without the value: it could be a secret. */
function kindOf(value: unknown): string {
  if (value === null || value === undefined) return 'empty';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return 'a section with keys';
  if (typeof value === 'string') return 'text';
  return typeof value === 'number' ? 'a number' : 'true or false';
}

function shown({ value, source }: Written): string {
  return shorten(source ?? String(value));
}

function shorten(value: string): string {
  return value.length > 60 ? `${value.slice(0, 57)}…` : value;
}
