import type { Json, JsonObject } from '../../schemas/validate.ts';
import type { Definition } from './derive.ts';

/** A file of api/openapi-spec/v3/ in the source of Kubernetes: one version of one API group. */
export interface OpenApi {
  paths: Record<string, Record<string, { 'x-kubernetes-group-version-kind'?: GroupVersionKind }>>;
  components: { schemas: Record<string, JsonObject> };
}

interface GroupVersionKind {
  group: string;
  version: string;
  kind: string;
}

/** Unpacked, these are a text or a number; the CRDs of others say so by an extension. */
const eitherWay: Readonly<Record<string, JsonObject>> = {
  'io.k8s.apimachinery.pkg.util.intstr.IntOrString': { 'x-kubernetes-int-or-string': true },
  'io.k8s.apimachinery.pkg.api.resource.Quantity': { type: ['string', 'number'] },
};

/**
 * Reads Kubernetes' own kinds as if they came from CustomResourceDefinitions, so that one derivation serves both: its published schemas
 * refer to each other, ours are whole.
 *
 * @returns one definition for each kind that can be created, with one version
 */
export function definitionsOf({ paths, components }: OpenApi): Definition[] {
  return Object.entries(paths).flatMap(([path, { post }]): Definition[] => {
    const named = post?.['x-kubernetes-group-version-kind'];
    // No subresources, which are posted to as well: .../pods/{name}/eviction
    if (named === undefined || path.includes('{name}')) return [];
    const { group, version, kind } = named;
    const found = Object.entries(components.schemas).find(([, schema]) => describes(schema, named));
    if (found === undefined) throw new Error(`no schema of ${kind}, which ${path} takes`);
    const openAPIV3Schema = whole(found[1], components.schemas);
    return [
      {
        kind: 'CustomResourceDefinition',
        spec: {
          group,
          scope: path.includes('{namespace}') ? 'Namespaced' : 'Cluster',
          names: { kind },
          versions: [{ name: version, served: true, schema: { openAPIV3Schema } }],
        },
      },
    ];
  });
}

function describes(schema: JsonObject, { group, version, kind }: GroupVersionKind): boolean {
  const list = schema['x-kubernetes-group-version-kind'] as unknown as GroupVersionKind[] | undefined;
  return list?.length === 1 && list.some((one) => one.kind === kind && one.group === group && one.version === version);
}

/** @returns the schema with its references replaced by what they name */
function whole(schema: JsonObject, all: Readonly<Record<string, JsonObject>>): JsonObject {
  const name = referenceIn(schema);
  if (name !== undefined) return eitherWay[name] ?? whole(all[name] ?? {}, all);
  const result: JsonObject = {};
  for (const [keyword, value] of Object.entries(schema)) {
    if (keyword === 'properties' && isObject(value))
      result[keyword] = Object.fromEntries(
        Object.entries(value).map(([key, inner]) => [key, isObject(inner) ? whole(inner, all) : inner]),
      );
    else if (['items', 'additionalProperties'].includes(keyword) && isObject(value))
      result[keyword] = whole(value, all);
    else result[keyword] = value;
  }
  // What says nothing of its fields takes any.
  if (schema.type === 'object' && schema.properties === undefined && schema.additionalProperties === undefined)
    result['x-kubernetes-preserve-unknown-fields'] = true;
  return result;
}

/** A reference stands alone, or as the one entry of allOf when there is a default beside it. */
function referenceIn(schema: JsonObject): string | undefined {
  const [only] = Array.isArray(schema.allOf) && schema.allOf.length === 1 ? schema.allOf : [schema];
  const text = isObject(only) ? only.$ref : undefined;
  return typeof text === 'string' ? text.slice('#/components/schemas/'.length) : undefined;
}

function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
