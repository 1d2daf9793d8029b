import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Cluster } from '../config/cluster.ts';
import { type RenovateManager, readRenovate, seenByRenovate } from '../config/renovate.ts';

const renovateFile = '.github/renovate.json5';

/** A version in a user's file. */
interface Pin {
  file: string;
  version: string;
  /** Commit or digest next to the version. */
  exact: string | undefined;
  /** How to pin it, when the version can be moved to other content. */
  movable: 'commit' | 'digest' | undefined;
}

/**
 * Lists versions that could be pinned better: tags without a commit or digest, and versions that Renovate does not update. None of
 * these is wrong, so they are notes, not findings.
 *
 * @param clusters all clusters of the repository
 * @returns sentences that start with a file
 */
export async function pinNotes(root: string, clusters: readonly Cluster[]): Promise<string[]> {
  const shared = clusters[0]?.shared;
  if (shared === undefined) return [];
  const pins = pinsOf(shared);
  const text = await readFile(join(root, renovateFile), 'utf8').catch(() => undefined);
  return [
    ...pins.flatMap(({ file, version, exact, movable }) =>
      movable !== undefined && exact === undefined
        ? [`${file}: ${version} is a tag, which can be moved. Write its ${movable} on the line after version.`]
        : [],
    ),
    ...(text === undefined ? [] : await unseen(root, readRenovate(text), pins, clusters)),
  ];
}

function pinsOf({ upstream, apps }: Cluster['shared']): Pin[] {
  return [
    ...[...upstream].flatMap(([folder, source]): Pin[] => {
      const file = `${folder}/upstream.yaml`;
      if (!('chart' in source)) return [{ file, version: source.version, exact: source.commit, movable: 'commit' }];
      const chart: Pin = { file, version: source.version, exact: undefined, movable: undefined };
      const { image } = source;
      return image === undefined
        ? [chart]
        : [chart, { file, version: image.version, exact: image.digest, movable: 'digest' }];
    }),
    ...[...apps.values()].flatMap(({ folder, file: { source } }): Pin[] => {
      if (!('version' in source)) return [];
      const [exact, movable] = 'chart' in source ? [] : [source.commit, 'commit' as const];
      return [{ file: `${folder}/app.yaml`, version: source.version, exact, movable }];
    }),
  ];
}

/** Versions that the expressions of renovate.json5 do not match. */
async function unseen(
  root: string,
  managers: readonly RenovateManager[] | undefined,
  pins: readonly Pin[],
  clusters: readonly Cluster[],
): Promise<string[]> {
  if (managers === undefined) return [`${renovateFile}: not checked, because its format is not recognized.`];
  const notes: string[] = [];
  for (const { file, version, exact, movable } of pins) {
    const seen = seenByRenovate(managers, file, await readFile(join(root, file), 'utf8'));
    const found = seen.filter((one) => one.version === version);
    if (found.length === 0)
      notes.push(`${file}: Renovate does not see ${version}. Write one key per line, as docs/apps.md shows.`);
    else if (exact !== undefined && !found.some(({ digest }) => digest === exact))
      notes.push(`${file}: Renovate does not see the ${movable}. It must be on the line after version.`);
  }
  return [...notes, ...clusters.flatMap(ownVersions)];
}

/** A cluster's own version differs from the shared one on purpose, so Renovate leaves it. */
function ownVersions({ folder, argocd, kubeflow, components, apps }: Cluster): string[] {
  const versions = [
    ['argocd', argocd.version],
    ['kubeflow', kubeflow.version],
    ...Object.entries(components).map(([name, settings]) => [`components.${name}`, settings?.version]),
    ...Object.entries(apps).map(([name, { version }]) => [`apps.${name}`, version]),
  ];
  return versions.flatMap(([path, version]) =>
    version === undefined
      ? []
      : [
          `${folder}/cluster.yaml: Renovate leaves ${path}.version at ${version}. Remove it to follow the shared version.`,
        ],
  );
}
