import type { KubernetesObject } from '../components/component.ts';
import type { Platform } from '../components/platform.ts';
import { RunError } from '../report/errors.ts';
import { checkObject } from '../schemas/check.ts';
import { factsOf } from '../tree/rules/facts.ts';
import { checkTree } from '../tree/rules/index.ts';
import { children, type ParsedTree } from '../tree/rules/parsed-tree.ts';
import type { CheckFinding } from './check-cluster.ts';
import { checkCommits } from './check-commits.ts';
import { inWords, jobsOf, readSide, renderJobs } from './render-side.ts';

/**
 * Renders all charts and kustomizations of a cluster, and checks the results: each object's schema, and the rules that need
 * them.
 *
 * @param cache folder for charts and repositories, as `.breakwater`
 * @returns findings beyond those without charts; a chart that cannot be fetched is a finding
 */
export async function checkRendered(root: string, cache: string, platform: Platform): Promise<CheckFinding[]> {
  const { tree: parsed, rendered, findings } = await renderUpstreams(root, cache, platform.cluster.name);
  const tree = { ...parsed, facts: factsOf(platform) };
  for (const { name, file } of children(parsed)) findings.push(...schemaFindings(file, rendered.get(name) ?? []));
  const known = new Set(checkTree(tree).map((finding) => JSON.stringify(finding)));
  const further = checkTree({ ...tree, rendered }).filter((finding) => !known.has(JSON.stringify(finding)));
  return [...findings, ...(await checkCommits(platform)), ...further];
}

/**
 * Renders what every Application of a cluster's tree, as it is on disk, gets from charts and kustomizations.
 *
 * @param cache folder for charts and repositories, as `.breakwater`
 * @returns the objects by Application, and a finding for each that cannot be rendered
 */
export async function renderUpstreams(
  root: string,
  cache: string,
  cluster: string,
): Promise<{ tree: ParsedTree; rendered: Map<string, KubernetesObject[]>; findings: CheckFinding[] }> {
  const side = await readSide(root, cluster);
  const rendered = new Map<string, KubernetesObject[]>();
  const findings: CheckFinding[] = [];
  for (const { name, file } of children(side.tree)) {
    const jobs = jobsOf(side).filter(({ application }) => application.name === name);
    if (jobs.length === 0) continue;
    try {
      const objects = (await renderJobs(cache, jobs)).flatMap((part) => part.objects.map(({ object }) => object));
      rendered.set(name, objects);
    } catch (error) {
      if (!(error instanceof RunError)) throw error;
      findings.push({ rule: 'rendered', file, message: inWords(error) });
    }
  }
  return { tree: side.tree, rendered, findings };
}

function schemaFindings(file: string, objects: readonly KubernetesObject[]): CheckFinding[] {
  return objects.flatMap((object) =>
    checkObject(object).map((message) => ({
      rule: 'schema',
      file,
      message: `${object.kind} ${object.metadata?.name}: ${message}`,
    })),
  );
}
