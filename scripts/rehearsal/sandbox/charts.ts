import { existsSync } from 'node:fs';
import { cp, mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { cacheFolder, hashOf } from './cache.ts';
import { SandboxError } from './errors.ts';
import { type ModuleName, moduleSource } from './modules.ts';

/** An upstream chart that lies in its project's module as a template of the published one. */
interface ChartSource {
  module: ModuleName;
  /** The folder in the module. */
  path: string;
  /** Where the published chart's version has a leading v. */
  leadingV?: true;
  /** What upstream's release writes into values.yaml, besides the version in Chart.yaml. */
  values?: (version: string) => readonly (readonly [from: RegExp, to: string])[];
}

// The release of Istio's charts names the released images; in the source they name a test registry.
const istioValues = (version: string) =>
  [
    [/^(\s+hub:) registry\.istio\.io\/testing$/m, '$1 docker.io/istio'],
    [/^(\s+tag:) latest$/m, `$1 ${version}`],
  ] as const;

const charts = {
  base: { module: 'istio', path: 'manifests/charts/base' },
  istiod: { module: 'istio', path: 'manifests/charts/istio-control/istio-discovery', values: istioValues },
  cni: { module: 'istio', path: 'manifests/charts/istio-cni', values: istioValues },
  gateway: { module: 'istio', path: 'manifests/charts/gateway' },
  'cert-manager': { module: 'cert-manager', path: 'deploy/charts/cert-manager', leadingV: true },
} as const satisfies Record<string, ChartSource>;

/** The name of a chart, as it is published. */
export type ChartName = keyof typeof charts;

/** All names of charts that can be had. */
export const chartNames = Object.keys(charts) as ChartName[];

/**
 * A copy of an upstream chart's folder under the version that is asked for, as its release would have made it.
 * The copy lies in the cache and is made once for each version of the chart and of its source.
 * @param version the version to carry, with or without a leading v.
 * @throws SandboxError when the module cannot be had or the chart in it looks different from what is expected.
 */
export async function chartFolder(name: ChartName, version: string): Promise<string> {
  const chart: ChartSource = charts[name];
  const plain = version.replace(/^v/, '');
  const source = await moduleSource(chart.module);
  const from = join(source.folder, chart.path);
  const key = hashOf([source.version, await readFile(import.meta.filename)]);
  const folder = join(cacheFolder(), 'charts', `${name}-${plain}-${key}`, name);
  if (existsSync(folder)) return folder;
  await mkdir(dirname(folder), { recursive: true });
  const unfinished = await mkdtemp(`${folder}.unfinished-`);
  try {
    // Go's module cache is read-only, and so would be the copies.
    await cp(from, unfinished, { recursive: true, mode: 0 });
    const shown = chart.leadingV ? `v${plain}` : plain;
    await rewrite(join(unfinished, 'Chart.yaml'), [
      [/^version: .*$/m, `version: ${shown}`],
      [/^appVersion: .*$/m, `appVersion: ${shown}`],
    ]);
    await rewrite(join(unfinished, 'values.yaml'), chart.values?.(plain) ?? []);
    await rename(unfinished, folder);
  } catch (error) {
    await rm(unfinished, { recursive: true, force: true });
    // Another process may have made the same copy a moment earlier.
    if (!existsSync(folder)) throw error;
  }
  return folder;
}

async function rewrite(file: string, changes: readonly (readonly [RegExp, string])[]): Promise<void> {
  if (changes.length === 0) return;
  let text = await readFile(file, 'utf8');
  for (const [from, to] of changes) {
    if (!from.test(text)) {
      throw new SandboxError(`${file} has no line ${from}: the chart's source changed, so charts.ts must follow it`);
    }
    text = text.replace(from, to);
  }
  await rm(file);
  await writeFile(file, text);
}
