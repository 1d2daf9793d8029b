import { lstatSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Problem } from '../report/errors.ts';
import { policyFindings } from './argocd-policy.ts';
import type { KustomizePatch, Shared } from './cluster.ts';
import { type Parsed, parseInput } from './parse.ts';
import { readInput } from './read-input.ts';
import { requiredUpstreams } from './schema/component-facts.ts';
import { kubeflowVersions } from './schema/component-settings.ts';
import { type DeniedKind, deniedFile } from './schema/denied.ts';
import { type KustomizeComponent, kustomizeComponent } from './schema/kustomization.ts';
import { type Upstream, upstreamFile } from './schema/upstream.ts';
import { readApps } from './shared-apps.ts';
import { closest } from './suggest.ts';
import { templateFiles } from './template-files.ts';
import { skewFindings, upstreamFindings } from './version-floors.ts';

const folders = ['infrastructure', 'apps'];
const deniedFileName = 'infrastructure/tenant/denied.yaml';
const healthFile = 'infrastructure/argocd/application-health.lua';

/**
 * Reads infrastructure/ and apps/.
 *
 * @param root the repository's folder
 * @param clusters names of all clusters
 * @returns the inputs that all clusters share, or every problem with the files
 */
export function readShared(root: string, clusters: readonly string[]): Parsed<Shared> {
  const problems: Problem[] = [];
  const upstream = new Map<string, Upstream>();
  const patches = new Map<string, readonly KustomizePatch[]>();
  const namespaces = new Map<string, string>();
  const keep = <T>(parsed: Parsed<T>, use: (value: T) => void): void => {
    if ('problems' in parsed) problems.push(...parsed.problems);
    else use(parsed.value);
  };
  for (const file of folders.flatMap((folder) => filesUnder(root, folder))) {
    const folder = file.slice(0, file.lastIndexOf('/'));
    const name = file.slice(folder.length + 1);
    if (name === 'upstream.yaml') keep(readUpstream(root, folder), (value) => upstream.set(folder, value));
    else if (name === 'kustomization.yaml')
      keep(readComponent(root, file), (value) => {
        if (value === undefined) return;
        patches.set(folder, value.patches.map(toPatch));
        if (value.namespace !== undefined) namespaces.set(folder, value.namespace);
      });
    else if (!/^apps\/[^/]+\/manifests\//.test(file)) problems.push(...misnamed(file, name));
  }
  // A missing file is a mistake in the repository, not in the program.
  const missing = templateFiles.filter((file) => lstatSync(join(root, file), { throwIfNoEntry: false }) === undefined);
  problems.push(...missing.map(missingFile));
  for (const [folder, finding] of skewFindings(upstream)) {
    const file = `${folder}/upstream.yaml`;
    const read = readInput(root, file);
    if ('text' in read) keep(parseInput(upstreamFile, read.text, file, { whole: () => [finding] }), () => undefined);
  }
  const health = readInput(root, healthFile);
  if ('problems' in health && !missing.includes(healthFile)) problems.push(...health.problems);
  let denied: Shared['denied'] = [];
  if (!missing.includes(deniedFileName))
    keep(readDenied(root), (value) => {
      denied = value;
    });
  let apps: Shared['apps'] = new Map();
  keep(readApps(root, clusters), (value) => {
    apps = value;
  });
  if (problems.length > 0) return { problems };
  return {
    value: { upstream, patches, namespaces, applicationHealth: 'text' in health ? health.text : '', denied, apps },
  };
}

function missingFile(file: string): Problem {
  return {
    file,
    path: '',
    message: 'there is no such file',
    hint: `Restore it: git checkout HEAD -- ${file} (if a commit deleted it, git log --diff-filter=D -- ${file} finds the commit).`,
  };
}

function readDenied(root: string): Parsed<readonly DeniedKind[]> {
  const read = readInput(root, deniedFileName);
  return 'problems' in read ? read : parseInput(deniedFile, read.text, deniedFileName);
}

function readUpstream(root: string, folder: string): Parsed<Upstream> {
  const file = `${folder}/upstream.yaml`;
  const read = readInput(root, file);
  if ('problems' in read) return read;
  const parsed = parseInput(upstreamFile, read.text, file, { whole: (value) => upstreamFindings(folder, value) });
  if ('problems' in parsed) return parsed;
  if (folder === 'apps/kubeflow' && !(kubeflowVersions as readonly string[]).includes(parsed.value.version)) {
    const known = kubeflowVersions.join(', ');
    const message = `must be a supported Kubeflow release: ${known}`;
    return { problems: [{ file, path: 'version', message, hint: 'Paths differ between Kubeflow releases.' }] };
  }
  const expected = requiredUpstreams[folder];
  const found = 'chart' in parsed.value ? 'chart' : 'kustomization';
  if (expected === undefined || expected === found) return parsed;
  const hint = expected === 'chart' ? 'Set chart, repository and version.' : 'Set repository, path and version.';
  return { problems: [{ file, path: '', message: `must describe a ${expected}, but describes a ${found}`, hint }] };
}

/** @returns undefined for a plain Kustomization, which we do not read */
function readComponent(root: string, file: string): Parsed<KustomizeComponent | undefined> {
  const read = readInput(root, file);
  if ('problems' in read) return read;
  const kind = /^kind:\s*['"]?(\w+)/m.exec(read.text)?.[1] ?? 'Kustomization';
  return kind === 'Kustomization'
    ? { value: undefined }
    : parseInput(kustomizeComponent, read.text, file, {
        whole: ({ patches }) => policyFindings(patches.map(toPatch)),
      });
}

/** @returns a patch without the keys of its target that are not set */
export function toPatch({ patch, target }: KustomizeComponent['patches'][number]): KustomizePatch {
  if (target === undefined) return { patch };
  const stated = Object.entries(target).filter((entry): entry is [string, string] => entry[1] !== undefined);
  return { patch, target: Object.fromEntries(stated) };
}

/** Reports a misspelt upstream.yaml, which would otherwise be ignored silently. */
function misnamed(file: string, name: string): Problem[] {
  const known = ['upstream.yaml', 'kustomization.yaml', 'values.yaml', 'app.yaml'];
  const near = /\.ya?ml$/.test(name) && !known.includes(name) ? closest(name, known) : undefined;
  if (near === undefined) return [];
  return [{ file, path: '', message: 'has a name that Breakwater does not read', hint: `Did you mean "${near}"?` }];
}

/** @returns paths of all files, relative to root, with forward slashes, sorted the same on every machine */
function filesUnder(root: string, folder: string): string[] {
  const stat = lstatSync(join(root, folder), { throwIfNoEntry: false });
  if (stat === undefined || !stat.isDirectory()) return [];
  return readdirSync(join(root, folder), { withFileTypes: true })
    .filter((entry) => !entry.name.startsWith('.'))
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) => {
      const path = `${folder}/${entry.name}`;
      return entry.isDirectory() ? filesUnder(root, path) : [path];
    });
}
