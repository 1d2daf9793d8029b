import type { Json, JsonObject } from '../../schemas/validate.ts';

/** The part of a CustomResourceDefinition that a schema is derived from. */
export interface Definition {
  kind: 'CustomResourceDefinition';
  spec: {
    group: string;
    scope: 'Namespaced' | 'Cluster';
    names: { kind: string };
    versions: { name: string; served: boolean; schema: { openAPIV3Schema: JsonObject } }[];
  };
}

/** What a schema says besides the fields' types; the rest (descriptions, formats, defaults, x-kubernetes-*) is dropped. */
const keptKeywords = [
  'type',
  'enum',
  'pattern',
  'minimum',
  'maximum',
  'minLength',
  'maxLength',
  'minItems',
  'maxItems',
  'minProperties',
  'maxProperties',
  'required',
  'uniqueItems',
];

/**
 * Derives the JSON Schema by which the API server judges the objects of a CustomResourceDefinition, for each served
 * version under `$defs`, as compact as it gets: equal parts are written once. Fields that the server would drop without
 * a word are forbidden. `status` is open, `metadata` is checked elsewhere, CEL rules (x-kubernetes-validations) are lost.
 *
 * @see https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/#specifying-a-structural-schema
 */
export function deriveSchema(definition: Definition, comment: string): JsonObject {
  const { group, names, scope, versions } = definition.spec;
  const roots: JsonObject = {};
  for (const version of versions.filter(({ served }) => served)) {
    roots[version.name] = rootSchema(
      version.schema.openAPIV3Schema,
      group === '' ? version.name : `${group}/${version.name}`,
      names.kind,
    );
  }
  return { $comment: comment, scope, $defs: shareEqualParts(roots) };
}

function rootSchema(schema: JsonObject, apiVersion: string, kind: string): JsonObject {
  const { status, operation, ...properties } = (schema.properties ?? {}) as JsonObject;
  const body = structural({ ...schema, properties });
  const fields = body.properties as JsonObject;
  Object.assign(fields, { apiVersion: { const: apiVersion }, kind: { const: kind }, metadata: { type: 'object' } });
  if (status !== undefined) fields.status = { type: 'object' };
  body.required = [...new Set(['apiVersion', 'kind', 'metadata', ...((body.required as string[]) ?? [])])];
  return body;
}

function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Translates a schema in a place where fields are declared. */
function structural(schema: JsonObject): JsonObject {
  const result = kept(schema);
  if (schema['x-kubernetes-int-or-string'] === true) {
    result.type = ['integer', 'string'];
  } else {
    Object.assign(result, junctors(schema));
  }
  if (schema.nullable === true && typeof result.type === 'string') result.type = [result.type, 'null'];
  if (schema['x-kubernetes-list-type'] === 'set') result.uniqueItems = true;
  if (isObject(schema.items)) result.items = structural(schema.items);
  if (isObject(schema.properties)) result.properties = mapValues(schema.properties, structural);
  if (isObject(schema.additionalProperties)) {
    result.additionalProperties = structural(schema.additionalProperties);
  } else if (schema.type === 'object' && schema['x-kubernetes-preserve-unknown-fields'] !== true) {
    result.additionalProperties = schema.additionalProperties === true;
  }
  return result;
}

/** Translates a schema that only adds conditions (inside of allOf, anyOf, oneOf, not): it declares no fields. */
function conditional(schema: JsonObject): JsonObject {
  const result = { ...kept(schema), ...junctors(schema) };
  if (isObject(schema.items)) result.items = conditional(schema.items);
  if (isObject(schema.properties)) result.properties = mapValues(schema.properties, conditional);
  return result;
}

function junctors(schema: JsonObject): JsonObject {
  const result: JsonObject = {};
  for (const junctor of ['allOf', 'anyOf', 'oneOf']) {
    const branches = schema[junctor];
    if (Array.isArray(branches)) result[junctor] = branches.filter(isObject).map(conditional);
  }
  if (isObject(schema.not)) result.not = conditional(schema.not);
  return result;
}

function kept(schema: JsonObject): JsonObject {
  return Object.fromEntries(
    keptKeywords.flatMap((keyword): [string, Json][] => {
      const value = schema[keyword];
      return value === undefined ? [] : [[keyword, value]];
    }),
  );
}

function mapValues(object: JsonObject, change: (value: JsonObject) => JsonObject): JsonObject {
  return Object.fromEntries(
    Object.entries(object).map(([key, value]) => [key, isObject(value) ? change(value) : value]),
  );
}

/** Shorter schemas than this are repeated: a reference would be no shorter. */
const shortestShared = 48;

interface Part {
  schema: JsonObject;
  text: string;
  uses: number;
  name?: string;
}

/**
 * Writes equal sub-schemas once, under `$defs`, and refers to them: generators that nest in generators, and versions of a
 * kind that do not differ, cost next to nothing.
 */
function shareEqualParts(roots: JsonObject): JsonObject {
  const parts = new Map<string, Part>();
  const partOf = new Map<JsonObject, Part>();

  /** Counts each distinct schema, its children once for all of its uses. */
  function count(schema: JsonObject): void {
    const text = JSON.stringify(schema);
    const known = parts.get(text);
    const part = known ?? { schema, text, uses: 0 };
    part.uses += 1;
    partOf.set(schema, part);
    if (known !== undefined) return;
    parts.set(text, part);
    for (const child of children(schema)) count(child);
  }

  const defs: JsonObject = {};
  let names = 0;

  function write(schema: JsonObject): JsonObject {
    const part = partOf.get(schema) ?? parts.get(JSON.stringify(schema));
    if (part === undefined || part.uses < 2 || part.text.length < shortestShared) return copy(schema, write);
    if (part.name === undefined) {
      names += 1;
      part.name = String(names);
      defs[part.name] = copy(part.schema, write);
    }
    return { $ref: `#/$defs/${part.name}` };
  }

  const bodies = Object.values(roots).filter(isObject);
  for (const body of bodies) count(body);
  const written = Object.fromEntries(
    Object.entries(roots).map(([version, body]) => [version, isObject(body) ? write(body) : body]),
  );
  return { ...written, ...defs };
}

function children(schema: JsonObject): JsonObject[] {
  const found: JsonObject[] = [];
  copy(schema, (child) => {
    found.push(child);
    return child;
  });
  return found;
}

/** Copies a schema with its direct sub-schemas changed. */
function copy(schema: JsonObject, change: (child: JsonObject) => JsonObject): JsonObject {
  const result: JsonObject = {};
  for (const [keyword, value] of Object.entries(schema)) {
    if (keyword === 'properties' && isObject(value)) result[keyword] = mapValues(value, change);
    else if (['items', 'additionalProperties', 'not'].includes(keyword) && isObject(value))
      result[keyword] = change(value);
    else if (['allOf', 'anyOf', 'oneOf'].includes(keyword) && Array.isArray(value)) {
      result[keyword] = value.map((branch) => (isObject(branch) ? change(branch) : branch));
    } else result[keyword] = value;
  }
  return result;
}
