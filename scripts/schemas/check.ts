import { readdirSync, readFileSync } from 'node:fs';
import type { KubernetesObject } from '../components/component.ts';
import { checkMetadata } from './metadata.ts';
import { type Definitions, validate } from './validate.ts';

/** Content of a schema file: the scope of the kind, one definition per served version, and shared parts. */
interface SchemaFile {
  scope: 'Namespaced' | 'Cluster';
  /** True for Kubernetes' own kinds, where a field without a value (`env:`) counts as absent. */
  nullIsUnset?: true;
  $defs: Definitions;
}

const folder = new URL('./', import.meta.url);
const schemaFiles = new Map<string, SchemaFile>();
let names: ReadonlySet<string> | undefined;

/**
 * Checks an object against its schema: for Kubernetes' own kinds, and for the custom resources in the tree (`npm run schemas` lists
 * their CRDs); for all others only apiVersion, kind and metadata. Does not check CEL rules of CRDs, or what Kubernetes checks in code.
 *
 * @returns one line per mistake, as `spec.project: must be string`; none when the object is valid
 */
export function checkObject(object: KubernetesObject): string[] {
  const problems = checkHead(object);
  if (problems.length > 0) return problems;
  const metadata = checkMetadata(object);
  if (typeof object.metadata !== 'object' || object.metadata === null) return metadata;
  const [group, version] = splitApiVersion(object.apiVersion);
  const schema = readSchema(group, object.kind);
  if (schema === undefined) return metadata;
  const definition = schema.$defs[version];
  if (definition === undefined) {
    const served = Object.keys(schema.$defs).filter((name) => name.startsWith('v'));
    return [
      ...metadata,
      `apiVersion: ${object.apiVersion} is not served for ${object.kind}; served: ${served.join(', ')}`,
    ];
  }
  return [...metadata, ...validate(schema.nullIsUnset ? withoutNulls(object) : object, definition, schema.$defs)];
}

function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNulls);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, inner]) => (inner === null ? [] : [[key, withoutNulls(inner)]])),
  );
}

/**
 * @returns the scope of a kind by its schema; undefined without one
 */
export function scopeOf(apiVersion: string, kind: string): 'Namespaced' | 'Cluster' | undefined {
  return readSchema(splitApiVersion(apiVersion)[0], kind)?.scope;
}

function checkHead(object: KubernetesObject): string[] {
  const problems: string[] = [];
  if (typeof object !== 'object' || object === null || Array.isArray(object)) return ['is not a Kubernetes object'];
  if (typeof object.apiVersion !== 'string' || !/^([a-z0-9.-]+\/)?v[0-9][a-z0-9]*$/.test(object.apiVersion)) {
    problems.push('apiVersion: must be a version, for example v1 or apps/v1');
  }
  if (typeof object.kind !== 'string' || !/^[A-Z][A-Za-z0-9]*$/.test(object.kind)) {
    problems.push('kind: must be a kind, for example Deployment');
  }
  return problems;
}

function splitApiVersion(apiVersion: string): [group: string, version: string] {
  const slash = apiVersion.indexOf('/');
  return slash === -1 ? ['', apiVersion] : [apiVersion.slice(0, slash), apiVersion.slice(slash + 1)];
}

/** @returns the name of a kind's schema file */
export function schemaFile(group: string, kind: string): string {
  return `${group === '' ? 'core' : group}_${kind.toLowerCase()}.json`;
}

function readSchema(group: string, kind: string): SchemaFile | undefined {
  names ??= new Set(readdirSync(folder));
  const name = schemaFile(group, kind);
  if (!names.has(name)) return undefined;
  const known = schemaFiles.get(name);
  if (known !== undefined) return known;
  const schema = JSON.parse(readFileSync(new URL(name, folder), 'utf8')) as SchemaFile;
  schemaFiles.set(name, schema);
  return schema;
}
