import { groupOf, type KubernetesObject } from '../components/component.ts';
import type { Platform } from '../components/platform.ts';
import type { Cluster } from '../config/cluster.ts';
import { RunError } from '../report/errors.ts';
import { checkObject } from '../schemas/check.ts';
import { factsOf } from '../tree/rules/facts.ts';
import { checkTree, withPosition } from '../tree/rules/index.ts';
import { children, type ParsedTree } from '../tree/rules/parsed-tree.ts';
import type { Finding } from '../tree/rules/rule.ts';
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
  const idle = idlePatches(platform.cluster, rendered).map((finding) => withPosition(tree, finding));
  return [
    ...findings,
    ...idle.map((finding) => ({ rule: 'patches-match', ...finding })),
    ...(await checkCommits(platform)),
    ...further,
  ];
}

/**
 * Finds patches of `overrides/<part>/kustomization.yaml` whose target is nowhere in what the part renders to. kustomize ignores them.
 *
 * @param rendered objects by Application; what could not be rendered is absent
 */
export function idlePatches(
  { folder, ownPatches }: Pick<Cluster, 'folder' | 'ownPatches'>,
  rendered: ReadonlyMap<string, readonly KubernetesObject[]>,
): Finding[] {
  return [...ownPatches].flatMap(([component, patches]) => {
    const objects = rendered.get(component);
    if (objects === undefined) return [];
    return patches.flatMap(({ target = {}, patch }, index): Finding[] => {
      // What a patch deleted or renamed is not there to be found.
      if (/^\s*\$patch:\s*delete|\/metadata\/name/m.test(patch) || objects.some((object) => isTarget(object, target)))
        return [];
      const same = objects
        .filter(({ kind }) => fits(kind, target.kind))
        .map(({ kind, metadata }) => `${kind} ${metadata.name}`);
      const there = same.length === 0 || same.length > 10 ? '' : `. There are: ${same.join(', ')}`;
      return [
        {
          file: `${folder}/overrides/${component}/kustomization.yaml`,
          keys: ['patches', index, 'target'],
          message: `matches nothing in ${component}, so the patch changes nothing${there}`,
        },
      ];
    });
  });
}

/**
 * kustomize compares with regular expressions for the whole text. Selectors of labels and annotations are taken to match, and so is what only
 * Go reads.
 */
function fits(text: string, pattern: string | undefined): boolean {
  if (pattern === undefined || pattern === '') return true;
  try {
    return new RegExp(`^(?:${pattern})$`).test(text);
  } catch {
    return true;
  }
}

function isTarget(object: KubernetesObject, target: Readonly<Record<string, string | undefined>>): boolean {
  const { apiVersion, kind, metadata } = object;
  return (
    fits(groupOf(object), target.group) &&
    fits(apiVersion.slice(apiVersion.indexOf('/') + 1), target.version) &&
    fits(kind, target.kind) &&
    fits(metadata.name, target.name) &&
    fits(metadata.namespace ?? 'default', target.namespace)
  );
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
