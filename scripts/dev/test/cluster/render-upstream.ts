import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseAllDocuments } from 'yaml';
import { $ } from 'zx/core';
import type { KubernetesObject } from '../../../components/component.ts';
import { fetchUpstream } from '../../../git/upstream.ts';
import { carriedTool } from '../../../tools/find.ts';
import { buildKustomization } from '../../../tools/kustomize.ts';
import { type Child, children, isMap, type Source, textsAt } from '../../../tree/rules/parsed-tree.ts';
import { type ChartName, chartFolder, chartNames } from '../../sandbox/charts.ts';
import { imageVersionsOf, repositoryRoot } from '../../sandbox/of-repository.ts';
import { upstreamRepository } from '../../sandbox/upstream-repository.ts';
import type { Scenario } from './scenarios.ts';

/** A tree, and the folder in which its values files are. */
type Rendered = Pick<Scenario, 'root' | 'tree'>;

/** The Kubernetes that charts are rendered for. */
const kubeVersion = '1.33.0';

/** Kinds that charts ask for by `.Capabilities`, as Argo CD tells them: what the cluster has by then. */
const apiVersions = ['policy/v1', 'autoscaling/v2', 'networking.istio.io/v1', 'cert-manager.io/v1'];

/**
 * Renders what Argo CD would render: the charts and kustomizations of each Application, from the very sources and values
 * files that it names. What no package registry has (the parts of Kubeflow, the charts of apps) is skipped.
 *
 * @param only names of Applications; absent: all
 * @returns objects by the name of their Application
 */
export async function renderUpstream(
  scenario: Rendered,
  only?: readonly string[],
): Promise<Map<string, KubernetesObject[]>> {
  const rendered = new Map<string, KubernetesObject[]>();
  for (const application of children(scenario.tree)) {
    if (only?.includes(application.name) === false) continue;
    const objects: KubernetesObject[] = [];
    for (const source of application.sources) objects.push(...(await renderSource(scenario, application, source)));
    if (objects.length > 0) rendered.set(application.name, objects);
  }
  return rendered;
}

async function renderSource(scenario: Rendered, application: Child, source: Source): Promise<KubernetesObject[]> {
  if (source.chart !== undefined && valuesOf(source).some((file) => file.startsWith('$values/apps/'))) return [];
  if (source.chart !== undefined) return await renderChart(scenario, application, source);
  if (source.path !== undefined && application.name === 'argocd')
    return await renderArgocd(scenario, source.path, source);
  return [];
}

function valuesOf(source: Source): string[] {
  return textsAt(source.helm, 'valueFiles');
}

async function renderArgocd({ root }: Rendered, path: string, source: Source): Promise<KubernetesObject[]> {
  // Where upstream.yaml names a commit, the source does, too; the sandbox's repository has commits of its own.
  const tag = imageVersionsOf(repositoryRoot).argocd;
  const repository = pathToFileURL(await upstreamRepository('argo-cd', ['manifests'], tag)).href;
  const cache = join(root, '.breakwater', 'upstream');
  const checkout = await fetchUpstream(cache, { repository, path, revision: tag });
  return await buildKustomization(checkout, path, isMap(source.kustomize) ? source.kustomize : {});
}

/** @throws Error with helm's message, as Argo CD would show it */
async function renderChart(scenario: Rendered, application: Child, source: Source): Promise<KubernetesObject[]> {
  const chart = chartNames.find((name): name is ChartName => name === source.chart);
  if (chart === undefined) throw new Error(`no chart "${source.chart}" is here: see scripts/dev/sandbox/charts.ts`);
  const folder = await chartFolder(chart, source.targetRevision);
  const helm = isMap(source.helm) ? source.helm : {};
  const values = valuesFiles(scenario, source).flatMap((file) => ['--values', file]);
  const options = ['--namespace', application.namespace, '--kube-version', kubeVersion, '--include-crds'];
  const run = $({
    quiet: true,
    nothrow: true,
    cwd: scenario.root,
    env: { PATH: process.env.PATH, HOME: scenario.root },
  });
  const result =
    await run`${await carriedTool('helm')} template ${String(helm.releaseName)} ${folder} ${options} ${apiVersions.flatMap((version) => ['--api-versions', version])} ${values}`;
  if (result.exitCode !== 0) throw new Error(`${application.name}: ${result.stderr.trim()}`);
  return parseOnce(result.stdout);
}

/** The CRDs of Istio alone are a megabyte, and most texts come several times. */
const parsed = new Map<string, KubernetesObject[]>();

function parseOnce(text: string): KubernetesObject[] {
  const known = parsed.get(text);
  if (known !== undefined) return known;
  const objects = parseAllDocuments(text)
    .map((document): unknown => document.toJS())
    .filter((object): object is KubernetesObject => isMap(object));
  parsed.set(text, objects);
  return objects;
}

/** The values files of a source that are there, weakest first; relative to the checkout, for helm splits paths at quotes and commas. */
export function valuesFiles({ root }: Pick<Scenario, 'root'>, source: Source): string[] {
  return textsAt(source.helm, 'valueFiles')
    .map((file) => file.replace('$values/', ''))
    .filter((file) => existsSync(join(root, file)));
}
