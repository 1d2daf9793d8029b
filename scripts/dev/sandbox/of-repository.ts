import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parse } from 'yaml';
import { chartFolder, chartNames } from './charts.ts';
import type { ImageVersions } from './image-table.ts';
import { upstreamRepository } from './upstream-repository.ts';

/** The repository that this file belongs to. */
export const repositoryRoot = resolve(import.meta.dirname, '../../..');

/** What a repository made from this template takes from upstream, one entry for each infrastructure/NAME/upstream.yaml. */
export interface UpstreamFile {
  chart?: string;
  repository: string;
  version: string;
  /** Of a repository whose tag is pinned by its commit, too. */
  commit?: string;
  image?: { version: string };
}

/** @param root the repository */
export function upstreamFiles(root: string): UpstreamFile[] {
  const infrastructure = join(root, 'infrastructure');
  return readdirSync(infrastructure)
    .filter((component) => existsSync(join(infrastructure, component, 'upstream.yaml')))
    .map((component) => upstreamFile(root, `infrastructure/${component}`));
}

/** FOLDER/upstream.yaml of a repository. */
export function upstreamFile(root: string, folder: string): UpstreamFile {
  return parse(readFileSync(join(root, folder, 'upstream.yaml'), 'utf8'));
}

/** The tags of the images that a repository's tree names. */
export function imageVersionsOf(root: string): ImageVersions {
  const version = (component: string) => {
    const file = upstreamFile(root, `infrastructure/${component}`);
    return String(file.image?.version ?? file.version);
  };
  return {
    argocd: version('argocd'),
    istio: version('istiod'),
    certManager: version('cert-manager'),
    dex: version('dex'),
    oauth2Proxy: version('oauth2-proxy'),
    // Its chart has no leading v, its images do.
    metallb: `v${version('metallb')}`,
  };
}

/** The charts that a repository names and that can be made from modules, under the versions that it names. */
export async function chartsOf(root: string): Promise<string[]> {
  const charts: string[] = [];
  for (const { chart, version } of upstreamFiles(root)) {
    const name = chartNames.find((known) => known === chart);
    if (name) charts.push(await chartFolder(name, String(version)));
  }
  return charts;
}

/** The bare repositories that replace upstream's own, by the name under which a sandbox serves them. */
export async function repositoriesOf(root: string): Promise<Record<string, string>> {
  return { 'argo-cd': await upstreamRepository('argo-cd', ['manifests'], imageVersionsOf(root).argocd) };
}
