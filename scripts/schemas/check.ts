import { readdirSync, readFileSync } from 'node:fs';
import type { KubernetesObject } from '../components/component.ts';
import { checkMetadata } from './metadata.ts';
import { type Definitions, validate } from './validate.ts';

/** What a schema file holds: where its objects live, and one definition per served version, beside shared parts. */
interface SchemaFile {
  scope: 'Namespaced' | 'Cluster';
  /** True for Kubernetes' own kinds, where a field without a value (`env:`) is as good as absent. */
  nullIsUnset?: true;
  $defs: Definitions;
}

const folder = new URL('./', import.meta.url);
const schemaFiles = new Map<string, SchemaFile>();
let names: ReadonlySet<string> | undefined;

/**
 * Checks an object as the API server would: the schema of Kubernetes' own kinds, and of the CRDs of the custom resources that the tree
 * holds (`npm run schemas` lists them); apiVersion, kind and metadata of all others. CEL rules of CRDs are not checked, nor what
 * Kubernetes checks in code.
 *
 * @returns one line per mistake, as `spec.project: must be string`; none when the object is good
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
 * Tells whether a kind lives in a namespace, by its schema.
 *
 * @returns undefined when there is no schema of the kind
 */
export function scopeOf(apiVersion: string, kind: string): 'Namespaced' | 'Cluster' | undefined {
  return readSchema(splitApiVersion(apiVersion)[0], kind)?.scope;
}

function checkHead(object: KubernetesObject): string[] {
  const problems: string[] = [];
  if (typeof object !== 'object' || object === null || Array.isArray(object)) return ['is not a Kubernetes object'];
  if (typeof object.apiVersion !== 'string' || !/^([a-z0-9.-]+\/)?v[0-9][a-z0-9]*$/.test(object.apiVersion)) {
    problems.push('apiVersion: must be a version, as v1 or apps/v1');
  }
  if (typeof object.kind !== 'string' || !/^[A-Z][A-Za-z0-9]*$/.test(object.kind)) {
    problems.push('kind: must be a kind, as Deployment');
  }
  return problems;
}

function splitApiVersion(apiVersion: string): [group: string, version: string] {
  const slash = apiVersion.indexOf('/');
  return slash === -1 ? ['', apiVersion] : [apiVersion.slice(0, slash), apiVersion.slice(slash + 1)];
}

/** @returns the name of the file that holds a kind's schema */
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
