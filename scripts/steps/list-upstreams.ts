import { originalImage } from '../components/mirrors.ts';
import type { Platform } from '../components/platform.ts';
import { readChartLock } from '../config/chart-lock.ts';
import { imagesOf, type NamedImage } from '../tree/images.ts';
import { renderUpstreams } from './check-rendered.ts';

/** Everything that a cluster takes from outside, under its original address. */
export interface Upstreams {
  images: NamedImage[];
  charts: { repository: string; chart: string; version: string /** If it is recorded. */; digest?: string }[];
  git: { repository: string; version: string /** Absent: the version is fetched by its tag. */; commit?: string }[];
  /** What could not be rendered: its images are missing. */
  problems: string[];
}

/**
 * @param cache folder for charts and repositories, as `.breakwater`
 * @throws UsageError when the digests of charts cannot be read
 */
export async function upstreamsOf(root: string, cache: string, { cluster, enabled }: Platform): Promise<Upstreams> {
  const digests = readChartLock(root);
  const sources = enabled.flatMap((component) => component.sources(cluster));
  const charts = sources.flatMap((source) => {
    if (source.kind !== 'chart') return [];
    const { repository, chart, version } = source;
    const digest = digests.get(`${repository}/${chart}@${version}`);
    return [{ repository, chart, version, ...(digest === undefined ? {} : { digest }) }];
  });
  const git = sources.flatMap((source) => {
    if (source.kind !== 'kustomize') return [];
    const { repository, version, commit } = source;
    return [{ repository, version, ...(commit === undefined ? {} : { commit }) }];
  });
  const { tree, rendered, findings } = await renderUpstreams(root, cache, cluster.name);
  const images = imagesOf({ ...tree, rendered }).map(({ image, ...by }) => ({
    image: originalImage(cluster, image),
    ...by,
  }));
  return {
    images,
    charts: once(charts),
    git: once(git),
    problems: findings.map(({ file, message }) => `${file}: ${message}`),
  };
}

function once<T>(entries: readonly T[]): T[] {
  return [...new Map(entries.map((entry) => [JSON.stringify(entry), entry])).values()];
}

/**
 * @param registry where images and charts go: a registry with an optional path
 * @param gitTo the address below which Git repositories go; absent: they stay where they are
 * @returns a shell script that copies everything, ending with the `mirrors` section for cluster.yaml
 */
export function copyScript({ images, charts, git }: Upstreams, registry: string, gitTo: string | undefined): string {
  const registryOf = (image: string) => image.slice(0, image.indexOf('/'));
  const tagged = (image: string) => (/:[^/]+@/.test(image) ? image.slice(0, image.indexOf('@')) : image);
  const nameOf = (repository: string) =>
    `${repository
      .replace(/\.git$/, '')
      .split('/')
      .slice(-2)
      .join('-')}.git`;
  const chartsAt = `oci://${registry}/charts`;
  const repositories = [...new Set(git.map(({ repository }) => repository))];
  const section = {
    charts: [...new Set(charts.map(({ repository }) => repository))].map((from) => [from, chartsAt]),
    git: gitTo === undefined ? [] : repositories.map((from) => [from, `${gitTo}/${nameOf(from)}`]),
    images: [...new Set(images.map(({ image }) => registryOf(image)))].map((from) => [from, `${registry}/${from}`]),
  };
  return [
    '#!/bin/sh',
    '# Copies what the cluster takes from outside. Needs crane and helm, logged in to the registry.',
    'set -eux',
    ...images.map(({ image }) => `crane copy ${image} ${registry}/${tagged(image)}`),
    'charts=$(mktemp -d)',
    ...charts.map(
      ({ repository, chart, version }) => `${pull(repository, chart)} --version ${version} --destination "$charts"`,
    ),
    `for chart in "$charts"/*.tgz; do helm push "$chart" ${chartsAt}; done`,
    ...(gitTo === undefined
      ? []
      : repositories.flatMap((from) => [
          `git clone --mirror ${from} "$charts/${nameOf(from)}"`,
          `git -C "$charts/${nameOf(from)}" push --mirror ${gitTo}/${nameOf(from)}`,
        ])),
    '# For cluster.yaml:',
    '# mirrors:',
    ...Object.entries(section).flatMap(([kind, entries]) =>
      entries.length === 0 ? [] : [`#   ${kind}:`, ...entries.map(([from, to]) => `#     ${from}: ${to}`)],
    ),
  ].join('\n');
}

function pull(repository: string, chart: string): string {
  return repository.startsWith('oci://')
    ? `helm pull ${repository}/${chart}`
    : `helm pull ${chart} --repo ${repository}`;
}
