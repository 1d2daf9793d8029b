import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { chartFolder, chartNames } from './charts.ts';
import { upstreamRepository } from './upstream-repository.ts';

/** What a repository made from this template takes from upstream, one entry for each infrastructure/NAME/upstream.yaml. */
export interface UpstreamFile {
  chart?: string;
  repository: string;
  version: string;
}

/** @param root the repository */
export function upstreamFiles(root: string): UpstreamFile[] {
  const infrastructure = join(root, 'infrastructure');
  return readdirSync(infrastructure)
    .map((component) => join(infrastructure, component, 'upstream.yaml'))
    .filter((file) => existsSync(file))
    .map((file) => parse(readFileSync(file, 'utf8')));
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

/** The bare repositories that stand in for upstream's own, by the name under which a sandbox serves them. */
export async function repositoriesOf(): Promise<Record<string, string>> {
  return { 'argo-cd': await upstreamRepository('argo-cd', ['manifests']) };
}
