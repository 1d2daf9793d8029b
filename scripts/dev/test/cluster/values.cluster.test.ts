import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { children, isMap, type Source } from '../../../tree/rules/parsed-tree.ts';
import { type ChartName, chartFolder, chartNames } from '../../sandbox/charts.ts';
import { renderUpstream, valuesFiles } from './render-upstream.ts';
import { openScenario, scenarioNames } from './scenarios.ts';

/** Helm takes any value for a chart without a schema, and a misspelt one does nothing. Its fake is of our own making. */
const fakes = ['dex', 'oauth2-proxy'];

/** Maps that go into a ConfigMap as they are: the program that reads it knows their keys. */
const passedOn = ['meshConfig'];

/** istiod's chart takes what stands below it for its own values (templates/zzy_descope_legacy.yaml), and it outweighs those. */
const legacy = 'pilot';

describe.each(scenarioNames)('the values of %s', (name) => {
  it('are all known to the charts', async () => {
    const scenario = await openScenario(name);
    try {
      const strange: string[] = [];
      for (const { sources } of children(scenario.tree)) {
        for (const source of sources) {
          const chart = await chartOf(source);
          if (chart === undefined) continue;
          for (const file of valuesFiles(scenario, source)) {
            const values: unknown = parse(await readFile(join(scenario.root, file), 'utf8'));
            const keys = unknownKeys(values, chart.defaults).filter(
              (key) => !chart.templates.includes(`.Values.${key}`),
            );
            strange.push(...keys.map((key) => `${file}: ${key}`));
          }
        }
      }
      expect(strange).toEqual([]);
    } finally {
      scenario.remove();
    }
  });
});

/** What a chart without a schema knows: the values that it names, and the text of its templates, which may read others. */
interface Chart {
  defaults: unknown;
  templates: string;
}

async function chartOf({ chart, targetRevision }: Source): Promise<Chart | undefined> {
  const known = chartNames.find((name): name is ChartName => name === chart && !fakes.includes(name));
  if (known === undefined) return undefined;
  const folder = await chartFolder(known, targetRevision);
  if (existsSync(join(folder, 'values.schema.json'))) return undefined;
  const defaults: unknown = parse(await readFile(join(folder, 'values.yaml'), 'utf8'));
  const names = await readdir(join(folder, 'templates'), { recursive: true });
  const files = names.filter((file) => /\.(yaml|tpl)$/.test(file)).map((file) => join(folder, 'templates', file));
  return {
    // Istio's charts keep them below a key, so that profiles can be laid between.
    defaults: isMap(defaults) ? (defaults._internal_defaults_do_not_set ?? defaults) : defaults,
    templates: (await Promise.all(files.map((file) => readFile(file, 'utf8')))).join('\n'),
  };
}

/** @returns keys that the defaults lack; below a value that is empty there anything may stand */
function unknownKeys(values: unknown, defaults: unknown, path = ''): string[] {
  if (!isMap(values) || !isMap(defaults) || (path !== '' && Object.keys(defaults).length === 0)) return [];
  return Object.entries(values).flatMap(([key, value]) => {
    const place = path === '' ? key : `${path}.${key}`;
    if (passedOn.includes(path)) return [];
    if (place === legacy) return unknownKeys(value, defaults);
    if (!(key in defaults)) return [place];
    return unknownKeys(value, defaults[key], place);
  });
}

it.each<[component: string, text: string, message: RegExp]>([
  ['gateway', 'replicaCont: 3\n', /gateway: .*replicaCont/s],
  ['cert-manager', 'crds: {enabeld: true}\n', /cert-manager: .*enabeld/s],
  ['metallb', 'speaker: {logLevel: 5}\n', /metallb: .*logLevel/s],
])(
  "a misspelt key in the user's own values of %s is refused by the chart's schema",
  async (component, text, message) => {
    const scenario = await openScenario('auto-metallb', { [component]: text });
    try {
      await expect(renderUpstream(scenario, [component])).rejects.toThrow(message);
    } finally {
      scenario.remove();
    }
  },
);
