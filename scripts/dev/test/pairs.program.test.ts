import { describe, expect, it } from 'vitest';
import type { KubernetesObject } from '../../components/component.ts';
import type { Cluster } from '../../config/cluster.ts';
import { checkObject } from '../../schemas/check.ts';
import { checkRenderedTree } from '../testing/tree-rules/index.ts';
import { configOptions, contradictions } from './config-options.ts';
import { clusterOf, optionPairs, treeOf } from './option-clusters.ts';

const known = new Map<string, string[]>();

/** Most files are the same in most pairs. */
function schemaProblems(text: string, objects: readonly KubernetesObject[]): string[] {
  const problems =
    known.get(text) ?? objects.filter(({ kind }) => kind !== 'Kustomization').flatMap((object) => checkObject(object));
  known.set(text, problems);
  return problems;
}

/** @returns what validate finds in the cluster's tree */
function foundIn(cluster: Cluster): string[] {
  const { files, tree } = treeOf(cluster);
  const rules = checkRenderedTree(tree).map(({ rule, file, path, message }) => `${rule} ${file} ${path} ${message}`);
  const schema = [...files].flatMap(([file, text]) =>
    schemaProblems(text, tree.files.get(file)?.objects ?? []).map((what) => `schema ${file} ${what}`),
  );
  return [...rules, ...schema];
}

describe('the options of cluster.yaml', () => {
  it('each alone: as generated, nothing is found', () => {
    const wrong = configOptions.flatMap((option) => {
      const cluster = clusterOf([option]);
      return (typeof cluster === 'string' ? [cluster] : foundIn(cluster)).map((what) => `${option.name}: ${what}`);
    });
    expect(wrong).toEqual([]);
  });

  it('in pairs: as generated, nothing is found, but for those that contradict each other', () => {
    const started = performance.now();
    const refused: string[] = [];
    const wrong: string[] = [];
    for (const pair of optionPairs) {
      const title = pair.map(({ name }) => name).join(' × ');
      const cluster = clusterOf(pair);
      if (typeof cluster === 'string') refused.push(`${title}: ${cluster}`);
      else wrong.push(...foundIn(cluster).map((what) => `${title}: ${what}`));
    }
    const seconds = ((performance.now() - started) / 1000).toFixed(1);
    console.log(
      `${optionPairs.length} pairs of ${configOptions.length} options in ${seconds} s, ${refused.length} refused`,
    );
    expect(wrong).toEqual([]);
    const expected = contradictions.map(([one, other, message]) => [`${one} × ${other}: `, message] as const);
    const unexpected = refused.filter(
      (line) => !expected.some(([title, text]) => line.startsWith(title) && line.includes(text)),
    );
    expect(unexpected).toEqual([]);
    expect(expected.filter(([title]) => !refused.some((line) => line.startsWith(title)))).toEqual([]);
  });
});
