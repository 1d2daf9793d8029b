import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { UsageError } from '../../../../report/errors.ts';
import { repositoryRoot } from '../../../sandbox/of-repository.ts';
import { mustRun } from '../../run-program.ts';
import { fakeImages, fakeRepositories } from '../index.ts';
import { writeRepository } from '../repository.ts';
import { findRepository, findSources, manifestSource, sourceLines } from './find.ts';
import { imageOfModule } from './modules.ts';
import { kubeflowOnSandbox, mixOf } from './own.ts';
import {
  type KubeflowProgram,
  type KubeflowProgramName,
  kubeflowPrograms,
  programSource,
  programsOfPath,
} from './programs.ts';

const programs = Object.entries(kubeflowPrograms) as [KubeflowProgramName, KubeflowProgram][];
const withImage = programs.filter(([, { image }]) => image !== undefined);
const all = withImage.map(([name]) => name);

let folder: string;
let commit: string;
const upstream = () => join(folder, 'src', 'somewhere', 'checkout');
const git = (...words: string[]) =>
  mustRun(['git', '-c', 'user.name=t', '-c', 'user.email=t@example.com', '-C', upstream(), ...words]);

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sources-'));
  for (const path of ['applications/profiles/pss', 'applications/pvcviewer-controller/upstream/base']) {
    await mkdir(join(upstream(), path), { recursive: true });
    await writeFile(join(upstream(), path, 'kustomization.yaml'), `# upstream's ${path}\n`);
    await writeFile(join(upstream(), path, 'more.yaml'), '# more\n');
  }
  await git('init', '--quiet', '--initial-branch=main');
  await git('add', '--all');
  await git('commit', '--quiet', '--message', 'Upstream');
  commit = (await git('rev-parse', 'HEAD')).trim();
});
afterAll(() => rm(folder, { recursive: true }));

describe('the sources of Kubeflow', () => {
  test('are found by their commit, whatever the folder is called, bare or checked out', async () => {
    const source = { ...programSource, commit };
    expect(await findRepository(join(folder, 'src'), source)).toBe(upstream());
    await mustRun(['git', 'clone', '--quiet', '--bare', upstream(), join(folder, 'bare', 'kubeflow.git')]);
    expect(await findRepository(join(folder, 'bare'), source)).toBe(join(folder, 'bare', 'kubeflow.git'));
    expect(await findRepository(join(folder, 'bare'), programSource)).toBeUndefined();
  });

  test('that are not there are named, with what brings them, and the fakes stay', async () => {
    const found = await findSources(join(folder, 'src'));
    expect(found).toMatchObject({ programs: undefined, manifests: undefined });
    const lines = sourceLines(found);
    expect(lines[0]).toMatch(
      /no repository in .* has kubeflow\/kubeflow v1\.10\.0 .*git clone https:\/\/github\.com\/kubeflow\/kubeflow$/,
    );
    expect(lines[1]).toContain(`kubeflow/community-distribution ${manifestSource().tag}`);
    const said: string[] = [];
    const kubeflow = await kubeflowOnSandbox(join(folder, 'src'), (line) => said.push(line));
    expect(said).toEqual(lines);
    expect(kubeflow.repositories).toEqual(fakeRepositories);
    expect(new Set(Object.values(kubeflow.runs))).toEqual(new Set(['the fake']));
  });

  test('in a folder that is not there are a mistake of the user', async () => {
    await expect(findSources(join(folder, 'nowhere'))).rejects.toThrow(UsageError);
  });
});

describe("Kubeflow's own programs", () => {
  test('go by the names that the fakes have, so that one takes the place of the other', () => {
    const names = withImage.filter(([, { packagesOnly }]) => packagesOnly !== true).map(([, { image }]) => image?.name);
    expect(fakeImages()).toEqual(expect.arrayContaining(names));
    const paths = fakeRepositories.flatMap((repository) => Object.keys(repository.paths));
    expect(paths).toEqual(expect.arrayContaining(Object.keys(programsOfPath)));
    expect(new Set(Object.values(programsOfPath).flat())).toEqual(
      new Set(withImage.filter(([, { packagesOnly }]) => packagesOnly !== true).map(([name]) => name)),
    );
  });

  test('leave the fake to the rest, and the report says which of the two each is', () => {
    const { fakes, runs, repositories } = mixOf(all);
    for (const [, { image }] of withImage) expect(fakes).not.toContain(image?.name);
    expect(runs['Kubeflow: kfam']).toBe('its own program, kubeflow/kubeflow v1.10.0 (90e987bf87d3)');
    expect(runs['Kubeflow: jupyter-scipy']).toBe('its own program, Python packages');
    expect(runs['Kubeflow: pvcviewer-controller']).toBe('the fake');
    const paths = repositories.flatMap((repository) => Object.keys(repository.paths));
    expect(paths).not.toContain('applications/profiles/pss');
    expect(paths).toContain('applications/pipeline/upstream/base/installs/multi-user');
  });

  test('keep a path as a fake while one of its programs is missing', () => {
    const paths = mixOf(['profile-controller']).repositories.flatMap((repository) => Object.keys(repository.paths));
    expect(paths).toContain('applications/profiles/pss');
  });

  test.each(['trainer-manager', 'jobset-manager'] as const)(
    '%s is served under the name that the tree gives it',
    async (program) => {
      const apps = join(repositoryRoot, 'clusters/demo/apps');
      const [file = ''] = (await readdir(apps)).filter((name) => name.endsWith('kubeflow-trainer.yaml'));
      expect(await readFile(join(apps, file), 'utf8')).toMatch(new RegExp(`[ =]${await imageOfModule(program)}$`, 'm'));
    },
  );

  test("run with upstream's own manifests, and fakes replace theirs as a whole", async () => {
    const [kubeflow] = mixOf(all).repositories;
    if (kubeflow === undefined) throw new Error('no repository');
    const bare = join(folder, 'mixed.git');
    await writeRepository(kubeflow, bare, { repository: upstream(), commit });
    const show = (path: string) => mustRun(['git', '-C', bare, 'show', `${kubeflow.tag}:${path}`]);
    expect(await show('applications/profiles/pss/kustomization.yaml')).toBe("# upstream's applications/profiles/pss\n");
    const fake = 'applications/pvcviewer-controller/upstream/base';
    expect(await show(`${fake}/kustomization.yaml`)).toContain('objects.yaml');
    await expect(show(`${fake}/more.yaml`)).rejects.toThrow();
  });
});
