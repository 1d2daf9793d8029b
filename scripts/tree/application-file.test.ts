import { expect, it } from 'vitest';
import { applicationFile, applicationOf, componentOf, lastFile } from './application-file.ts';

it('reads back the Application and the wave from the name that it makes', () => {
  for (const [wave, name] of [
    [0, 'argocd'],
    [6, 'dex'],
    [12, 'project-x'],
    [100, 'app-1'],
  ] as const)
    expect(applicationOf(`clusters/demo/apps/${applicationFile(wave, name)}`)).toEqual({ wave, name });
});

it.each([
  lastFile(13),
  '00-project.yaml',
  '00-project-team.yaml',
  '00-default-project.yaml',
  '00-namespaces.yaml',
  'kustomization.yaml',
])('takes apps/%s for no Application', (file) => expect(applicationOf(`clusters/demo/apps/${file}`)).toBeUndefined());

it('knows the component that a file is about', () => {
  const paths = ['apps/06-dex.yaml', 'values/dex.yaml', 'overrides/dex.yaml', 'manifests/dex/service-dex.yaml'];
  expect(new Set(paths.map(componentOf))).toEqual(new Set(['dex']));
  expect(['cluster.yaml', 'README.md', 'apps/kustomization.yaml', 'apps/00-project.yaml'].map(componentOf)).toEqual([
    ...[undefined, undefined, undefined, undefined],
  ]);
});
