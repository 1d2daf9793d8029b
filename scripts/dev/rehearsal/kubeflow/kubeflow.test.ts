import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse, parseAllDocuments, stringify } from 'yaml';
import { versionsAnnotation } from '../../../components/domain.ts';
import { oldNames } from '../../../components/kubeflow/old-names.ts';
import { carriedTool } from '../../../tools/find.ts';
import { mustRun } from '../run-program.ts';
import { fakeImages, fakeRepositories } from './index.ts';
import { writeRepository } from './repository.ts';

interface Source {
  repoURL: string;
  path: string;
  targetRevision: string;
  kustomize?: { namespace?: string; patches?: object[]; images?: string[] };
}

const applications = resolve(import.meta.dirname, '../../../../clusters/demo/apps');
const upstreams = new Map(fakeRepositories.map((repository) => [repository.upstream, repository]));
// Parts that the rehearsal skips: nothing replaces them.
const leftOut = ['kubeflow-katib', 'kubeflow-trainer-crds', 'kubeflow-trainer', 'kubeflow-serving'];

async function sources(): Promise<(Source & { application: string; versions: string })[]> {
  const files = (await readdir(applications)).filter((file) => /^\d+-kubeflow-/.test(file));
  const all = await Promise.all(files.map(async (file) => parse(await readFile(join(applications, file), 'utf8'))));
  return all
    .filter(({ metadata }) => !leftOut.includes(metadata.name))
    .flatMap(({ metadata, spec }) =>
      (spec.sources as Source[])
        .filter(({ repoURL }) => upstreams.has(repoURL))
        .map((source) => ({
          ...source,
          application: metadata.name,
          versions: metadata.annotations[versionsAnnotation],
        })),
    );
}

describe('the fake of Kubeflow', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'fake-'));
    for (const repository of fakeRepositories) {
      await writeRepository(repository, join(folder, `${repository.name}.git`));
      await mustRun(['git', 'clone', '--quiet', join(folder, `${repository.name}.git`), join(folder, repository.name)]);
    }
  });
  afterAll(() => rm(folder, { recursive: true }));

  test('has every path that the tree names, under the tag that it names', async () => {
    const wanted = await sources();
    expect(wanted.length).toBeGreaterThan(15);
    for (const { repoURL, path, versions } of wanted) {
      const repository = upstreams.get(repoURL);
      expect(versions.split(', ')).toContain(`${basename(repoURL)} ${repository?.tag}`);
      expect(Object.keys(repository?.paths ?? {})).toContain(path);
    }
  });

  test('builds with our patches over it, and none of the old names is left', async () => {
    const kubectl = await carriedTool('kubectl');
    for (const { repoURL, path, kustomize = {} } of await sources()) {
      const at = join(folder, upstreams.get(repoURL)?.name ?? '', path);
      const file = join(at, 'kustomization.yaml');
      const own = parse(await readFile(file, 'utf8'));
      const { images: _, ...ours } = kustomize;
      await writeFile(file, stringify({ ...own, ...ours }));
      const built = await mustRun([kubectl, 'kustomize', at]);
      for (const { text } of oldNames) expect(built, `${path}: ${text}`).not.toContain(text);
      const objects = parseAllDocuments(built).map((document) => document.toJS());
      expect(objects.length).toBeGreaterThan(0);
      for (const route of objects.filter(({ kind }) => kind === 'VirtualService'))
        expect(route.spec.gateways).toEqual(['ingress/ingress-gateway']);
    }
  });

  test('names its images as a container runtime asks for them', () => {
    expect(fakeImages()).toEqual(
      expect.arrayContaining([
        'ghcr.io/kubeflow/kubeflow/central-dashboard:v1.10.0',
        'docker.io/library/mysql:8.4',
        'docker.io/chrislusf/seaweedfs:4.00',
        expect.stringMatching(/^quay\.io\/argoproj\/workflow-controller:v3\.7\.\d+$/),
      ]),
    );
  });
});
