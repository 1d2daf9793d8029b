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

/** A values file of a chart, as far as it is there. */
export interface Layer {
  file: string;
  values: YamlMap;
  /** True for the layer that comes from cluster.yaml. */
  generated: boolean;
}

/** A chart with the values that Argo CD gives it. */
export interface ChartValues {
  application: Child;
  source: Source;
  /** Weakest first. */
  layers: readonly Layer[];
  /** What the layers result in, before the chart's own defaults. */
  merged: YamlMap;
}

/** Keys of a value, from the top of its file. */
export type Keys = readonly string[];

/** @returns the charts of a tree, each with the values files that its Application names and what they result in */
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

/** As Helm merges values files: maps key by key, lists and all else as a whole; null takes a key away. */
export function merge(weaker: YamlMap, stronger: YamlMap): YamlMap {
  const merged: YamlMap = { ...weaker };
  for (const [key, value] of Object.entries(stronger)) {
    const below = merged[key];
    merged[key] = isMap(below) && isMap(value) ? merge(below, value) : value;
  }
  return merged;
}

/** @returns every value that a layer states, with its keys; lists and empty maps are values, not ways to further ones */
export function leaves(values: YamlMap, above: Keys = []): { keys: Keys; value: unknown }[] {
  return Object.entries(values).flatMap(([key, value]) =>
    isMap(value) && Object.keys(value).length > 0 ? leaves(value, [...above, key]) : [{ keys: [...above, key], value }],
  );
}

/** @returns the strongest layer that states something at these keys, or above them, so that a weaker layer's value is gone */
export function decides(layers: readonly Layer[], keys: Keys): { file: string; keys: Keys } | undefined {
  for (const { file, values } of layers.toReversed()) {
    let stated: Keys = [];
    let value: unknown = values;
    while (stated.length < keys.length && isMap(value) && (keys[stated.length] ?? '') in value) {
      const key = keys[stated.length] ?? '';
      value = value[key];
      stated = [...stated, key];
    }
    // A map beside the rest of the keys says nothing about them.
    if (stated.length === keys.length || (stated.length > 0 && !isMap(value))) return { file, keys: stated };
  }
  return undefined;
}

/** @returns the entries of a list that another lacks; entries count as often as they occur */
export function missingEntries(list: readonly unknown[], other: readonly unknown[]): unknown[] {
  const rest = [...other];
  return list.filter((entry) => {
    const index = rest.findIndex((candidate) => isDeepStrictEqual(candidate, entry));
    if (index !== -1) rest.splice(index, 1);
    return index === -1;
  });
}

/** @returns how an entry of a list is told to people: by its name, else as it is, shortened */
export function titleOf(entry: unknown): string {
  const name = at(entry, 'name') ?? at(entry, 'id') ?? at(entry, 'key');
  const text = typeof name === 'string' ? name : JSON.stringify(entry);
  return text.length > 80 ? `${text.slice(0, 77)}…` : text;
}
