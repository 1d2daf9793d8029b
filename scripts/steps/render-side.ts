import { existsSync, lstatSync } from 'node:fs';
import { join } from 'node:path';
import type { KubernetesObject } from '../components/component.ts';
import type { RenderedApplication, RenderedObject } from '../diff/pair.ts';
import { fetchUpstream } from '../git/upstream.ts';
import { RunError } from '../report/errors.ts';
import { fetchChart, renderChart } from '../tools/helm.ts';
import { buildKustomization } from '../tools/kustomize.ts';
import {
  type Child,
  children,
  isMap,
  namespaceOf,
  objectsOf,
  type ParsedTree,
  parseTree,
  rootObjects,
  type Source,
  textsAt,
} from '../tree/rules/parsed-tree.ts';
import { readInputs } from '../workspace/read-inputs.ts';

/** A cluster's tree in one state of the repository. */
export interface Side {
  /** Where its files are. */
  folder: string;
  tree: ParsedTree;
}

/** Both states of a cluster, as far as they differ by what charts and kustomizations give. */
export interface RenderedPair {
  before: RenderedApplication[];
  after: RenderedApplication[];
  /** What could not be rendered, in whole sentences. */
  notes: string[];
}

/** A source with all that its result depends on. */
interface Job {
  /** Equal keys give equal objects. */
  key: string;
  source: Source;
  application: Child;
  side: Side;
}

/** Name under which the root's own objects are shown. */
const rootName = 'platform';

/**
 * Reads a cluster's tree as it is written in a state of the repository.
 *
 * @param folder the repository's folder, or a copy of some of its files
 */
export async function readSide(folder: string, cluster: string): Promise<Side> {
  const files = await readInputs(folder, [`clusters/${cluster}`, 'infrastructure', 'apps']);
  return { folder, tree: parseTree(cluster, files) };
}

/**
 * Renders what Argo CD would render of both states, where they may differ: a source whose chart, version, values and patches
 * are the same on both sides gives the same, and is left out on both.
 *
 * @param cache folder for charts and repositories, as `.breakwater`
 */
export async function renderPair(
  cache: string,
  before: Side | undefined,
  after: Side | undefined,
): Promise<RenderedPair> {
  const pair: RenderedPair = { before: ownObjects(before), after: ownObjects(after), notes: [] };
  const [old, now] = [jobsOf(before), jobsOf(after)];
  for (const name of new Set([...old, ...now].map(({ application }) => application.name))) {
    const own = (jobs: readonly Job[]) => jobs.filter(({ application }) => application.name === name);
    const missing = (jobs: readonly Job[], others: readonly Job[]) =>
      jobs.filter(({ key }) => !others.some((other) => other.key === key));
    const [gone, come] = [missing(own(old), own(now)), missing(own(now), own(old))];
    try {
      const [removed, added] = [await renderJobs(cache, gone), await renderJobs(cache, come)];
      pair.before.push(...removed);
      pair.after.push(...added);
    } catch (error) {
      if (!(error instanceof RunError)) throw error;
      pair.notes.push(`${name}: comparing values only, since it could not be rendered: ${inWords(error)}`);
      pair.before.push(...gone.flatMap(valuesAsObjects));
      pair.after.push(...come.flatMap(valuesAsObjects));
    }
  }
  return pair;
}

/** A failure as one sentence, for a list of notes. */
export function inWords({ message, details, hint }: RunError): string {
  return [`${message}${details.length === 0 ? '' : ` (${details.at(-1)})`}.`, hint]
    .filter((part) => part !== undefined)
    .join(' ');
}

