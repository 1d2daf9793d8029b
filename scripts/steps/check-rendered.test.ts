import { expect, it } from 'vitest';
import { idlePatches } from './check-rendered.ts';

const objects = [
  ['apps/v1', 'Deployment', 'jupyter-web-app-deployment'],
  ['v1', 'ConfigMap', 'jupyter-web-app-config-7f9g'],
].map(([apiVersion = '', kind = '', name = '']) => ({ apiVersion, kind, metadata: { name, namespace: 'kubeflow' } }));

function messages(target: Record<string, string>, patch = '- op: add'): string[] {
  const ownPatches = new Map([['kubeflow-notebooks', [{ target, patch }]]]);
  const found = idlePatches({ folder: 'clusters/demo', ownPatches }, new Map([['kubeflow-notebooks', objects]]));
  return found.map(({ file, keys, message }) => `${file} ${keys?.join('.')}: ${message}`);
}

it('a patch whose target is nowhere in the part is found, with what is there', () => {
  expect(messages({ kind: 'Deployment', name: 'jupyter-web-app' })).toEqual([
    'clusters/demo/overrides/kubeflow-notebooks/kustomization.yaml patches.0.target: matches nothing in kubeflow-notebooks, so the patch changes nothing. There are: Deployment jupyter-web-app-deployment',
  ]);
  expect(messages({ kind: 'Deploymet' })).toHaveLength(1);
  expect(messages({ group: 'batch', kind: 'Deployment' })).toHaveLength(1);
  expect(messages({ kind: 'ConfigMap', namespace: 'other' })).toHaveLength(1);
});

it('targets are compared as kustomize compares them', () => {
  for (const target of [
    {},
    { kind: 'Deployment' },
    { kind: 'ConfigMap', name: 'jupyter-web-app-config.*' },
    { group: 'apps', version: 'v1', kind: 'Deployment|StatefulSet', namespace: 'kubeflow' },
    { kind: 'Deployment', labelSelector: 'app=jupyter' },
    { kind: '(?i)deployment' },
  ] as Record<string, string>[])
    expect(messages(target)).toEqual([]);
});

it('a patch that deletes its target, and a part that was not rendered, are left alone', () => {
  expect(messages({ kind: 'Service', name: 'gone' }, '$patch: delete\nkind: Service\n')).toEqual([]);
  const ownPatches = new Map([['argocd', [{ target: { kind: 'Nothing' }, patch: 'x' }]]]);
  expect(idlePatches({ folder: 'clusters/demo', ownPatches }, new Map())).toEqual([]);
});
