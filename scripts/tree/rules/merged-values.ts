import { isDeepStrictEqual } from 'node:util';
import {
  at,
  type Child,
  children,
  folderOf,
  isMap,
  oncePerTree,
  type ParsedTree,
  type Source,
  textsAt,
  type YamlMap,
} from './parsed-tree.ts';

/** A values file of a chart that exists. */
export interface Layer {
  file: string;
  values: YamlMap;
  /** True for the layer that comes from cluster.yaml. */
  generated: boolean;
}

/** A chart with the values that Argo CD passes to it. */
export interface ChartValues {
  application: Child;
  source: Source;
  /** Weakest first. */
  layers: readonly Layer[];
  /** The merged layers, without the chart's defaults. */
  merged: YamlMap;
}

/** Keys of a value, from the top of its file. */
export type Keys = readonly string[];

/** @returns the charts of a tree, each with the values files that its Application names, and the merged values */
export const chartValues = oncePerTree((tree): readonly ChartValues[] =>
  children(tree).flatMap((application) =>
    application.sources
      .filter(({ chart }) => chart !== undefined)
      .map((source) => {
        const layers = textsAt(source.helm, 'valueFiles').flatMap((name) => layer(tree, name.replace('$values/', '')));
        return {
          application,
          source,
          layers,
          merged: layers.reduce<YamlMap>((all, { values }) => merge(all, values), {}),
        };
      }),
  ),
);

function layer(tree: ParsedTree, file: string): Layer[] {
  const values = tree.files.get(file)?.documents[0];
  return isMap(values) ? [{ file, values, generated: file.startsWith(`${folderOf(tree)}/values/`) }] : [];
}

/** Merges as Helm does: maps key by key, lists and everything else as a whole; null removes a key. */
export function merge(weaker: YamlMap, stronger: YamlMap): YamlMap {
  const merged: YamlMap = { ...weaker };
  for (const [key, value] of Object.entries(stronger)) {
    const below = merged[key];
    merged[key] = isMap(below) && isMap(value) ? merge(below, value) : value;
  }
  return merged;
}

/** @returns every value of a layer with its keys; a list or an empty map counts as one value */
export function leaves(values: YamlMap, above: Keys = []): { keys: Keys; value: unknown }[] {
  return Object.entries(values).flatMap(([key, value]) =>
    isMap(value) && Object.keys(value).length > 0 ? leaves(value, [...above, key]) : [{ keys: [...above, key], value }],
  );
}

/** @returns the strongest layer with a value at these keys or above, which replaces those of weaker layers */
export function decides(layers: readonly Layer[], keys: Keys): { file: string; keys: Keys } | undefined {
  for (const { file, values } of layers.toReversed()) {
    let stated: Keys = [];
    let value: unknown = values;
    while (stated.length < keys.length && isMap(value) && (keys[stated.length] ?? '') in value) {
      const key = keys[stated.length] ?? '';
      value = value[key];
      stated = [...stated, key];
    }
    // A map without the remaining keys leaves them to weaker layers.
    if (stated.length === keys.length || (stated.length > 0 && !isMap(value))) return { file, keys: stated };
  }
  return undefined;
}

/** @returns the entries of a list that another lacks, repeated ones included */
export function missingEntries(list: readonly unknown[], other: readonly unknown[]): unknown[] {
  const rest = [...other];
  return list.filter((entry) => {
    const index = rest.findIndex((candidate) => isDeepStrictEqual(candidate, entry));
    if (index !== -1) rest.splice(index, 1);
    return index === -1;
  });
}

/** @returns an entry of a list as messages show it: its name, or its JSON, shortened */
export function entryTitle(entry: unknown): string {
  const name = at(entry, 'name') ?? at(entry, 'id') ?? at(entry, 'key');
  const text = typeof name === 'string' ? name : JSON.stringify(entry);
  return text.length > 80 ? `${text.slice(0, 77)}…` : text;
}
