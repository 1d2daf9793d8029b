import { afterAll, describe, expect, it } from 'vitest';
import type { KubernetesObject } from '../../components/component.ts';
import { kubeflowParts } from '../../config/schema/component-facts.ts';
import { kubeflowVersions } from '../../config/schema/component-settings.ts';
import { checkTree } from '../../tree/rules/index.ts';
import { children, type ParsedTree, type Source } from '../../tree/rules/parsed-tree.ts';
import { configOptions } from './config-options.ts';
import { clusterOf, optionPairs, treeOf } from './option-clusters.ts';
import { openCopies } from './upstream-copies.ts';

const folder = process.env.BREAKWATER_UPSTREAM;
const skipped =
  folder === undefined ? ': SKIPPED, set BREAKWATER_UPSTREAM to a folder with clones of what it pins' : '';
const copies = folder === undefined ? undefined : openCopies(folder);

afterAll(() => copies?.remove());

const everyPart = (version: string) => ({
  name: `Kubeflow ${version}`,
  question: 'parts of Kubeflow',
  settings: { kubeflow: { version, components: [...kubeflowParts] } },
});

function kustomizations({ sources }: { sources: readonly Source[] }): Source[] {
  return sources.filter(({ path, ref, chart }) => path !== undefined && ref === undefined && chart === undefined);
}

function kubeflowOf(tree: ParsedTree) {
  return children(tree).filter(({ name }) => name.startsWith('kubeflow-'));
}

/** Builds all sources of Kubeflow's Applications. @returns the objects by Application, and what the copies lack */
async function builtFrom(tree: ParsedTree): Promise<{ rendered: Map<string, KubernetesObject[]>; missing: string[] }> {
  const rendered = new Map<string, KubernetesObject[]>();
  const missing: string[] = [];
  for (const application of kubeflowOf(tree))
    for (const source of kustomizations(application)) {
      const built = await copies?.build(source);
      if (built === undefined) continue;
      if ('missing' in built) missing.push(built.missing);
      else rendered.set(application.name, [...(rendered.get(application.name) ?? []), ...built.objects]);
    }
  return { rendered, missing: [...new Set(missing)] };
}

function treeWith(...options: Parameters<typeof clusterOf>[0]): ParsedTree | undefined {
  const cluster = clusterOf(options);
  return typeof cluster === 'string' ? undefined : treeOf(cluster).tree;
}

/** What the rules find only in what upstream's kustomizations are built to. */
async function foundWith(tree: ParsedTree): Promise<string[]> {
  const { rendered } = await builtFrom(tree);
  const known = new Set(checkTree(tree).map((finding) => JSON.stringify(finding)));
  return checkTree({ ...tree, rendered })
    .filter((finding) => !known.has(JSON.stringify(finding)))
    .map(({ rule, file, path, message }) => `${rule} ${file} ${path} ${message}`);
}

describe.each(kubeflowVersions)(`Kubeflow %s, built from upstream's own files${skipped}`, (version) => {
  const test = it.skipIf(copies === undefined);
  const base = everyPart(version);

  test('is built whole, as far as the copies go', async () => {
    const tree = treeWith(base);
    if (tree === undefined) throw new Error('no tree');
    const { rendered, missing } = await builtFrom(tree);
    for (const what of missing) console.log(`Kubeflow ${version}: NOT BUILT: ${what}`);
    // A large file may be absent from a partial copy; a repository that is absent altogether is a mistake in the variable.
    expect(missing.filter((what) => what.startsWith('no repository'))).toEqual([]);
    expect([...rendered.keys()].toSorted()).toEqual(
      kubeflowOf(tree)
        .filter((application) => kustomizations(application).length > 0)
        .map(({ name }) => name)
        .toSorted(),
    );
  });

  test('has no old names, no default passwords, and nothing else that a rule refuses, with each option', async () => {
    const wrong: string[] = [];
    for (const option of [undefined, ...configOptions]) {
      const tree = treeWith(...(option === undefined ? [base] : [base, option]));
      if (tree === undefined) continue;
      wrong.push(...(await foundWith(tree)).map((what) => `${option?.name}: ${what}`));
    }
    expect(wrong).toEqual([]);
  });

  test('is built with each pair of options', async () => {
    const failed: string[] = [];
    for (const pair of optionPairs) {
      const tree = treeWith(base, ...pair);
      if (tree === undefined) continue;
      try {
        await builtFrom(tree);
      } catch (error) {
        failed.push(`${pair.map(({ name }) => name).join(' × ')}: ${String(error)}`);
      }
    }
    expect(failed).toEqual([]);
  });
});
