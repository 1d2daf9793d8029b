import { isDeepStrictEqual } from 'node:util';
import { isProxy } from './login.ts';
import {
  type ChartValues,
  chartValues,
  decides,
  entryTitle,
  type Keys,
  type Layer,
  leaves,
  missingEntries,
} from './merged-values.ts';
import { isOwn, matches, type OwnValues, ownValues } from './own-values.ts';
import { at, listAt, type ParsedTree } from './parsed-tree.ts';
import type { Finding, Rule } from './rule.ts';

/** The charts of the login, with the values that users may set. */
function loginCharts(tree: ParsedTree): { chart: ChartValues; component: string; own: OwnValues }[] {
  return chartValues(tree).flatMap((chart) => {
    const own = ownValues[chart.application.name];
    return own === undefined ? [] : [{ chart, component: chart.application.name, own }];
  });
}

/** The generated values of a chart, with the merged values at the same keys. */
function generated({ layers, merged }: ChartValues): { keys: Keys; value: unknown; effective: unknown; from: Layer }[] {
  return layers
    .filter((layer) => layer.generated)
    .flatMap((from) => leaves(from.values).map((leaf) => ({ ...leaf, from, effective: at(merged, ...leaf.keys) })));
}

const listsAreWhole: Rule = {
  name: 'lists-are-whole',
  reason:
    'Helm replaces a list with that of a stronger file, so generated entries silently disappear: the login check, a secret, a volume (istio/istio#61762).',
  check: (tree) =>
    chartValues(tree).flatMap((chart) =>
      generated(chart).flatMap(({ keys, value, effective, from }): Finding[] => {
        if (!Array.isArray(value) || !Array.isArray(effective)) return [];
        const lost = missingEntries(value, effective).map(entryTitle);
        const by = decides(chart.layers, keys);
        if (lost.length === 0 || by === undefined) return [];
        const message = `replaces the generated list and drops ${lost.join(', ')}: repeat the entries of ${from.file} before your own`;
        return [{ file: by.file, keys: by.keys, message }];
      }),
    ),
};

const listsHaveAnEffect: Rule = {
  name: 'lists-have-an-effect',
  reason:
    'A list in a generated file replaces the one in infrastructure/, so no cluster gets those entries (helm docs, chart_template_guide/values_files).',
  check: (tree) =>
    chartValues(tree).flatMap((chart) =>
      generated(chart).flatMap(({ keys, value, from }): Finding[] => {
        const weaker = chart.layers.slice(0, chart.layers.indexOf(from)).flatMap((layer) => {
          const list = at(layer.values, ...keys);
          return Array.isArray(list) && Array.isArray(value) && missingEntries(list, value).length > 0
            ? [layer.file]
            : [];
        });
        const message = `has no effect: ${from.file} replaces the list. Put it in overrides/, with the generated entries before your own`;
        return weaker.map((file) => ({ file, keys, message }));
      }),
    ),
};

const generatedValuesHold: Rule = {
  name: 'generated-values-hold',
  reason:
    'Access is computed from cluster.yaml for the gateway, the mesh, OAuth2 Proxy and Dex together; changing one of them opens the platform or locks everyone out (istio docs, tasks/security/authorization/authz-custom).',
  check: (tree) =>
    loginCharts(tree).flatMap(({ chart, own }) =>
      generated(chart).flatMap(({ keys, value, effective, from }): Finding[] => {
        if (isDeepStrictEqual(value, effective) || own.changeable.some((pattern) => matches(pattern, keys))) return [];
        const by = decides(chart.layers, keys);
        if (by === undefined) return [];
        if (Array.isArray(value) && Array.isArray(effective)) {
          if (missingEntries(value, effective).length > 0) return [];
          if (own.extendable.some((pattern) => matches(pattern, keys))) return namesTwice(by, value, effective);
          const more = missingEntries(effective, value).map(entryTitle).join(', ');
          return [
            {
              file: by.file,
              keys: by.keys,
              message: `adds ${more} to a list that must stay as generated in ${from.file}`,
            },
          ];
        }
        const change = effective === undefined || effective === null ? 'removes' : 'changes';
        const message = `${change} ${keys.join('.')}, which is generated from cluster.yaml (${from.file}): change it there`;
        return [{ file: by.file, keys: by.keys, message }];
      }),
    ),
};

/** Findings about a second entry under a generated name: the program that reads them decides which one counts. */
function namesTwice(
  by: { file: string; keys: Keys },
  value: readonly unknown[],
  effective: readonly unknown[],
): Finding[] {
  const known = new Set(value.map(entryTitle));
  return missingEntries(effective, value)
    .map(entryTitle)
    .filter((title) => known.has(title))
    .map((title) => ({ file: by.file, keys: by.keys, message: `names ${title} a second time` }));
}

const knownOverrides: Rule = {
  name: 'known-overrides',
  reason:
    'No list of forbidden settings covers every way to bypass the login, so only listed settings may be set by hand (GHSA-7rh7-c77v-6434, dexidp/dex#3811).',
  check: (tree) =>
    loginCharts(tree).flatMap(({ chart, component, own }) =>
      chart.layers
        .filter((layer) => !layer.generated)
        .flatMap(({ file, values }) =>
          leaves(values)
            .filter(
              ({ keys, value }) => !isOwn(component, own, keys) && !isGenerated(chart, keys) && !isOff(keys, value),
            )
            .map(({ keys }): Finding => ({ file, keys, message: insteadOf(own, keys) }))
            .concat(optionsByVariable(component, { file, values })),
        ),
    ),
};

/** Another rule compares values that the generated layer sets, too. */
function isGenerated({ layers }: ChartValues, keys: Keys): boolean {
  return layers.some((layer) => layer.generated && at(layer.values, ...keys) !== undefined);
}

/** An empty value, or a second entry explicitly switched off. */
function isOff(keys: Keys, value: unknown): boolean {
  if (typeof value === 'object' && value !== null) return Object.keys(value).length === 0;
  return value === false && /^(ingress|gatewayApi|grpc)\.enabled$/.test(keys.join('.'));
}

/** Variables that set options of the two programs, by their prefix. */
function optionsByVariable(component: string, { file, values }: Pick<Layer, 'file' | 'values'>): Finding[] {
  const proxy = isProxy(component);
  const prefix = proxy ? 'OAUTH2_PROXY_' : 'DEX_';
  const message = 'sets an option of the program; use the keys under auth in cluster.yaml';
  const named = ['extraEnv', 'envVars'].flatMap((list) =>
    listAt(values, list).map((entry, index) => ({ keys: [list, index, 'name'], name: String(at(entry, 'name')) })),
  );
  const mapped = Object.keys(at(values, 'env') ?? {}).map((name) => ({ keys: ['env', name], name }));
  const own = proxy || component === 'dex' ? [...named, ...mapped] : [];
  return own.filter(({ name }) => name.startsWith(prefix)).map(({ keys }) => ({ file, keys, message }));
}

function insteadOf({ instead }: OwnValues, keys: Keys): string {
  const known = keys
    .map((_, index) => instead[keys.slice(0, index + 1).join('.')])
    .findLast((text) => text !== undefined);
  return `cannot be set by hand: ${known ?? 'it may weaken the login (docs/config.md, Overrides)'}`;
}

/** Values that users set beside the generated ones. */
export const valueRules: readonly Rule[] = [listsAreWhole, listsHaveAnEffect, generatedValuesHold, knownOverrides];
