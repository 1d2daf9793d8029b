import * as z from 'zod';
import { closest } from './suggest.ts';

type Schema = z.core.$ZodType;

/**
 * Removes wrappers that do not change the shape: optional, default, prefault and the like.
 *
 * @returns the inner schema
 */
export function unwrap(schema: Schema): z.core.$ZodTypes {
  const typed = schema as z.core.$ZodTypes;
  switch (typed._zod.def.type) {
    case 'optional':
    case 'default':
    case 'prefault':
    case 'nullable':
    case 'readonly':
    case 'nonoptional':
      return unwrap(typed._zod.def.innerType);
    default:
      return typed;
  }
}

/** @returns the description of a schema, or of the nearest one that it wraps */
export function descriptionOf(schema: Schema): string | undefined {
  const own = z.globalRegistry.get(schema)?.description;
  const typed = schema as z.core.$ZodTypes;
  return own ?? ('innerType' in typed._zod.def ? descriptionOf(typed._zod.def.innerType) : undefined);
}

/**
 * @returns the keys allowed by an object schema; undefined when any keys (or none) are allowed
 */
export function allowedKeys(schema: Schema): string[] | undefined {
  const inner = unwrap(schema);
  if (inner._zod.def.type === 'object') return Object.keys(inner._zod.def.shape);
  if (inner._zod.def.type !== 'record') return undefined;
  const key = unwrap(inner._zod.def.keyType);
  return key._zod.def.type === 'enum' ? Object.values(key._zod.def.entries).map(String) : undefined;
}

/**
 * Descends one level.
 *
 * @param schema schema of a value
 * @param part key or index in the value
 * @param value the value itself, which selects the branch of a union
 * @returns the schema of that part, undefined when the schema has no such part
 */
export function childSchema(schema: Schema, part: PropertyKey, value: unknown): Schema | undefined {
  const inner = unwrap(schema);
  switch (inner._zod.def.type) {
    case 'object':
      return Object.hasOwn(inner._zod.def.shape, part) ? inner._zod.def.shape[String(part)] : undefined;
    case 'record':
      return inner._zod.def.valueType;
    case 'array':
      return inner._zod.def.element;
    case 'union': {
      const branch = chooseBranch(inner._zod.def.options, value);
      return branch === undefined ? undefined : childSchema(branch, part, value);
    }
    default:
      return undefined;
  }
}

/**
 * Finds the intended branch of a union: by a discriminator, else by the keys of the
 * value, including near misses.
 *
 * @returns undefined when no branch is more likely than the others
 */
export function chooseBranch(options: readonly Schema[], value: unknown): Schema | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  const scores = options.map((option) => branchScore(option, value));
  const best = Math.max(...scores);
  return best > 0 ? options[scores.indexOf(best)] : undefined;
}

function branchScore(option: Schema, value: object): number {
  const inner = unwrap(option);
  if (inner._zod.def.type !== 'object') return 0;
  const shape = inner._zod.def.shape;
  return Object.entries(value).reduce((score, [key, entry]) => {
    const field = Object.hasOwn(shape, key) ? shape[key] : undefined;
    if (field === undefined) return score + (closest(key, Object.keys(shape)) === undefined ? 0 : 1);
    const literals = unwrap(field)._zod.values;
    return score + (literals?.has(entry as z.core.util.Literal) ? 100 : 2);
  }, 0);
}

/** @returns keys of the value that belong to a single branch, one for each such branch */
export function namedBranches(options: readonly Schema[], value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return [];
  const shapes = options.map((option) => allowedKeys(option) ?? []);
  const own = shapes.map((keys, index) =>
    keys.filter((key) => !shapes.some((other, i) => i !== index && other.includes(key))),
  );
  return own.flatMap((keys) => keys.filter((key) => Object.hasOwn(value, key)).slice(0, 1));
}

/** @returns the alternatives of a union, for messages: `{env: …} or {file: …}` */
export function choicesOf(options: readonly Schema[]): string {
  const choices = options.map((option) => {
    const inner = unwrap(option);
    if (inner._zod.def.type !== 'object') return `a ${inner._zod.def.type}`;
    const needed = Object.entries(inner._zod.def.shape).filter(([, field]) => field._zod.optin === undefined);
    return `{${needed.map(([key]) => `${key}: …`).join(', ')}}`;
  });
  const last = choices.pop() ?? '';
  return choices.length === 0 ? last : `${choices.join(', ')} or ${last}`;
}
