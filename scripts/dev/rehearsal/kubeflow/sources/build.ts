import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { RunError } from '../../../../report/errors.ts';
import { pythonVersion } from '../../../sandbox/base-image.ts';
import type { Report } from '../../../sandbox/build.ts';
import { cacheFolder, hashOf, makeOnce } from '../../../sandbox/cache.ts';
import { mustRun } from '../../run-program.ts';
import type { KubeflowSources } from './find.ts';
import { type KubeflowProgram, type KubeflowProgramName, kubeflowPrograms, programSource } from './programs.ts';

const recipes = join(import.meta.dirname, 'recipes');
const requirements = join(import.meta.dirname, 'requirements');

/** @returns the programs that these sources suffice for */
export function buildable({ programs }: KubeflowSources): KubeflowProgramName[] {
  const all = Object.entries(kubeflowPrograms) as [KubeflowProgramName, KubeflowProgram][];
  return all
    .filter(([, { image, packagesOnly }]) => image !== undefined && (programs !== undefined || packagesOnly === true))
    .map(([name]) => name);
}

/**
 * Builds one program, unless the cache has it. What it is made of names its place there: the commit, the recipe, its packages, the tools.
 *
 * @returns a folder with the files of its image
 * @throws RunError when the build fails, with the end of what it said
 */
export async function buildKubeflowProgram(
  name: KubeflowProgramName,
  sources: KubeflowSources,
  report: Report,
): Promise<string> {
  const program: KubeflowProgram = kubeflowPrograms[name];
  const [recipe, ...words] = program.recipe;
  const fromPackages = program.packagesOnly === true;
  const beside = program.beside === undefined ? '' : await buildKubeflowProgram(program.beside, sources, report);
  const packages = program.packages === undefined ? '' : join(requirements, program.packages);
  const python = packages === '' ? '' : await pythonVersion();
  const texts = [join(recipes, 'build.sh'), join(recipes, recipe), ...(packages === '' ? [] : [packages])];
  const parts = [
    ...(fromPackages ? [] : [programSource.commit]),
    ...(await Promise.all(texts.map((file) => readFile(file)))),
    ...[...words, beside, python, process.platform, process.arch],
    recipe === 'go.sh' ? await mustRun(['go', 'env', 'GOVERSION']) : process.version,
  ];
  const label = `Kubeflow's ${name}`;
  const path = join(cacheFolder(), 'programs', `kubeflow-${name}-${programSource.tag}-${hashOf(parts)}`);
  let began: number | undefined;
  try {
    await makeOnce({
      path,
      env: { ...process.env, beside },
      command: (output) => [
        // Compilers say on either output what went wrong.
        ...['sh', '-c', 'exec "$@" >&2', 'sh'],
        ...['nice', '-n', '10', 'sh', '-eu', join(recipes, 'build.sh'), output],
        ...(fromPackages ? ['', ''] : [sources.programs ?? '', programSource.commit]),
        ...[packages, python, join(recipes, recipe), ...words],
      ],
      onMake: () => {
        began = Date.now();
        report(`building ${label} (about ${program.minutes} min; later runs take it from the cache) …`);
      },
      onWait: () => report(`another process is building ${label}: waiting for it …`),
    });
  } catch (error) {
    throw new RunError(`building ${label} failed`, {
      details: (error instanceof Error ? error.message : String(error)).split('\n').slice(-20),
      hint: 'It needs Go, Node with npm, pip, and their registries. Without --kubeflow-sources a fake takes its place.',
    });
  }
  if (began !== undefined) report(`built ${label} in ${Math.round((Date.now() - began) / 1000)} s`);
  return path;
}
