import { existsSync } from 'node:fs';
import { cp, mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { cacheFolder, hashOf, hashOfFolder } from './cache.ts';
import { SandboxError } from './errors.ts';
import { type ModuleName, moduleSource } from './modules.ts';

/** An upstream chart that lies in its project's module as a template of the published one. */
interface ChartSource {
  module: ModuleName;
  /** The folder in the module. */
  path: string;
  /** Whether the published chart's own version and that of its program have a leading v. */
  leadingV?: 'both' | 'program';
  /** Ours: its program's version is not its own. */
  fake?: true;
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
  'cert-manager': { module: 'cert-manager', path: 'deploy/charts/cert-manager', leadingV: 'both' },
  metallb: { module: 'metallb', path: 'charts/metallb', leadingV: 'program' },
} as const satisfies Record<string, ChartSource>;

/** Our own charts, which replace published ones, which no package registry has. They run the real programs. */
const fakes = ['dex', 'oauth2-proxy'] as const;

/** The name of a chart, as it is published. */
export type ChartName = keyof typeof charts | (typeof fakes)[number];

/** All names of charts that can be had. */
export const chartNames = [...Object.keys(charts), ...fakes] as ChartName[];

/**
 * A copy of an upstream chart's folder under the version that is asked for, as its release would have made it.
 * The copy lies in the cache and is made once for each version of the chart and of its source.
 * @param version the version to carry, with or without a leading v.
 * @throws SandboxError when the module is not available, or the chart in it looks different from what is expected.
 */
export async function chartFolder(name: ChartName, version: string): Promise<string> {
  const plain = version.replace(/^v/, '');
  const { chart, from, content } = await sourceOf(name);
  const key = hashOf([content, await readFile(import.meta.filename)]);
  const folder = join(cacheFolder(), 'charts', `${name}-${plain}-${key}`, name);
  if (existsSync(folder)) return folder;
  await mkdir(dirname(folder), { recursive: true });
  const unfinished = await mkdtemp(`${folder}.unfinished-`);
  try {
    // Go's module cache is read-only, and so would be the copies.
    await cp(from, unfinished, { recursive: true, mode: 0 });
    await rewrite(join(unfinished, 'Chart.yaml'), [
      [/^version: .*$/m, `version: ${chart.leadingV === 'both' ? 'v' : ''}${plain}`],
      [/^appVersion: (.*)$/m, chart.fake ? 'appVersion: $1' : `appVersion: ${chart.leadingV ? 'v' : ''}${plain}`],
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

async function sourceOf(name: ChartName): Promise<{ chart: Partial<ChartSource>; from: string; content: string }> {
  if (name === 'dex' || name === 'oauth2-proxy') {
    const from = join(import.meta.dirname, 'charts', name);
    // What the chart says of its program's version is not what is asked for here.
    return { chart: { fake: true }, from, content: await hashOfFolder(from) };
  }
  const chart: ChartSource = charts[name];
  const source = await moduleSource(chart.module);
  return { chart, from: join(source.folder, chart.path), content: source.version };
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
