import { lstatSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod';
import type { Problem } from '../report/errors.ts';
import type { AppManifest, SharedApp } from './cluster.ts';
import { parseDocument } from './document.ts';
import { type Parsed, parseInput } from './parse.ts';
import { type InputFinding, withPositions } from './positions.ts';
import { readInput } from './read-input.ts';
import { type AppFile, appFile, argocdAppName, completed, longestAppName } from './schema/app.ts';
import { componentNames } from './schema/component-facts.ts';
import { isRecord } from './schema/reads.ts';
import { closest } from './suggest.ts';

/** Folders of apps/ that belong to components. */
const ownFolders = ['kubeflow'];

const manifest = z.looseObject({
  apiVersion: z.string().min(1, 'must not be empty').describe('API group and version.'),
  kind: z.string().min(1, 'must not be empty').describe('Kind of the object.'),
  metadata: z
    .looseObject({
      name: z
        .string()
        .regex(/^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/, 'must be a valid Kubernetes name')
        .describe('Name of the object.'),
      namespace: z.string().optional().describe('Namespace of the app.'),
    })
    .describe('Name and namespace.'),
});

/**
 * Reads apps/<app>/app.yaml and the manifests next to it.
 *
 * @param root the repository's folder
 * @param clusters names of all clusters
 * @returns the apps by name, or every problem with their files
 */
export function readApps(root: string, clusters: readonly string[]): Parsed<ReadonlyMap<string, SharedApp>> {
  const problems: Problem[] = [];
  const apps = new Map<string, SharedApp>();
  for (const name of foldersOf(root, 'apps').filter((folder) => !ownFolders.includes(folder))) {
    const app = readApp(root, name, clusters);
    if ('problems' in app) problems.push(...app.problems);
    else apps.set(name, app.value);
  }
  return problems.length > 0 ? { problems } : { value: apps };
}

function readApp(root: string, name: string, clusters: readonly string[]): Parsed<SharedApp> {
  const folder = `apps/${name}`;
  const misnamed = nameProblem(name);
  if (misnamed !== undefined) return { problems: [{ file: folder, path: '', ...misnamed }] };
  const read = readInput(root, `${folder}/app.yaml`, 'Write one (see docs/apps.md), or remove the folder.');
  if ('problems' in read) return read;
  const parsed = parseAppFile(read.text, `${folder}/app.yaml`, name, clusters);
  if ('problems' in parsed) return parsed;
  const file = parsed.value;
  const app = { name, folder, file, placedAt: placedAt(read.text, `${folder}/app.yaml`) };
  if (!('manifests' in file.source)) return { value: { ...app, manifests: [] } };
  const manifests = readManifests(root, `${folder}/manifests`, file.namespace ?? name);
  return 'problems' in manifests ? manifests : { value: { ...app, manifests: manifests.value } };
}

function placedAt(text: string, file: string): string {
  const { input } = parseDocument(text, file);
  const found = input === undefined ? [] : withPositions(input, [{ path: ['place'], at: 'value', message: '' }]);
  return found.map(({ line, column }) => `${file}:${line}:${column}`).join();
}

/**
 * Reads the text of an app.yaml.
 *
 * @param text the file's text
 * @param file path for problems, for example `apps/grafana/app.yaml`
 * @param name the app's name: its folder
 * @param clusters names of all clusters
 */
export function parseAppFile(text: string, file: string, name: string, clusters: readonly string[]): Parsed<AppFile> {
  const parsed = parseInput(appFile, text, file, {
    emptyHint: 'Set description, source, place, service and access; docs/apps.md has an example.',
    further: (value) => [...clusterFindings(value, clusters), ...namespaceFindings(value, name)],
  });
  return 'problems' in parsed ? parsed : { value: completed(parsed.value) };
}

function nameProblem(name: string): Pick<Problem, 'message' | 'hint'> | undefined {
  if (!/^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/.test(name))
    return { message: 'is not a valid app name', hint: 'Use lower-case letters, digits and "-".' };
  if (name.length > longestAppName)
    return { message: `is too long for an app name: at most ${longestAppName} characters` };
  const taken = (componentNames as readonly string[]).includes(name) && name !== argocdAppName;
  return taken ? { message: 'is the name of a component of the platform', hint: 'Rename the folder.' } : undefined;
}

/** Reports unknown clusters, which would otherwise be ignored silently. */
function clusterFindings(value: unknown, clusters: readonly string[]): InputFinding[] {
  const list = isRecord(value) && Array.isArray(value.clusters) ? value.clusters : [];
  return list.flatMap((name: unknown, index): InputFinding[] => {
    if (typeof name !== 'string' || clusters.includes(name)) return [];
    const near = closest(name, clusters);
    const hint = near === undefined ? `Clusters here: ${clusters.join(', ')}.` : `Did you mean "${near}"?`;
    return [{ path: ['clusters', index], at: 'value', message: `there is no cluster "${name}"`, hint }];
  });
}

/** The default namespace is the app's name, which can be reserved. */
function namespaceFindings(value: unknown, name: string): InputFinding[] {
  if (!isRecord(value) || value.namespace !== undefined || !/^(kube|istio)-/.test(name)) return [];
  return [{ path: ['namespace'], at: 'key', message: `"${name}" cannot be an app's namespace` }];
}

function readManifests(root: string, folder: string, namespace: string): Parsed<AppManifest[]> {
  const names = filesOf(root, folder).filter((name) => /\.ya?ml$/.test(name));
  if (names.length === 0)
    return {
      problems: [{ file: folder, path: '', message: 'is empty', hint: 'Add one object per .yaml file.' }],
    };
  const problems: Problem[] = [];
  const objects = new Map<string, AppManifest>();
  for (const name of names) {
    const file = `${folder}/${name}`;
    const read = readInput(root, file);
    const further = (value: unknown) => manifestFindings(value, namespace);
    const parsed = 'problems' in read ? read : parseInput(manifest, read.text, file, { further });
    if ('problems' in parsed) {
      problems.push(...parsed.problems);
      continue;
    }
    const key = `${parsed.value.kind} ${parsed.value.metadata.name}`;
    if (objects.has(key)) problems.push({ file, path: '', message: `${key} is also in another file` });
    objects.set(key, withNamespace(parsed.value, namespace));
  }
  return problems.length > 0 ? { problems } : { value: [...objects.values()] };
}

function manifestFindings(value: unknown, namespace: string): InputFinding[] {
  if (!isRecord(value)) return [];
  const own = isRecord(value.metadata) ? value.metadata.namespace : undefined;
  return [
    ...(value.kind === 'Namespace'
      ? [{ path: ['kind'], at: 'value' as const, message: 'must not be Namespace: Breakwater generates the namespace' }]
      : []),
    ...(typeof own === 'string' && own !== namespace
      ? [{ path: ['metadata', 'namespace'], at: 'value' as const, message: `must be ${namespace}, the app's own` }]
      : []),
  ];
}

function withNamespace(object: z.output<typeof manifest>, namespace: string): AppManifest {
  const { name, ...rest } = object.metadata;
  return { ...object, metadata: { name, ...rest, namespace } };
}

function foldersOf(root: string, folder: string): string[] {
  return entriesOf(root, folder).flatMap((entry) => (entry.isDirectory() ? [entry.name] : []));
}

function filesOf(root: string, folder: string): string[] {
  return entriesOf(root, folder).flatMap((entry) => (entry.isDirectory() ? [] : [entry.name]));
}

function entriesOf(root: string, folder: string) {
  const stat = lstatSync(join(root, folder), { throwIfNoEntry: false });
  if (stat?.isDirectory() !== true) return [];
  return readdirSync(join(root, folder), { withFileTypes: true })
    .filter((entry) => !entry.name.startsWith('.'))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}
