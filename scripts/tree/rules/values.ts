import { isDeepStrictEqual } from 'node:util';
import {
  type ChartValues,
  chartValues,
  decides,
  type Keys,
  type Layer,
  leaves,
  missingEntries,
  titleOf,
} from './merged-values.ts';
import { isOwn, matches, type OwnValues, ownValues } from './own-values.ts';
import { at, listAt, type ParsedTree } from './parsed-tree.ts';
import type { Finding, Rule } from './rule.ts';

/** The charts on which the login stands, with what people may set of them. */
function loginCharts(tree: ParsedTree): { chart: ChartValues; component: string; own: OwnValues }[] {
  return chartValues(tree).flatMap((chart) => {
    const own = ownValues[chart.application.name];
    return own === undefined ? [] : [{ chart, component: chart.application.name, own }];
  });
}

/** The generated values of a chart, with what the layers result in at the same keys. */
function generated({ layers, merged }: ChartValues): { keys: Keys; value: unknown; effective: unknown; from: Layer }[] {
  return layers
    .filter((layer) => layer.generated)
    .flatMap((from) => leaves(from.values).map((leaf) => ({ ...leaf, from, effective: at(merged, ...leaf.keys) })));
}

const listsAreWhole: Rule = {
  name: 'lists-are-whole',
  reason:
    'Helm replaces a list by the list of a stronger file, so that what was generated is lost in silence: the login check, a secret, a volume (istio/istio#61762).',
  check: (tree) =>
    chartValues(tree).flatMap((chart) =>
      generated(chart).flatMap(({ keys, value, effective, from }): Finding[] => {
        if (!Array.isArray(value) || !Array.isArray(effective)) return [];
        const lost = missingEntries(value, effective).map(titleOf);
        const by = decides(chart.layers, keys);
        if (lost.length === 0 || by === undefined) return [];
        const message = `replaces the generated list and loses ${lost.join(', ')}: repeat the entries of ${from.file} before your own`;
        return [{ file: by.file, keys: by.keys, message }];
      }),
    ),
};

const listsHaveAnEffect: Rule = {
  name: 'lists-have-an-effect',
  reason:
    'A list of a generated file replaces the one of infrastructure/, whose entries no cluster ever gets (helm docs, chart_template_guide/values_files).',
  check: (tree) =>
    chartValues(tree).flatMap((chart) =>
      generated(chart).flatMap(({ keys, value, from }): Finding[] => {
        const weaker = chart.layers.slice(0, chart.layers.indexOf(from)).flatMap((layer) => {
          const list = at(layer.values, ...keys);
          return Array.isArray(list) && Array.isArray(value) && missingEntries(list, value).length > 0
            ? [layer.file]
            : [];
        });
        const message = `has no effect: ${from.file} replaces the list. Write it into overrides/, with the generated entries before your own`;
        return weaker.map((file) => ({ file, keys, message }));
      }),
    ),
};

const generatedValuesHold: Rule = {
  name: 'generated-values-hold',
  reason:
    'Who gets in is computed from cluster.yaml for the gateway, the mesh, OAuth2 Proxy and Dex alike; one of them with another answer opens the platform or shuts it (istio docs, tasks/security/authorization/authz-custom).',
  check: (tree) =>
    loginCharts(tree).flatMap(({ chart, own }) =>
      generated(chart).flatMap(({ keys, value, effective, from }): Finding[] => {
        if (isDeepStrictEqual(value, effective) || own.changeable.some((pattern) => matches(pattern, keys))) return [];
        const by = decides(chart.layers, keys);
        if (by === undefined) return [];
        if (Array.isArray(value) && Array.isArray(effective)) {
          if (missingEntries(value, effective).length > 0) return [];
          if (own.extendable.some((pattern) => matches(pattern, keys))) return namesTwice(by, value, effective);
          const more = missingEntries(effective, value).map(titleOf).join(', ');
          return [
            { file: by.file, keys: by.keys, message: `adds ${more} to a list that is generated whole in ${from.file}` },
          ];
        }
        const change = effective === undefined || effective === null ? 'takes away' : 'changes';
        const message = `${change} ${keys.join('.')}, which cluster.yaml decides (${from.file}): change it there`;
        return [{ file: by.file, keys: by.keys, message }];
      }),
    ),
};

/** A second entry under a generated name: which of the two counts is up to the program that reads them. */
function namesTwice(
  by: { file: string; keys: Keys },
  value: readonly unknown[],
  effective: readonly unknown[],
): Finding[] {
  const known = new Set(value.map(titleOf));
  return missingEntries(effective, value)
    .map(titleOf)
    .filter((title) => known.has(title))
    .map((title) => ({ file: by.file, keys: by.keys, message: `names ${title} a second time` }));
}

const knownOverrides: Rule = {
  name: 'known-overrides',
  reason:
    'A chart has more settings that open a second door or skip the login than any list of forbidden ones has, so those that may be set by hand are listed (GHSA-7rh7-c77v-6434, dexidp/dex#3811).',
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

/** What the generated layer states, too, is compared with it by another rule. */
function isGenerated({ layers }: ChartValues, keys: Keys): boolean {
  return layers.some((layer) => layer.generated && at(layer.values, ...keys) !== undefined);
}

/** Nothing that adds anything, or an explicit no to a second door. */
function isOff(keys: Keys, value: unknown): boolean {
  if (typeof value === 'object' && value !== null) return Object.keys(value).length === 0;
  return value === false && /^(ingress|gatewayApi|grpc)\.enabled$/.test(keys.join('.'));
}

/** Variables by which the two programs take options, whatever their names are made of. */
function optionsByVariable(component: string, { file, values }: Pick<Layer, 'file' | 'values'>): Finding[] {
  const prefix = component === 'oauth2-proxy' ? 'OAUTH2_PROXY_' : 'DEX_';
  const message =
    'is an option of the program in another spelling; what a cluster may choose is under auth in cluster.yaml';
  const named = ['extraEnv', 'envVars'].flatMap((list) =>
    listAt(values, list).map((entry, index) => ({ keys: [list, index, 'name'], name: String(at(entry, 'name')) })),
  );
  const mapped = Object.keys(at(values, 'env') ?? {}).map((name) => ({ keys: ['env', name], name }));
  const own = ['oauth2-proxy', 'dex'].includes(component) ? [...named, ...mapped] : [];
  return own.filter(({ name }) => name.startsWith(prefix)).map(({ keys }) => ({ file, keys, message }));
}

function insteadOf({ instead }: OwnValues, keys: Keys): string {
  const known = keys
    .map((_, index) => instead[keys.slice(0, index + 1).join('.')])
    .findLast((text) => text !== undefined);
  return `is not a value to set by hand: ${known ?? 'it is unknown here whether the login holds with it (docs/config.md, Overrides)'}`;
}

/** What people lay over the generated values. */
export const valueRules: readonly Rule[] = [listsAreWhole, listsHaveAnEffect, generatedValuesHold, knownOverrides];
