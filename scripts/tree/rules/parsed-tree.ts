import { parseAllDocuments } from 'yaml';
import { groupOf, type KubernetesObject } from '../../components/component.ts';
import type { ClusterFacts } from './cluster-facts.ts';
import { isClusterScoped } from './scope.ts';

/** A map of a YAML file. */
export type YamlMap = Record<string, unknown>;

/** A file of the tree. */
interface ParsedFile {
  text: string;
  /** All YAML documents, values files included; none for other files. */
  documents: readonly unknown[];
  /** The documents that are Kubernetes objects. */
  objects: readonly KubernetesObject[];
  /** Why the YAML can't be read. */
  problem?: string;
}

/** A cluster's tree as it is on disk. */
export interface ParsedTree {
  clusterName: string;
  /** By path relative to the repository: clusters/<name>/**, and infrastructure/** and apps/** if loaded. */
  files: ReadonlyMap<string, ParsedFile>;
  /** Objects that the charts and kustomizations of each Application render to, without its own manifests. */
  rendered?: ReadonlyMap<string, readonly KubernetesObject[]>;
  /** Facts beside the tree; rules that need them skip a tree without. */
  facts?: ClusterFacts;
}

/** A source of an Application, with the fields that rules read. */
export interface Source extends YamlMap {
  repoURL: string;
  targetRevision: string;
  path?: string;
  chart?: string;
  ref?: string;
}

/** An Application of the tree, with the file it is in. */
export interface Child {
  file: string;
  name: string;
  object: KubernetesObject;
  /** Sync wave, 0 by default. */
  wave: number;
  sources: readonly Source[];
  /** Namespace of its destination. */
  namespace: string;
}

/** An object, and where it comes from. */
export interface TreeObject {
  file: string;
  object: KubernetesObject;
  /** The Application that applies it; undefined for what the root applies. */
  application?: Child;
  /** True when it comes from a chart or a kustomization. */
  rendered: boolean;
}

/** Input about a tree beside its files. */
export interface TreeContext extends Pick<ParsedTree, 'rendered' | 'facts'> {
  /** The documents of texts that the renderer just wrote: parsing them again would take most of a check's time. */
  documents?: ReadonlyMap<string, readonly unknown[]>;
}

/**
 * Parses a tree's files. Invalid YAML becomes a finding later, never an error here.
 *
 * @param files text by path relative to the repository
 */
export function parseTree(
  clusterName: string,
  files: ReadonlyMap<string, string>,
  { documents, ...rendered }: TreeContext = {},
): ParsedTree {
  return {
    clusterName,
    files: new Map([...files].map(([path, text]) => [path, parseFile(path, text, documents?.get(text))])),
    ...rendered,
  };
}

/** In infrastructure/ and apps/ only values and manifests: config/ reads upstream.yaml and the kustomizations. */
function isRead(path: string): boolean {
  if (!/\.ya?ml$/.test(path)) return false;
  return !/^(infrastructure|apps)\//.test(path) || path.endsWith('/values.yaml') || path.includes('/manifests/');
}

function parseFile(path: string, text: string, known: readonly unknown[] | undefined): ParsedFile {
  if (!isRead(path)) return { text, documents: [], objects: [] };
  if (known !== undefined) return { text, documents: known, objects: known.filter(isObject) };
  const parsed = parseAllDocuments(text, { version: '1.1', prettyErrors: true });
  const list = Array.isArray(parsed) ? parsed : [];
  const problem = list.flatMap(({ errors }) => errors)[0]?.message.split(/:?\n/)[0];
  if (problem !== undefined) return { text, documents: [], objects: [], problem };
  const documents = list.map((document): unknown => document.toJS()).filter((document) => document !== null);
  return { text, documents, objects: documents.filter(isObject) };
}

function isObject(document: unknown): document is KubernetesObject {
  return (
    isMap(document) &&
    typeof document.apiVersion === 'string' &&
    typeof document.kind === 'string' &&
    isMap(document.metadata)
  );
}