/** What is written in Git as it is: the root's objects, each Application's under its own name, and manifests. */
function ownObjects(side: Side | undefined): RenderedApplication[] {
  if (side === undefined) return [];
  const { tree } = side;
  const list = children(tree);
  const root = rootObjects(tree).filter(({ object }) => object.kind !== 'Application');
  return [
    { name: rootName, wave: -1, objects: root.map(located), cascades: false },
    ...list.map((application) => ({
      name: application.name,
      wave: application.wave,
      objects: [
        { file: application.file, object: application.object, rendered: false },
        ...objectsOf(tree, application).filter(({ object }) => object.kind !== 'Kustomization'),
      ].map(located),
      cascades: cascades(application.object),
    })),
  ];
}

/** @returns true when what an Application made goes with it */
export function cascades({ metadata }: KubernetesObject): boolean {
  return (metadata.finalizers ?? []).some((name) => name.startsWith('resources-finalizer.argocd.argoproj.io'));
}

function located(placed: Parameters<typeof namespaceOf>[0]): RenderedObject {
  return { object: placed.object, namespace: namespaceOf(placed) };
}

/** The charts and kustomizations of a side, with what each depends on. */
export function jobsOf(side: Side | undefined): Job[] {
  if (side === undefined) return [];
  return children(side.tree).flatMap((application) =>
    application.sources
      .filter(({ chart, path, ref }) => chart !== undefined || (path !== undefined && ref === undefined))
      .map((source) => ({
        key: JSON.stringify([
          source,
          application.namespace,
          valueFiles(side, source).map((file) => side.tree.files.get(file)?.text),
        ]),
        source,
        application,
        side,
      })),
  );
}

/** @throws RunError naming what is not available */
export async function renderJobs(cache: string, jobs: readonly Job[]): Promise<RenderedApplication[]> {
  const rendered: RenderedApplication[] = [];
  for (const job of jobs) {
    const { application } = job;
    const objects = (await renderSource(cache, job)).flatMap(unpacked).map((object) => ({
      object,
      namespace: namespaceOf({ file: application.file, object, application, rendered: true }),
    }));
    const { name, wave, object } = application;
    rendered.push({ name, wave, objects, cascades: cascades(object) });
  }
  return rendered;
}

async function renderSource(cache: string, { source, application, side }: Job): Promise<KubernetesObject[]> {
  const { repoURL, targetRevision, chart, path } = source;
  if (chart !== undefined) {
    const reference = { repository: repoURL, chart, version: String(targetRevision) };
    const helm = isMap(source.helm) ? source.helm : {};
    return await renderChart(await fetchChart(join(cache, 'charts'), reference), {
      release: String(helm.releaseName ?? application.name),
      namespace: application.namespace,
      valueFiles: valueFiles(side, source).map((file) => join(side.folder, file)),
    });
  }
  const folder = path ?? '.';
  const upstream = { repository: repoURL, path: folder, revision: String(targetRevision), whole: true };
  const checkout = await fetchUpstream(join(cache, 'upstream'), upstream);
  return await buildKustomization(checkout, folder, isMap(source.kustomize) ? source.kustomize : {});
}

/** @returns a kind of kustomize's and Helm's that stands for several objects as these */
export function unpacked(object: KubernetesObject): KubernetesObject[] {
  return object.kind === 'List' && Array.isArray(object.items) ? (object.items as KubernetesObject[]) : [object];
}

/** Values files that are there, weakest first; a link is none, for it may lead anywhere. */
function valueFiles({ folder }: Side, source: Source): string[] {
  return textsAt(source.helm, 'valueFiles')
    .map((file) => file.replace('$values/', ''))
    .filter((file) => existsSync(join(folder, file)) && lstatSync(join(folder, file)).isFile());
}

/** Where a chart is not available, its values stand for what it would give. */
function valuesAsObjects({ side, source, application }: Job): RenderedApplication[] {
  const objects = valueFiles(side, source).flatMap((file) =>
    (side.tree.files.get(file)?.documents ?? []).filter(isMap).map((values) => ({
      object: { apiVersion: 'values', kind: 'Values', metadata: { name: file }, values },
      namespace: '',
    })),
  );
  const { name, wave, object } = application;
  return [{ name, wave, objects, cascades: cascades(object) }];
}
