import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { KubernetesObject } from '../../../components/component.ts';
import type { Cluster } from '../../../config/cluster.ts';
import { type Child, children, type ParsedTree, textsAt } from '../../../tree/rules/parsed-tree.ts';
import { checkRenderedTree } from '../../testing/tree-rules/index.ts';
import { configOptions } from '../config-options.ts';
import { clusterOf, optionPairs, treeOf } from '../option-clusters.ts';
import { type TestRepository, testRepository } from '../repository.ts';
import { renderUpstream } from './render-upstream.ts';

// Charts get their values from many options at once. What they are given is built once for each distinct input.
let repository: TestRepository;
const built = new Map<string, KubernetesObject[]>();

beforeAll(() => {
  repository = testRepository();
});
afterAll(() => repository?.remove());

/** @returns what decides what helm renders: the sources with the texts of their values files */
function inputOf({ sources, name, namespace }: Child, { files }: ParsedTree): string {
  const values = sources.flatMap(({ helm }) => textsAt(helm, 'valueFiles'));
  const texts = values.map((file) => files.get(file.replace('$values/', ''))?.text);
  return JSON.stringify([name, namespace, sources.map(({ repoURL, targetRevision, ...rest }) => rest), texts]);
}

/** Builds the charts of a tree that were not built with these inputs before. */
async function build(cluster: Cluster, wants: (child: Child) => boolean): Promise<Map<string, KubernetesObject[]>> {
  const { files, tree } = treeOf(cluster);
  const objects = new Map<string, KubernetesObject[]>();
  for (const child of children(tree).filter(wants)) {
    const input = inputOf(child, tree);
    let rendered = built.get(input);
    if (rendered === undefined) {
      for (const [file, text] of files) {
        if (!file.includes('/values/')) continue;
        mkdirSync(dirname(join(repository.root, file)), { recursive: true });
        writeFileSync(join(repository.root, file), text);
      }
      rendered = (await renderUpstream({ root: repository.root, tree }, [child.name])).get(child.name) ?? [];
      built.set(input, rendered);
    }
    if (rendered.length > 0) objects.set(child.name, rendered);
  }
  return objects;
}

const charts = ({ sources }: Child) => sources.some(({ chart }) => chart !== undefined);

describe('what the options of cluster.yaml give to charts', () => {
  it.each(configOptions.map((option) => [option.name, option] as const))(
    '%s: builds, and keeps every rule',
    async (_, option) => {
      const cluster = clusterOf([option]);
      if (typeof cluster === 'string') throw new Error(cluster);
      const rendered = await build(cluster, () => true);
      const findings = checkRenderedTree({ ...treeOf(cluster).tree, rendered });
      expect(findings.map(({ rule, file, path, message }) => `${rule}: ${file} ${path ?? ''}: ${message}`)).toEqual([]);
    },
  );

  it('builds for every pair of them', async () => {
    const started = performance.now();
    const wrong: string[] = [];
    for (const pair of optionPairs) {
      const cluster = clusterOf(pair);
      if (typeof cluster === 'string') continue;
      await build(cluster, charts).catch((error: Error) => {
        wrong.push(`${pair.map(({ name }) => name).join(' × ')}: ${error.message}`);
      });
    }
    const seconds = ((performance.now() - started) / 1000).toFixed(1);
    console.log(`${optionPairs.length} pairs: ${built.size} distinct charts and values, in ${seconds} s`);
    expect(wrong).toEqual([]);
  });
});
