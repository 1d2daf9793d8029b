import { describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import type { KubernetesObject } from '../../components/component.ts';
import { type Cluster, embeddedRemoteUrl, type Shared } from '../../config/cluster.ts';
import { parseClusterFile } from '../../config/parse.ts';
import { runningApps } from '../../config/running-apps.ts';
import { parseGitUrl } from '../../config/schema/git-url.ts';
import { readShared } from '../../config/shared.ts';
import { loadTenants } from '../../config/tenants.ts';
import { UsageError } from '../../report/errors.ts';
import { checkObject } from '../../schemas/check.ts';
import { placePlatform } from '../../tree/place.ts';
import { renderDocuments } from '../../tree/render.ts';
import { factsOf } from '../../tree/rules/facts.ts';
import { parseTree } from '../../tree/rules/parsed-tree.ts';
import { readInputs } from '../../workspace/read-inputs.ts';
import { checkRenderedTree } from '../testing/tree-rules/index.ts';
import { type ConfigOption, common, configOptions, contradictions, laid } from './config-options.ts';
import { checkout } from './repository.ts';

const read = readShared(checkout, ['pair']);
if ('problems' in read) throw new Error(JSON.stringify(read.problems));
const shared: Shared = read.value;
const hand = await readInputs(checkout, ['infrastructure', 'apps']);
// The same in every tree: read once.
const handDocuments = [...parseTree('pair', hand).files.values()].map(
  ({ text, documents }) => [text, documents] as const,
);

/** @returns the cluster, or what the schema says against it */
function clusterOf(options: readonly ConfigOption[]): Cluster | string {
  const settings = options.reduce((all, option) => laid(all, option.settings), common);
  const parsed = parseClusterFile(stringify(settings), 'clusters/pair/cluster.yaml', 'pair', shared);
  if ('problems' in parsed) return parsed.problems.map(({ path, message }) => `${path} ${message}`).join('; ');
  const file = parsed.value;
  const { url } = file.git;
  const address = url === undefined ? undefined : parseGitUrl(url);
  const found = options.find(({ discovered }) => discovered !== undefined)?.discovered;
  const cluster: Cluster = {
    ...file,
    folder: 'clusters/pair',
    shared,
    discovered: found === undefined ? undefined : { host: found },
    memberGroups: [],
    runningApps: runningApps(file, shared.apps),
    knownHost: file.host === 'auto' ? found : file.host,
    repositoryUrl: address !== undefined && 'canonical' in address ? address.canonical : embeddedRemoteUrl,
    embeddedRemote: url === undefined,
  };
  return tenantProblems(cluster, Object.assign({}, ...options.map(({ tenants }) => tenants ?? {}))) ?? cluster;
}

/** @returns what is wrong with tenants of these files on the cluster */
function tenantProblems(cluster: Cluster, tenants: Readonly<Record<string, string>>): string | undefined {
  const files = Object.entries(tenants).map(([team, text]) => [`tenants/${team}/tenant.yaml`, text] as const);
  try {
    loadTenants(checkout, [cluster], new Map(files));
    return undefined;
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    return error.problems.map(({ file, path, message }) => `${file} ${path} ${message}`).join('; ');
  }
}

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
  const platform = placePlatform(cluster);
  const { tree, documents } = renderDocuments(platform);
  const parsed = parseTree('pair', new Map([...hand, ...tree]), {
    documents: new Map([...documents, ...handDocuments]),
    facts: factsOf(platform),
  });
  const rules = checkRenderedTree(parsed).map(({ rule, file, path, message }) => `${rule} ${file} ${path} ${message}`);
  const schema = [...tree].flatMap(([file, text]) =>
    schemaProblems(text, parsed.files.get(file)?.objects ?? []).map((what) => `schema ${file} ${what}`),
  );
  return [...rules, ...schema];
}

const pairs = configOptions.flatMap((one, index) =>
  configOptions.slice(index + 1).flatMap((other) => (one.question === other.question ? [] : [[one, other] as const])),
);

describe('the options of cluster.yaml', () => {
  it('each by itself: as generated, nothing is found', () => {
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
    for (const pair of pairs) {
      const title = pair.map(({ name }) => name).join(' × ');
      const cluster = clusterOf(pair);
      if (typeof cluster === 'string') refused.push(`${title}: ${cluster}`);
      else wrong.push(...foundIn(cluster).map((what) => `${title}: ${what}`));
    }
    const seconds = ((performance.now() - started) / 1000).toFixed(1);
    console.log(`${pairs.length} pairs of ${configOptions.length} options in ${seconds} s, ${refused.length} refused`);
    expect(wrong).toEqual([]);
    const expected = contradictions.map(([one, other, message]) => [`${one} × ${other}: `, message] as const);
    const unexpected = refused.filter(
      (line) => !expected.some(([title, text]) => line.startsWith(title) && line.includes(text)),
    );
    expect(unexpected).toEqual([]);
    expect(expected.filter(([title]) => !refused.some((line) => line.startsWith(title)))).toEqual([]);
  });
});
