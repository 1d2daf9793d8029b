import { stringify } from 'yaml';
import { type Cluster, embeddedRemoteUrl, type Shared } from '../../config/cluster.ts';
import { parseClusterFile } from '../../config/parse.ts';
import { runningAddOns, runningApps } from '../../config/running-apps.ts';
import { parseGitUrl } from '../../config/schema/git-url.ts';
import { readShared } from '../../config/shared.ts';
import { loadTenants } from '../../config/tenants.ts';
import { UsageError } from '../../report/errors.ts';
import { placePlatform } from '../../tree/place.ts';
import { renderDocuments } from '../../tree/render.ts';
import { factsOf } from '../../tree/rules/facts.ts';
import { merge } from '../../tree/rules/merged-values.ts';
import { type ParsedTree, parseTree } from '../../tree/rules/parsed-tree.ts';
import { readInputs } from '../../workspace/read-inputs.ts';
import { type ConfigOption, common, configOptions } from './config-options.ts';
import { checkout } from './repository.ts';

const read = readShared(checkout, ['pair']);
if ('problems' in read) throw new Error(JSON.stringify(read.problems));
const shared: Shared = read.value;
const hand = await readInputs(checkout, ['infrastructure', 'apps']);
// The same in every tree: read once.
const handDocuments = [...parseTree('pair', hand).files.values()].map(
  ({ text, documents }) => [text, documents] as const,
);

/** @returns a cluster with these options, or what the schema says against it */
export function clusterOf(options: readonly ConfigOption[]): Cluster | string {
  const settings = options.reduce((all, option) => merge(all, option.settings), common);
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
    addOns: runningAddOns(file, shared.apps),
    ownPatches: new Map(),
    secretFiles: { sealed: new Map(), sops: new Map() },
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

/**
 * @param changes texts of files, in place of those that are generated
 * @returns the generated files of a cluster, and its tree as `validate` reads it
 */
export function treeOf(
  cluster: Cluster,
  changes: ReadonlyMap<string, string> = new Map(),
): { files: ReadonlyMap<string, string>; tree: ParsedTree } {
  const platform = placePlatform(cluster);
  const { tree: files, documents } = renderDocuments(platform);
  const tree = parseTree('pair', new Map([...hand, ...files, ...changes]), {
    documents: new Map([...documents, ...handDocuments]),
    facts: factsOf(platform),
  });
  return { files, tree };
}

/** Every two options that do not answer the same question. */
export const optionPairs = configOptions.flatMap((one, index) =>
  configOptions.slice(index + 1).flatMap((other) => (one.question === other.question ? [] : [[one, other] as const])),
);
