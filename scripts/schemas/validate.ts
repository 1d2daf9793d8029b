/** A JSON value. */
export type Json = null | boolean | number | string | Json[] | JsonObject;

/** A JSON object. */
export interface JsonObject {
  [key: string]: Json;
}

/** A schema with the keywords that derive.ts keeps: others are not supported. */
export interface Schema {
  $ref?: string;
  type?: string | string[];
  const?: Json;
  enum?: Json[];
  pattern?: string;
  minimum?: number;
  maximum?: number;
  minLength?: number;
  maxLength?: number;
  minItems?: number;
  maxItems?: number;
  uniqueItems?: boolean;
  minProperties?: number;
  maxProperties?: number;
  required?: string[];
  properties?: Record<string, Schema>;
  additionalProperties?: boolean | Schema;
  items?: Schema;
  allOf?: Schema[];
  anyOf?: Schema[];
  oneOf?: Schema[];
  not?: Schema;
}

/** Named parts of a schema, the targets of `$ref: '#/$defs/<name>'`. */
export type Definitions = Record<string, Schema>;

/**
 * Validates a value by walking its schema. A general validator compiles each schema to code first, which for the kinds in one
 * cluster's tree took longer than the rest of the program; objects are small, so walking them is cheap. Tests compare the results
 * with those of a general validator.
 *
 * @param path key path of the value, for the messages
 * @returns one line per mistake, as `spec.project: must be string`
 */
export function validate(value: unknown, schema: Schema, defs: Definitions, path = ''): string[] {
  if (schema.$ref !== undefined) return validate(value, resolve(schema.$ref, defs), defs, path);
  if (schema.type !== undefined && ![schema.type].flat().some((type) => isOfType(value, type))) {
    return [`${path}: must be ${[schema.type].flat().join(' or ')}`];
  }
  return [
    ...ownProblems(value, schema, path),
    ...childProblems(value, schema, defs, path),
    ...choiceProblems(value, schema, defs, path),
  ];
}

function resolve(reference: string, defs: Definitions): Schema {
  const schema = defs[reference.slice('#/$defs/'.length)];
  if (schema === undefined) throw new Error(`the schema refers to ${reference}, which does not exist`);
  return schema;
}

function isOfType(value: unknown, type: string): boolean {
  switch (type) {
    case 'null':
      return value === null;
    case 'array':
      return Array.isArray(value);
    case 'object':
      return isMap(value);
    case 'integer':
      return Number.isInteger(value);
    default:
      return typeof value === type;
  }
}

function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function ownProblems(value: unknown, schema: Schema, path: string): string[] {
  const problems: string[] = [];
  const demand = (good: boolean, what: string): void => {
    if (!good) problems.push(`${path}: ${what}`);
  };
  if (schema.const !== undefined) demand(value === schema.const, `must be ${String(schema.const)}`);
  if (schema.enum !== undefined)
    demand(
      schema.enum.some((item) => item === value),
      `must be one of ${schema.enum.join(', ')}`,
    );
  if (typeof value === 'number') checkNumber(value, schema, demand);
  if (typeof value === 'string') checkText(value, schema, demand);
  if (Array.isArray(value)) {
    demand(value.length >= (schema.minItems ?? 0), `must have ${schema.minItems} items or more`);
    demand(value.length <= (schema.maxItems ?? Infinity), `must have ${schema.maxItems} items or fewer`);
    if (schema.uniqueItems === true) {
      demand(new Set(value.map((item) => JSON.stringify(item))).size === value.length, 'must not repeat items');
    }
  }
  if (isMap(value)) {
    const size = Object.keys(value).length;
    demand(size >= (schema.minProperties ?? 0), `must have ${schema.minProperties} fields or more`);
    demand(size <= (schema.maxProperties ?? Infinity), `must have ${schema.maxProperties} fields or fewer`);
  }
  return problems;
}

function checkNumber(value: number, schema: Schema, demand: (good: boolean, what: string) => void): void {
  const { minimum = -Infinity, maximum = Infinity } = schema;
  demand(value >= minimum, `must be ${minimum} or more`);
  demand(value <= maximum, `must be ${maximum} or less`);
}

function checkText(value: string, schema: Schema, demand: (good: boolean, what: string) => void): void {
  // Kubernetes counts characters, not UTF-16 units.
  const length = [...value].length;
  demand(length >= (schema.minLength ?? 0), `must have ${schema.minLength} characters or more`);
  demand(length <= (schema.maxLength ?? Infinity), `must have ${schema.maxLength} characters or fewer`);
  if (schema.pattern !== undefined) demand(expression(schema.pattern).test(value), `must match ${schema.pattern}`);
}

const expressions = new Map<string, RegExp>();

function expression(pattern: string): RegExp {
  const known = expressions.get(pattern);
  if (known !== undefined) return known;
  const compiled = new RegExp(pattern, 'u');
  expressions.set(pattern, compiled);
  return compiled;
}

function childProblems(value: unknown, schema: Schema, defs: Definitions, path: string): string[] {
  if (Array.isArray(value)) {
    const { items } = schema;
    return items === undefined ? [] : value.flatMap((item, index) => validate(item, items, defs, `${path}[${index}]`));
  }
  if (!isMap(value)) return [];
  const at = (field: string): string => (path === '' ? field : `${path}.${field}`);
  const missing = (schema.required ?? []).filter((field) => value[field] === undefined);
  return [
    ...missing.map((field) => `${at(field)}: is missing`),
    ...Object.entries(value).flatMap(([field, item]) => {
      if (item === undefined) return [];
      const declared = own(schema.properties, field) ?? schema.additionalProperties ?? true;
      if (declared === true) return [];
      return declared === false ? [`${at(field)}: unknown field`] : validate(item, declared, defs, at(field));
    }),
  ];
}

function own(properties: Record<string, Schema> | undefined, field: string): Schema | undefined {
  return properties !== undefined && Object.hasOwn(properties, field) ? properties[field] : undefined;
}

function choiceProblems(value: unknown, schema: Schema, defs: Definitions, path: string): string[] {
  const fits = (branch: Schema): boolean => validate(value, branch, defs, path).length === 0;
  const problems = (schema.allOf ?? []).flatMap((branch) => validate(value, branch, defs, path));
  if (schema.anyOf !== undefined && !schema.anyOf.some(fits)) {
    problems.push(`${path}: must have one of ${fieldsOf(schema.anyOf)}`);
  }
  if (schema.oneOf !== undefined && schema.oneOf.filter(fits).length !== 1) {
    problems.push(`${path}: must have exactly one of ${fieldsOf(schema.oneOf)}`);
  }
  if (schema.not !== undefined && fits(schema.not)) problems.push(`${path}: must not have ${fieldsOf([schema.not])}`);
  return problems;
}

/** The fields of a choice: those that its branches require or declare. */
function fieldsOf(branches: readonly Schema[]): string {
  const fields = new Set<string>();
  const collect = (branch: Schema): void => {
    for (const field of branch.required ?? Object.keys(branch.properties ?? {})) fields.add(field);
    for (const inner of [branch.allOf, branch.anyOf, branch.oneOf].flat()) if (inner !== undefined) collect(inner);
    if (branch.not !== undefined) collect(branch.not);
  };
  branches.forEach(collect);
  return fields.size === 0 ? 'the allowed forms' : [...fields].join(', ');
}
