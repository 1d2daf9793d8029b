import { baseLayer } from '../../../sandbox/base-image.ts';
import type { Report } from '../../../sandbox/build.ts';
import type { ImageSpec } from '../../../sandbox/images.ts';
import { type FakeRepository, fakeImages, fakeRepositories, fakesBeside, kubeflowParts } from '../index.ts';
import { buildable, buildKubeflowProgram } from './build.ts';
import { findSources, type KubeflowSources, manifestSource, nameOf, sourceLines } from './find.ts';
import { jobsetRepository, moduleImages, moduleParts, moduleRuns } from './modules.ts';
import { type KubeflowProgram, type KubeflowProgramName, kubeflowPrograms, programSource } from './programs.ts';

/** What a sandbox runs as Kubeflow: its own programs and manifests where their sources are at hand, fakes for all else. */
export interface KubeflowOnSandbox {
  /** Its parts, as kubeflow.components names them. */
  parts: readonly string[];
  /** What replaces upstream's repositories; a path that is not in them is upstream's own. */
  repositories: readonly FakeRepository[];
  /** Upstream's own manifests: a repository and a commit of it. */
  manifests: { repository: string; commit: string } | undefined;
  /** More of upstream's repositories: address, name in the sandbox, and a bare one that replaces it. */
  more: readonly { upstream: string; name: string; bare: string }[];
  /** The images that are the fake, by their full name. */
  fakes: readonly string[];
  /** The images that are Kubeflow's own programs, by their full name. */
  images: Readonly<Record<string, ImageSpec>>;
  /** Each image → which of the two it is, for the report. */
  runs: Readonly<Record<string, string>>;
}

/**
 * Builds what the sources in a folder suffice for; without a folder, all are fakes. Manifests and programs go together: with one
 * of them missing, nothing is Kubeflow's own.
 *
 * @throws UsageError when there is no such folder, RunError when a build fails
 */
export async function kubeflowOnSandbox(folder: string | undefined, report: Report): Promise<KubeflowOnSandbox> {
  const sources = folder === undefined ? undefined : await findSources(folder);
  for (const line of sources === undefined ? [] : sourceLines(sources)) report(line);
  const { programs, manifests } = sources ?? {};
  if (sources === undefined || programs === undefined || manifests === undefined)
    return { ...mixOf([]), parts: kubeflowParts, manifests: undefined, more: [], images: {} };
  const own = buildable(sources);
  const mix = mixOf(own);
  const { upstream, name, make } = jobsetRepository;
  return {
    ...mix,
    parts: [...kubeflowParts, ...moduleParts],
    manifests: { repository: manifests, commit: manifestSource().commit },
    more: [{ upstream, name, bare: await make() }],
    images: { ...(await imagesOf(own, sources, report)), ...(await moduleImages(report)) },
    runs: { ...mix.runs, ...(await moduleRuns()) },
  };
}

async function imagesOf(
  own: readonly KubeflowProgramName[],
  sources: KubeflowSources,
  report: Report,
): Promise<Record<string, ImageSpec>> {
  const images: Record<string, ImageSpec> = {};
  for (const program of own) {
    const { image, packages, recipe }: KubeflowProgram = kubeflowPrograms[program];
    if (image === undefined) continue;
    const { name, ...start } = image;
    const tree = await buildKubeflowProgram(program, sources, report);
    // Go's programs need nothing below them.
    const base =
      recipe[0] === 'go.sh' ? {} : { base: await baseLayer(report, packages === undefined ? [] : ['python3']) };
    images[name] = { ...base, tree, files: {}, ...start };
  }
  return images;
}

/** @param own the programs of Kubeflow's own that run */
export function mixOf(own: readonly KubeflowProgramName[]): Pick<KubeflowOnSandbox, 'repositories' | 'fakes' | 'runs'> {
  const repositories = own.length === 0 ? fakeRepositories : fakesBeside(own);
  const fakes = fakeImages(repositories);
  const ownRuns = own.map((program) => {
    const { packagesOnly }: KubeflowProgram = kubeflowPrograms[program];
    return [program, `its own program, ${packagesOnly === true ? 'Python packages' : nameOf(programSource)}`] as const;
  });
  const others = fakes.map((image) => [image.replace(/^.*\/|:[^/]*$/g, ''), 'the fake'] as const);
  const runs = [...ownRuns, ...others].map(([name, what]) => [`Kubeflow: ${name}`, what]);
  return { repositories, fakes, runs: Object.fromEntries(runs) };
}
