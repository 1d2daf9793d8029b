import { lstatSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { type Problem, UsageError } from '../report/errors.ts';
import { policyFindings } from './argocd-policy.ts';
import { type Cluster, embeddedRemoteUrl, type KustomizePatch, type Logo, type Shared } from './cluster.ts';
import { readLogo } from './logo.ts';
import { memberGroups } from './member-groups.ts';
import { type Parsed, parseClusterFile, parseInput } from './parse.ts';
import { readInput } from './read-input.ts';
import { runningAddOns, runningApps } from './running-apps.ts';
import { type ClusterFile, type Discovered, discoveredFile } from './schema/cluster.ts';
import { componentFacts, componentNames } from './schema/component-facts.ts';
import { parseGitUrl } from './schema/git-url.ts';
import { kustomizeOverride } from './schema/kustomization.ts';
import { readSecretFiles } from './secret-files.ts';
import { readShared, toPatch } from './shared.ts';
import { closest } from './suggest.ts';

/**
 * Lists the clusters of a repository.
 *
 * @param root the repository's folder
 * @returns names of the folders in clusters/ that have a cluster.yaml, sorted
 */
export function listClusters(root: string): string[] {
  return entriesOf(join(root, 'clusters')).filter((name) =>
    entriesOf(join(root, 'clusters', name)).includes('cluster.yaml'),
  );
}

/**
 * Reads all inputs of one cluster.
 *
 * @param root the repository's folder
 * @param name the cluster's name
 * @throws UsageError with every mistake of every file
 */
export function loadCluster(root: string, name: string): Cluster {
  const [cluster] = loadClusters(root, [name]);
  if (cluster === undefined) throw new Error(`no value for cluster ${name}`);
  return cluster;
}

/** Reads all clusters of a repository, and shared files only once; see {@link loadCluster}. */
export function loadAllClusters(root: string): Cluster[] {
  return loadClusters(root, listClusters(root));
}

/** Reads the named clusters, and shared files only once; see {@link loadCluster}. */
export function loadClusters(root: string, names: readonly string[]): Cluster[] {
  const all = listClusters(root);
  requireClusters(all, names);
  const shared = readShared(root, all);
  const known = 'value' in shared ? shared.value : undefined;
  const groups = memberGroups(root);
  const problems: Problem[] = 'problems' in shared ? [...shared.problems] : [];
  const clusters: Cluster[] = [];
  for (const name of names) {
    const own = readOwn(root, name, known);
    if ('problems' in own) problems.push(...own.problems);
    else if ('value' in shared) clusters.push(assemble(name, own.value, shared.value, groups));
  }
  if (problems.length > 0) throw new UsageError(summary(problems), { problems });
  return clusters;
}

interface Own {
  file: ClusterFile;
  discovered: Discovered | undefined;
  patches: Cluster['ownPatches'];
  logo: Logo | undefined;
  secretFiles: Cluster['secretFiles'];
}

function readOwn(root: string, name: string, shared: Shared | undefined): Parsed<Own> {
  const folder = `clusters/${name}`;
  if (lstatSync(join(root, folder)).isSymbolicLink())
    return {
      problems: [{ file: folder, path: '', message: 'is a symbolic link', hint: 'Replace it with the folder itself.' }],
    };
  const read = readInput(root, `${folder}/cluster.yaml`);
  let logo: Logo | undefined;
  const readBranding = ({ branding }: ClusterFile) => {
    const found = branding.logo === undefined ? undefined : readLogo(root, branding.logo);
    if (found !== undefined && 'message' in found) return [found];
    logo = found;
    return [];
  };
  const file =
    'text' in read ? parseClusterFile(read.text, `${folder}/cluster.yaml`, name, shared, readBranding) : read;
  const discovered = readDiscovered(root, `${folder}/discovered.yaml`);
  const patches = readPatches(root, `${folder}/overrides`);
  const secretFiles =
    'value' in file ? readSecretFiles(root, folder, file.value) : { value: { sealed: new Map(), sops: new Map() } };
  const problems = [
    ...('problems' in secretFiles ? secretFiles.problems : []),
    ...('problems' in patches ? patches.problems : []),
    ...('problems' in file ? file.problems : []),
    ...('problems' in discovered ? discovered.problems : []),
    ...('value' in file && 'value' in discovered ? redirectProblems(file.value, discovered.value, folder) : []),
    ...(shared === undefined
      ? []
      : overrideProblems(root, `${folder}/overrides`, [...componentNames, ...shared.apps.keys()])),
  ];
  if (
    problems.length > 0 ||
    'problems' in file ||
    'problems' in discovered ||
    'problems' in patches ||
    'problems' in secretFiles
  )
    return { problems };
  return {
    value: {
      file: file.value,
      discovered: discovered.value,
      patches: patches.value,
      logo,
      secretFiles: secretFiles.value,
    },
  };
}

/** Only with `host: auto`: the schema compares the host that the file names. */
function redirectProblems(
  { host, redirectHosts }: ClusterFile,
  found: Discovered | undefined,
  folder: string,
): Problem[] {
  const own = host === 'auto' ? redirectHosts.find((name) => `.${name}`.endsWith(`.${found?.host}`)) : undefined;
  if (own === undefined) return [];
  return [
    {
      file: `${folder}/cluster.yaml`,
      path: 'redirectHosts',
      message: `${own} is, or is below, the host that the bootstrap discovered: it would redirect to itself`,
      hint: 'Remove it.',
    },
  ];
}

function readDiscovered(root: string, file: string): Parsed<Discovered | undefined> {
  if (!exists(join(root, file))) return { value: undefined };
  const read = readInput(root, file);
  if ('problems' in read) return read;
  return parseInput(discoveredFile, read.text, file, {
    emptyHint: 'Delete it; the next bootstrap with --wait will recreate it.',
  });
}

/** Components that Argo CD builds with kustomize from patches: parts of Kubeflow, and Argo CD itself. */
const patched = componentNames.filter((name) => name === 'argocd' || componentFacts[name].patches !== undefined);

/** Reads overrides/<component>/kustomization.yaml. */
function readPatches(root: string, folder: string): Parsed<Cluster['ownPatches']> {
  const problems: Problem[] = [];
  const found = new Map<string, readonly KustomizePatch[]>();
  const folders = entriesOf(join(root, folder)).filter((name) => lstatSync(join(root, folder, name)).isDirectory());
  for (const name of folders) {
    if (!(patched as readonly string[]).includes(name)) {
      const near = closest(name, patched);
      const known = `Folders are: ${patched.join(', ')}. Values of a chart go into ${name}.yaml.`;
      problems.push(misnamed(`${folder}/${name}`, near === undefined ? known : `Did you mean "${near}"?`));
      continue;
    }
    for (const entry of entriesOf(join(root, folder, name))) {
      const file = `${folder}/${name}/${entry}`;
      if (entry !== 'kustomization.yaml') {
        problems.push({ file, path: '', message: 'is not read', hint: 'Put the patches into kustomization.yaml.' });
        continue;
      }
      const read = readInput(root, file);
      const parsed =
        'problems' in read
          ? read
          : parseInput(kustomizeOverride, read.text, file, {
              whole: (value) => policyFindings(value.patches.map(toPatch)),
            });
      if ('problems' in parsed) problems.push(...parsed.problems);
      else found.set(name, parsed.value.patches.map(toPatch));
    }
  }
  return problems.length > 0 ? { problems } : { value: found };
}

/** Reports misnamed overrides, which would otherwise be ignored silently. */
function overrideProblems(root: string, folder: string, known: readonly string[]): Problem[] {
  return entriesOf(join(root, folder)).flatMap((entry) => {
    const component = entry.replace(/\.ya?ml$/, '');
    if (component === entry || known.includes(component)) {
      return entry.endsWith('.yml') ? [misnamed(`${folder}/${entry}`, `Name it ${component}.yaml.`)] : [];
    }
    const near = closest(component, known);
    return [
      misnamed(
        `${folder}/${entry}`,
        near === undefined ? `Components and apps are: ${known.join(', ')}.` : `Did you mean "${near}.yaml"?`,
      ),
    ];
  });
}

function misnamed(file: string, hint: string): Problem {
  return { file, path: '', message: 'does not belong to any component or app', hint };
}

function assemble(
  name: string,
  { file, discovered, patches, logo, secretFiles }: Own,
  shared: Shared,
  groups: readonly string[],
): Cluster {
  const url = file.git.url === undefined ? undefined : parseGitUrl(file.git.url);
  return {
    ...file,
    folder: `clusters/${name}`,
    shared,
    ...(logo === undefined ? {} : { logo }),
    discovered,
    memberGroups: groups,
    runningApps: runningApps(file, shared.apps),
    addOns: runningAddOns(file, shared.apps),
    ownPatches: patches,
    secretFiles,
    knownHost: file.host === 'auto' ? discovered?.host : file.host,
    repositoryUrl: url !== undefined && 'canonical' in url ? url.canonical : embeddedRemoteUrl,
    embeddedRemote: url === undefined,
  };
}

function requireClusters(clusters: readonly string[], names: readonly string[]): void {
  const name = names.find((one) => !clusters.includes(one));
  if (name === undefined) return;
  const near = closest(name, clusters);
  const list = clusters.length === 0 ? 'There is no cluster yet.' : `Clusters here: ${clusters.join(', ')}.`;
  throw new UsageError(`there is no cluster ${JSON.stringify(name)}: clusters/${name}/cluster.yaml does not exist`, {
    hint: `${near === undefined ? '' : `Did you mean "${near}"? `}${list} To create it: npm run new -- ${name}`,
  });
}

function summary(problems: readonly Problem[]): string {
  const files = [...new Set(problems.map((problem) => problem.file))];
  const where = files.length === 1 ? files[0] : `${files.length} files`;
  return `${problems.length === 1 ? 'a mistake' : `${problems.length} mistakes`} in ${where}`;
}

function exists(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
}

/** @returns names in a folder, sorted the same on every machine; none when it is not a folder */
function entriesOf(path: string): string[] {
  const stat = statSync(path, { throwIfNoEntry: false });
  return stat?.isDirectory() === true
    ? readdirSync(path)
        .filter((name) => !name.startsWith('.'))
        .sort()
    : [];
}
