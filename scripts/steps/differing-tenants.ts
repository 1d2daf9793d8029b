import { createHash } from 'node:crypto';
import { type GeneratedApplication, generatedApplications, ownValueFiles } from '../tree/application-sets.ts';
import { isManifestFile } from '../tree/directory-source.ts';
import { allObjects, children, isMap } from '../tree/rules/parsed-tree.ts';
import type { Side } from './render-side.ts';

/** So many tenants are rendered that differ by what all have in common alone: each takes Helm four times. */
const mostByChart = 50;

/** All files that tenants are made of, in one state of the repository: text by path. */
export type TenantFiles = ReadonlyMap<string, string>;

/** One state of a cluster's tenants. */
export interface TenantSide {
  side: Side;
  files: TenantFiles;
}

/** Both states; a cluster that comes or goes has one. */
export interface TenantPair {
  before: TenantSide | undefined;
  after: TenantSide | undefined;
  /** True: each tenant that differs is rendered, however many. */
  all: boolean;
}

/** An Application of a tenant with all that its objects depend on. */
export interface TenantJob extends GeneratedApplication {
  tenant: string;
  wave: number;
  /** Equal keys give equal objects. */
  key: string;
  /** What of it is the tenant's own: texts by path. */
  own: readonly [string, string][];
  at: TenantSide;
}

/** Both states of one tenant: of its Applications those that differ. */
export interface DifferingTenant {
  tenant: string;
  before: TenantJob[];
  after: TenantJob[];
}

/**
 * Finds the tenants for which something may differ. A tenant whose files are the same on both sides gets the same, unless the
 * chart or an ApplicationSet changed, or the cluster comes or goes. Then some stand for all, one of each form first.
 *
 * @returns those to render, and the names of the others
 */
export function chooseTenants(pair: TenantPair): { chosen: DifferingTenant[]; left: string[] } {
  const differing = differingTenants(jobsOf(pair.before), jobsOf(pair.after));
  if (pair.all) return { chosen: differing, left: [] };
  const both = pair.before !== undefined && pair.after !== undefined;
  const own = both ? differing.filter(isOwnChange) : [];
  const chosen = new Set([...own, ...samples(differing.filter((one) => !own.includes(one)))]);
  return {
    chosen: [...chosen],
    left: differing.filter((one) => !chosen.has(one)).map(({ tenant }) => tenant),
  };
}

/** @returns what Argo CD reads as manifests in a folder: paths and texts */
export function manifestFiles(files: TenantFiles, folder: string): [string, string][] {
  return [...files].filter(([path]) => path.startsWith(`${folder}/`) && isManifestFile(path));
}

function jobsOf(at: TenantSide | undefined): TenantJob[] {
  if (at === undefined) return [];
  const { side, files } = at;
  const sets = allObjects(side.tree).filter(({ object }) => object.kind === 'ApplicationSet');
  const wave = children(side.tree).find(({ name }) => name === 'tenants')?.wave ?? 0;
  const charts = new Map<string, string>();
  return generatedApplications(
    sets.map(({ object }) => object),
    foldersOf(files),
  ).map((application) => {
    const { source, namespace, folder } = application;
    const { repoURL: _, targetRevision: __, ...render } = source;
    const path = source.path ?? '';
    if (isMap(source.helm) && !charts.has(path)) charts.set(path, digest(files, path));
    const own = isMap(source.helm)
      ? ownValueFiles(application).map((file): [string, string] => [file, files.get(file) ?? ''])
      : manifestFiles(files, path);
    const key = JSON.stringify([render, namespace, charts.get(path), own]);
    return { ...application, tenant: folder.split('/')[1] ?? '', wave, key, own, at };
  });
}

/** Every folder of a tenant that holds a file, as Git has it. */
function foldersOf(files: TenantFiles): string[] {
  const folders = new Set<string>();
  for (const path of files.keys()) {
    if (!path.startsWith('tenants/')) continue;
    const segments = path.split('/');
    for (let length = 2; length < segments.length; length += 1) folders.add(segments.slice(0, length).join('/'));
  }
  return [...folders].sort();
}

function digest(files: TenantFiles, folder: string): string {
  const hash = createHash('sha256');
  for (const [path, text] of files) if (path.startsWith(`${folder}/`)) hash.update(JSON.stringify([path, text]));
  return hash.digest('hex');
}

function differingTenants(old: readonly TenantJob[], now: readonly TenantJob[]): DifferingTenant[] {
  const [before, after] = [old, now].map((jobs) => new Map(jobs.map((job) => [job.name, job])));
  const differing = new Map<string, DifferingTenant>();
  for (const name of new Set([...old, ...now].map((job) => job.name))) {
    const [was, is] = [before?.get(name), after?.get(name)];
    if (was?.key === is?.key) continue;
    const tenant = (is ?? was)?.tenant ?? '';
    const entry = differing.get(tenant) ?? { tenant, before: [], after: [] };
    if (was !== undefined) entry.before.push(was);
    if (is !== undefined) entry.after.push(is);
    differing.set(tenant, entry);
  }
  return [...differing.values()].sort((a, b) => (a.tenant < b.tenant ? -1 : 1));
}

function isOwnChange({ before, after }: DifferingTenant): boolean {
  const texts = (jobs: readonly TenantJob[]) => JSON.stringify(jobs.map(({ name, own }) => [name, own]));
  return texts(before) !== texts(after);
}

/** One of each form first: which keys a file has says which branches of the chart it takes. */
function samples(tenants: readonly DifferingTenant[]): DifferingTenant[] {
  const first = new Map<string, DifferingTenant>();
  for (const one of tenants) {
    const form = [...one.before, ...one.after].map(({ set, own }) => `${set} ${own.map(formOf).join()}`).join('|');
    if (!first.has(form)) first.set(form, one);
  }
  return [...new Set([...first.values(), ...tenants])].slice(0, mostByChart);
}

function formOf([, text]: [string, string]): string {
  return (text.match(/^((kind|podSecurity|deletionPolicy):.*|[A-Za-z]+:)/gm) ?? []).sort().join(' ');
}
