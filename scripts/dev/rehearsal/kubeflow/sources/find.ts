import { existsSync, readdirSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { UsageError } from '../../../../report/errors.ts';
import { repositoryRoot, upstreamFile } from '../../../sandbox/of-repository.ts';
import { runProgram } from '../../run-program.ts';
import { type PinnedSource, programSource } from './programs.ts';

/** Where the sources of Kubeflow lie on this machine, each a Git folder; none: no repository there has the pinned commit. */
export interface KubeflowSources {
  /** What the user named. */
  folder: string;
  /** Of the programs. */
  programs: string | undefined;
  /** Of the release's manifests. */
  manifests: string | undefined;
}

/** The manifests of the release that apps/kubeflow/upstream.yaml pins. */
export function manifestSource(): PinnedSource {
  const { repository, version, commit = '' } = upstreamFile(repositoryRoot, 'apps/kubeflow');
  return { repository: new URL(repository).pathname.slice(1), tag: String(version), commit };
}

/**
 * Looks for the pinned commits in every repository, bare or a checkout, that lies in a folder or up to two levels below: what it is
 * called does not matter.
 *
 * @throws UsageError when there is no such folder
 */
export async function findSources(folder: string): Promise<KubeflowSources> {
  const at = resolve(folder);
  if (!existsSync(at) || !statSync(at).isDirectory())
    throw new UsageError(`--kubeflow-sources: ${folder} is not a folder`, {
      hint: `It holds clones, bare or not, of ${programSource.repository} and ${manifestSource().repository}.`,
    });
  return {
    folder: at,
    programs: await findRepository(at, programSource),
    manifests: await findRepository(at, manifestSource()),
  };
}

/** @returns the first repository in a folder, or up to two levels below, that has a commit; undefined: there is none */
export async function findRepository(folder: string, { commit }: PinnedSource): Promise<string | undefined> {
  for (const repository of gitFoldersIn(folder, 2)) if (await hasCommit(repository, commit)) return repository;
  return undefined;
}

/** @returns one line for each source: found, or what to do */
export function sourceLines(sources: KubeflowSources): string[] {
  const line = (source: PinnedSource, at: string | undefined) =>
    at === undefined
      ? `Kubeflow's sources: no repository in ${sources.folder} has ${nameOf(source)}: git clone https://github.com/${source.repository}`
      : `Kubeflow's sources: ${nameOf(source)} is in ${at}`;
  return [line(programSource, sources.programs), line(manifestSource(), sources.manifests)];
}

/** As "kubeflow/kubeflow v1.10.0 (90e987bf87d3)". */
export function nameOf({ repository, tag, commit }: PinnedSource): string {
  return `${repository} ${tag} (${commit.slice(0, 12)})`;
}

function gitFoldersIn(folder: string, levels: number): string[] {
  if (existsSync(join(folder, '.git')) || (existsSync(join(folder, 'HEAD')) && existsSync(join(folder, 'objects'))))
    return [folder];
  if (levels === 0) return [];
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() || entry.isSymbolicLink())
    .map(({ name }) => join(folder, name))
    .filter((path) => existsSync(path) && statSync(path).isDirectory())
    .sort()
    .flatMap((path) => gitFoldersIn(path, levels - 1));
}

async function hasCommit(repository: string, commit: string): Promise<boolean> {
  // Its tree, not only its own object: a shallow clone may know the one and lack the other.
  const words = ['git', '-c', 'safe.directory=*', '-C', repository, 'cat-file', '-e', `${commit}^{tree}`];
  return (await runProgram(words as [string, ...string[]])).code === 0;
}