/** @returns true for a map: not a list, not null */
export function isMap(value: unknown): value is YamlMap {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** @returns the value at a path of keys and list positions, undefined where there is none */
export function at(value: unknown, ...path: readonly (string | number)[]): unknown {
  return path.reduce<unknown>((found, key) => {
    if (Array.isArray(found)) return typeof key === 'number' ? found[key] : undefined;
    return isMap(found) ? found[key] : undefined;
  }, value);
}

/** @returns the list at a path, an empty one where there is none */
export function listAt(value: unknown, ...path: readonly (string | number)[]): readonly unknown[] {
  const found = at(value, ...path);
  return Array.isArray(found) ? found : [];
}

/** @returns the strings of the list at a path */
export function textsAt(value: unknown, ...path: readonly (string | number)[]): string[] {
  return listAt(value, ...path).filter((item) => typeof item === 'string');
}

/** A value inside another one. */
interface Nested {
  path: string;
  /** Its key; for the items of a list that of the list. */
  key: string;
  value: unknown;
}

/** @returns all values inside a value, each before those inside it */
export function nestedIn(value: unknown, path = '', key = '', found: Nested[] = []): Nested[] {
  const add = (child: Nested) => {
    found.push(child);
    nestedIn(child.value, child.path, child.key, found);
  };
  if (Array.isArray(value))
    for (const [index, item] of value.entries()) add({ path: `${path}[${index}]`, key, value: item });
  else if (isMap(value))
    for (const [name, item] of Object.entries(value))
      add({ path: path === '' ? name : `${path}.${name}`, key: name, value: item });
  return found;
}

/** @returns an object's name in messages, as `Deployment auth/dex` */
export function nameOf(object: KubernetesObject): string {
  const { namespace, name } = object.metadata;
  return `${object.kind} ${namespace === undefined ? '' : `${namespace}/`}${name}`;
}

/** @returns an object's wave, 0 by default */
export function waveOf(object: KubernetesObject): number {
  return Number(object.metadata.annotations?.['argocd.argoproj.io/sync-wave'] ?? 0);
}

/** @returns the parts of a comma-separated option annotation, as of argocd.argoproj.io/sync-options */
export function optionsOf(object: KubernetesObject, annotation: string): string[] {
  return String(object.metadata.annotations?.[annotation] ?? '')
    .split(',')
    .map((option) => option.trim())
    .filter((option) => option !== '');
}

/** @returns path of the cluster's folder in the repository */
export function folderOf(tree: ParsedTree): string {
  return `clusters/${tree.clusterName}`;
}

/** @returns the objects that the root applies: those of clusters/<name>/apps/ */
export function rootObjects(tree: ParsedTree): TreeObject[] {
  const folder = `${folderOf(tree)}/apps/`;
  return [...tree.files].flatMap(([file, { objects }]) =>
    file.startsWith(folder) && !file.endsWith('/kustomization.yaml')
      ? objects.map((object) => ({ file, object, rendered: false }))
      : [],
  );
}

/**
 * @param compute derives a value from a tree, which never changes
 * @returns the same function, which computes the value once per tree
 */
export function oncePerTree<T>(compute: (tree: ParsedTree) => T): (tree: ParsedTree) => T {
  const known = new WeakMap<ParsedTree, T>();
  return (tree) => {
    const found = known.get(tree) ?? compute(tree);
    known.set(tree, found);
    return found;
  };
}

/** @returns the Applications that the root applies */
export const children = oncePerTree((tree): readonly Child[] =>
  rootObjects(tree)
    .filter(({ object }) => object.kind === 'Application')
    .map(({ file, object }) => child(file, object)),
);

/** @returns the root Application of bootstrap.yaml */
export function rootOf(tree: ParsedTree): Child | undefined {
  const file = `${folderOf(tree)}/bootstrap.yaml`;
  const object = tree.files.get(file)?.objects.find(({ kind }) => kind === 'Application');
  return object === undefined ? undefined : child(file, object);
}

function child(file: string, object: KubernetesObject): Child {
  const several = listAt(object, 'spec', 'sources');
  const sources = (several.length > 0 ? several : [at(object, 'spec', 'source')]).filter(isMap) as Source[];
  return {
    file,
    name: object.metadata.name,
    object,
    wave: waveOf(object),
    sources,
    namespace: String(at(object, 'spec', 'destination', 'namespace') ?? ''),
  };
}

/** @returns the AppProjects that the root applies */
export function projects(tree: ParsedTree): TreeObject[] {
  return rootObjects(tree).filter(({ object }) => object.kind === 'AppProject');
}

/** @returns the sources from this repository */
export function ownSources({ sources }: Child): Source[] {
  return sources.filter(({ ref }) => ref === 'values');
}

/** @returns the objects that an Application applies: its own manifests, and its rendered charts and kustomizations if known */
export function objectsOf(tree: ParsedTree, application: Child): TreeObject[] {
  const folders = ownSources(application).flatMap(({ path }) => (path === undefined ? [] : [`${path}/`]));
  const own = [...tree.files].flatMap(([file, { objects }]) =>
    folders.some((folder) => file.startsWith(folder))
      ? objects.map((object) => ({ file, object, application, rendered: false }))
      : [],
  );
  const rendered = (tree.rendered?.get(application.name) ?? []).map((object) => ({
    file: application.file,
    object,
    application,
    rendered: true,
  }));
  return [...own, ...rendered];
}

/** @returns all objects that the root and its Applications apply */
export const allObjects = oncePerTree((tree): readonly TreeObject[] => [
  ...rootObjects(tree),
  ...children(tree).flatMap((application) => objectsOf(tree, application)),
]);

/** @returns the objects of a kind, in any version; of any group by default */
export function ofKind(tree: ParsedTree, kind: string, group?: string): TreeObject[] {
  return allObjects(tree).filter(
    ({ object }) => object.kind === kind && (group === undefined || groupOf(object) === group),
  );
}

/** @returns the namespace that an object lands in: its own, or its Application's; empty for cluster-scoped kinds */
export function namespaceOf({ object, application }: TreeObject): string {
  if (isClusterScoped(object)) return '';
  return object.metadata.namespace ?? application?.namespace ?? '';
}

/** @returns the existing values files of a component, weakest first */
export function valuesOf(tree: ParsedTree, component: string): { file: string; values: YamlMap }[] {
  const files = [
    `infrastructure/${component}/values.yaml`,
    `${folderOf(tree)}/values/${component}.yaml`,
    `${folderOf(tree)}/overrides/${component}.yaml`,
  ];
  return files.flatMap((file) => {
    const values = tree.files.get(file)?.documents[0];
    return isMap(values) ? [{ file, values }] : [];
  });
}
