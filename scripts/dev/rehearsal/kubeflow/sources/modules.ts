import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { RunError } from '../../../../report/errors.ts';
import { baseLayer } from '../../../sandbox/base-image.ts';
import { buildPrograms, programVersion, type Report } from '../../../sandbox/build.ts';
import type { ImageSpec } from '../../../sandbox/images.ts';
import { moduleFolder } from '../../../sandbox/modules.ts';
import { repositoryRoot, upstreamFile } from '../../../sandbox/of-repository.ts';
import type { ProgramName } from '../../../sandbox/programs.ts';
import { upstreamRepository } from '../../../sandbox/upstream-repository.ts';

/** Parts of Kubeflow that are built from Go modules, as kubeflow.components names them. They have no fake. */
export const moduleParts = ['trainer'] as const;

/** Each program's image, without the tag, which is the module's version, and its place there. */
const images = {
  'trainer-manager': ['ghcr.io/kubeflow/trainer/trainer-controller-manager', '/manager'],
  'jobset-manager': ['registry.k8s.io/jobset/jobset', '/manager'],
} as const satisfies Partial<Record<ProgramName, readonly [name: string, program: string]>>;

type ModuleProgram = keyof typeof images;
const modulePrograms = Object.keys(images) as ModuleProgram[];

/** The repository that the Trainer's Application reads beside Kubeflow's own: address, name in the sandbox, what makes it. */
export const jobsetRepository = {
  upstream: 'https://github.com/kubernetes-sigs/jobset',
  name: 'jobset',
  /** @returns the bare repository, with the tag that the tree names */
  make: () =>
    upstreamRepository(
      'jobset',
      ['config'],
      upstreamFile(repositoryRoot, 'apps/kubeflow/kubeflow-trainer/jobset').version,
    ),
} as const;

/** @returns the full name of a program's image, by the version that its go.mod pins */
export async function imageOfModule(program: ModuleProgram): Promise<string> {
  return `${images[program][0]}:v${await programVersion(program)}`;
}

/** Builds these programs. @returns their images, and those that stand in for what they need, by full name */
export async function moduleImages(report: Report): Promise<Record<string, ImageSpec>> {
  const built = await buildPrograms(modulePrograms, { report });
  const own = modulePrograms.map(async (program) => {
    const [, path] = images[program];
    const start = { entrypoint: [path], workingFolder: dirname(path), user: '65532:65532' };
    return [await imageOfModule(program), { files: { [path]: { copy: built[program] } }, ...start }] as const;
  });
  return {
    ...Object.fromEntries(await Promise.all(own)),
    [await trainingImage()]: { base: await baseLayer(report, ['python3']), files: {}, entrypoint: [] },
  };
}

/** @returns what runs under each image's name, for the report */
export async function moduleRuns(): Promise<Record<string, string>> {
  const own = modulePrograms.map(async (program) => {
    const image = await imageOfModule(program);
    return [image, `its own program, Go module at ${image.replace(/^.*:/, '')}`] as const;
  });
  const runs = [...(await Promise.all(own)), [await trainingImage(), "Debian's Python, without PyTorch"] as const];
  return Object.fromEntries(runs.map(([image, what]) => [`Kubeflow: ${image.replace(/^.*\/|:[^/]*$/g, '')}`, what]));
}

/** The image that the runtime torch-distributed names, from the Trainer's own manifests; a job's own program is plain Python here. */
async function trainingImage(): Promise<string> {
  const file = join(await moduleFolder('trainer'), 'manifests/base/runtimes/torch_distributed.yaml');
  const image = /^\s+image: (\S+)$/m.exec(await readFile(file, 'utf8'))?.[1];
  if (image === undefined) throw new RunError(`${file} names no image`);
  return `docker.io/${image}`;
}
