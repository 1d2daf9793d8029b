import { type Document, LineCounter, parseAllDocuments } from 'yaml';
import type { KubernetesObject } from '../../components/component.ts';
import type { KeyPath } from '../../config/paths.ts';
import { locate } from '../../config/positions.ts';
import { skipMark } from '../directory-source.ts';
import { isMap, listAt } from '../rules/parsed-tree.ts';

/** A position in a file. */
interface Position {
  file: string;
  line?: number;
  column?: number;
}

/** An object of a file, and the positions of its parts. */
export interface Manifest {
  file: string;
  object: KubernetesObject;
  /** @returns the position of the value at these keys, or of its nearest existing parent */
  placeOf(keys: KeyPath): Position;
}

/** Something that Argo CD cannot read, or that is not an object. */
interface ManifestProblem extends Position {
  message: string;
  /** True when the file could not be parsed at all. */
  unreadable?: boolean;
}

/** The objects of a file, and its problems. */
export interface ManifestFile {
  manifests: Manifest[];
  problems: ManifestProblem[];
}

/**
 * Reads a file as Argo CD does in a plain directory: YAML 1.1 with any number of documents, or one JSON object; a List is expanded.
 * https://argo-cd.readthedocs.io/en/stable/user-guide/directory/
 *
 * @param file path for messages; its extension decides the format
 */
export function readManifests(file: string, text: string): ManifestFile {
  if (text.includes(skipMark)) return { manifests: [], problems: [] };
  const lines = new LineCounter();
  const place = (offset: number): Position => {
    const { line, col } = lines.linePos(offset);
    return { file, line, column: col };
  };
  const parsed = parseAllDocuments(text, {
    version: '1.1',
    lineCounter: lines,
    prettyErrors: false,
    logLevel: 'silent',
  });
  const documents: Document[] = Array.isArray(parsed) ? [...parsed] : [];
  const problem = file.endsWith('.json') ? jsonProblem(text, documents) : yamlProblem(documents);
  if (problem !== undefined)
    return { manifests: [], problems: [{ ...place(problem.offset), message: problem.message, unreadable: true }] };
  const result: ManifestFile = { manifests: [], problems: [] };
  for (const document of documents) readDocument(file, document, place, result);
  return result;
}

function readDocument(
  file: string,
  document: Document,
  place: (offset: number) => Position,
  result: ManifestFile,
): void {
  let value: unknown;
  try {
    value = document.toJS();
  } catch (error) {
    const message = `cannot be read: ${error instanceof Error ? error.message : String(error)}`;
    result.problems.push({ ...place(document.range?.[0] ?? 0), message, unreadable: true });
    return;
  }
  if (value === null || value === undefined) return;
  const add = (object: unknown, base: KeyPath): void => {
    const placeOf = (keys: KeyPath) => place(locate({ document }, [...base, ...keys]).key);
    if (isObject(object)) result.manifests.push({ file, object, placeOf });
    else result.problems.push({ ...placeOf([]), message: headProblem(object) });
  };
  const list =
    isMap(value) && typeof value.kind === 'string' && value.kind.endsWith('List') && Array.isArray(value.items);
  if (list) for (const [index, item] of listAt(value, 'items').entries()) add(item, ['items', index]);
  else add(value, []);
}

function isObject(value: unknown): value is KubernetesObject {
  return (
    isMap(value) && typeof value.apiVersion === 'string' && typeof value.kind === 'string' && isMap(value.metadata)
  );
}

function headProblem(value: unknown): string {
  if (!isMap(value)) return 'is not a Kubernetes object';
  const missing = ['apiVersion', 'kind', 'metadata'].find(
    (key) => typeof value[key] !== (key === 'metadata' ? 'object' : 'string'),
  );
  return `is not a Kubernetes object: it has no ${missing ?? 'metadata'}. Argo CD skips such a file, or rejects the whole folder`;
}

interface TextProblem {
  offset: number;
  message: string;
}

function yamlProblem(documents: readonly Document[]): TextProblem | undefined {
  const error = documents.flatMap(({ errors }) => errors)[0];
  return error === undefined ? undefined : { offset: error.pos[0], message: `is not valid YAML: ${error.message}` };
}

function jsonProblem(text: string, documents: readonly Document[]): TextProblem | undefined {
  try {
    JSON.parse(text);
    return undefined;
  } catch (error) {
    const message = `is not one JSON object: ${error instanceof Error ? error.message : String(error)}`;
    return { offset: yamlProblem(documents)?.offset ?? 0, message };
  }
}

/**
 * @param path path of a value, as `spec.ports[0].port`, whose keys may contain dots
 * @returns its keys, up to the last one that the object has
 */
export function keysOf(object: unknown, path: string): KeyPath {
  if (path === '') return [];
  const rest = path.startsWith('.') ? path.slice(1) : path;
  const index = /^\[(\d+)\]/.exec(rest);
  if (index !== null && Array.isArray(object)) {
    const at = Number(index[1]);
    return at < object.length ? [at, ...keysOf(object[at], rest.slice(index[0].length))] : [];
  }
  if (!isMap(object)) return [];
  const key = Object.keys(object)
    .filter((name) => rest.startsWith(name) && /^([.[]|$)/.test(rest.slice(name.length)))
    .sort((a, b) => b.length - a.length)[0];
  return key === undefined ? [] : [key, ...keysOf(object[key], rest.slice(key.length))];
}
