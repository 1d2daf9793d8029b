import type * as z from 'zod';
import { formatPath, type KeyPath, mostProblems } from './paths.ts';
import type { InputFinding } from './positions.ts';
import { secretReference } from './schema/common.ts';
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
import { choiceWords, kindOf, noWords, type Written, words } from './words.ts';

type Schema = z.core.$ZodType;
type Issue = z.core.$ZodIssue;

const isMissing = 'is missing';

/**
 * Turns zod's issues into readable findings.
 *
 * @param schema the schema used to parse with `parseOptions`
 * @param issues zod's issues
 * @param look returns the value at a path of the input
 */
export function explain(schema: Schema, issues: readonly Issue[], look: (path: KeyPath) => Written): InputFinding[] {
  return new Explainer(schema, look).all(schema, issues, []);
}

class Explainer {
  readonly top: Schema;
  readonly look: (path: KeyPath) => Written;
  /** Paths of keys for which a misspelt key was found. */
  readonly #meant = new Set<string>();

  constructor(top: Schema, look: (path: KeyPath) => Written) {
    this.top = top;
    this.look = look;
  }

  /** @param base path of the value that `schema` describes; the issues' paths are relative to it */
  all(schema: Schema, issues: readonly Issue[], base: KeyPath): InputFinding[] {
    const findings = issues.slice(0, mostProblems).flatMap((issue) => {
      const path = [...base, ...issue.path];
      return this.#one(issue, path, this.#schemaAt(schema, issue.path, base));
    });
    // A misspelt key is not reported as missing, too.
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

  #one(issue: Issue, path: KeyPath, schema: Schema | undefined): InputFinding[] {
    const written = this.look(path);
    if (issue.code === 'unrecognized_keys')
      return this.#unknownKeys(issue.keys.slice(0, mostProblems), path, schema, written.value);
    if (issue.code === 'custom') return [this.#custom(issue, path)];
    if (issue.code === 'invalid_key') {
      const problem = issue.issues[0]?.message ?? noWords;
      return [{ path, at: 'key', message: problem === noWords ? 'is not a valid key' : problem }];
    }
    if (!written.exists) return [missing(path, schema, issue)];
    if (issue.code === 'invalid_union') return this.#union(issue, path, schema, written);
    return [{ path, at: 'value', ...words(issue, written, schema) }];
  }

  #custom(issue: z.core.$ZodIssueCustom, path: KeyPath): InputFinding {
    const { hint, at, among } = issue.params ?? {};
    // Of mutually exclusive keys, the second in the file is reported.
    const clashing = Array.isArray(among)
      ? Object.keys(this.look(path).value ?? {}).filter((key) => among.includes(key))
      : [];
    return {
      path: [...path, ...clashing.slice(1, 2)],
      at: at === 'key' ? 'key' : 'value',
      message: issue.message,
      ...(typeof hint === 'string' ? { hint } : {}),
    };
  }

  #unknownKeys(keys: readonly string[], path: KeyPath, schema: Schema | undefined, value: unknown): InputFinding[] {
    const inner = schema === undefined ? undefined : unwrap(schema);
    if (inner?._zod.def.type !== 'union') return keys.map((key) => this.#unknownKey(path, key, inner));
    // One branch of the union matches, except for keys of another branch.
    const { options } = inner._zod.def;
    const clash = clashOf(options, path, value);
    if (clash !== undefined) return [clash];
    return keys.map((key) => this.#unknownKey(path, key, chooseBranch(options, value)));
  }

  #unknownKey(path: KeyPath, key: string, schema: Schema | undefined): InputFinding {
    const allowed = (schema === undefined ? undefined : allowedKeys(schema)) ?? [];
    const near = closest(key, allowed);
    if (near !== undefined) this.#meant.add(formatPath([...path, near]));
    return { path: [...path, key], at: 'key', message: 'unknown key', hint: this.#keyHint(path, key, near, allowed) };
  }

  #keyHint(path: KeyPath, key: string, near: string | undefined, allowed: readonly string[]): string | undefined {
    if (near !== undefined) return `Did you mean "${near}"?`;
    // The same key in another section means something else: tls.existingIssuer.kind is not git.host.kind.
    const elsewhere = pathsOfKey(this.top, key, '').filter(
      (other) => path.length === 0 || other.startsWith(`${String(path[0])}.`),
    );
    if (elsewhere.length === 1) return `It belongs at ${elsewhere[0]}.`;
    return allowed.length === 0 ? undefined : `Allowed keys: ${allowed.join(', ')}.`;
  }

  #union(
    issue: z.core.$ZodIssueInvalidUnion,
    path: KeyPath,
    schema: Schema | undefined,
    written: Written,
  ): InputFinding[] {
    const inner = schema === undefined ? undefined : unwrap(schema);
    if (inner === undefined || inner._zod.def.type !== 'union') {
      // zod reports a discriminator's issue at the discriminator's path.
      return [
        { path, at: 'value', ...choiceWords((issue as { options?: readonly unknown[] }).options ?? [], written) },
      ];
    }
    const options = inner._zod.def.options;
    const hint = options === secretReference._zod.def.options ? secretReference.description : descriptionOf(inner);
    const text =
      typeof written.value === 'string' ? options.findIndex((one) => unwrap(one)._zod.def.type === 'string') : -1;
    if (text >= 0) return this.all(options[text] as Schema, issue.errors[text] ?? [], path);
    if (typeof written.value !== 'object' || written.value === null) {
      const message = `must be ${choicesOf(options)}, but is ${kindOf(written.value)}`;
      return [{ path, at: 'value', message, hint }];
    }
    const clash = clashOf(options, path, written.value);
    if (clash !== undefined) return [clash];
    const branch = chooseBranch(options, written.value);
    if (branch === undefined) return [{ path, at: 'value', message: `must be ${choicesOf(options)}`, hint }];
    return this.all(branch, issue.errors[options.indexOf(branch)] ?? [], path);
  }
}

/** InputFinding for a value with keys of several branches of a union. */
function clashOf(options: readonly Schema[], path: KeyPath, value: unknown): InputFinding | undefined {
  const named = namedBranches(options, value);
  if (named.length < 2) return undefined;
  const message = `sets ${named.length} alternatives (${named.join(', ')})`;
  return { path: [...path, named[1] ?? ''], at: 'key', message, hint: `Keep one of: ${choicesOf(options)}.` };
}

function missing(path: KeyPath, schema: Schema | undefined, issue: Issue): InputFinding {
  return { path, at: 'key', message: isMissing, hint: missingHint(schema, issue) };
}

function missingHint(schema: Schema | undefined, issue: Issue): string | undefined {
  if (issue.code === 'invalid_union' && 'options' in issue && Array.isArray(issue.options))
    return `One of: ${issue.options.map(String).join(', ')}.`;
  const described = schema === undefined ? undefined : descriptionOf(schema);
  return described ?? (issue.code === 'invalid_value' ? `Write ${issue.values.map(String).join(' or ')}.` : undefined);
}

/** @returns dotted paths of all sections (not list entries) that have this key */
function pathsOfKey(schema: Schema, key: string, prefix: string): string[] {
  const inner = unwrap(schema);
  if (inner._zod.def.type !== 'object') return [];
  return Object.entries(inner._zod.def.shape).flatMap(([name, field]) => {
    const path = prefix === '' ? name : `${prefix}.${name}`;
    return [...(name === key ? [path] : []), ...pathsOfKey(field, key, path)];
  });
}
