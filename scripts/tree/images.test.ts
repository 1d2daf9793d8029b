import { expect, it } from 'vitest';
import { parse } from 'yaml';
import type { KubernetesObject } from '../components/component.ts';
import { imagesOf } from './images.ts';
import { parseTree } from './rules/parsed-tree.ts';

/** @returns the images that an object names */
function imagesIn(text: string): string[] {
  const application = `apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: {name: it, namespace: argocd}
spec: {destination: {namespace: it}, sources: [{repoURL: "https://charts.example.com", chart: it, targetRevision: 1.0.0}]}
`;
  const tree = parseTree('one', new Map([['clusters/one/apps/01-it.yaml', application]]));
  const rendered = new Map([['it', [parse(text) as KubernetesObject]]]);
  return imagesOf({ ...tree, rendered }).map(({ image, applications }) => {
    expect(applications).toEqual(['it']);
    return image;
  });
}

const digest = `sha256:${'a'.repeat(64)}`;

it.each([
  [
    'pods, with the registry that they leave out',
    `kind: Deployment
metadata: {name: it}
spec:
  template:
    spec:
      initContainers: [{name: a, image: "busybox:1.37"}, {name: c, image: auto}]
      containers: [{name: b, image: "ghcr.io/dexidp/dex:v2.46.0@${digest}", args: [--acme-http01-solver-image=quay.io/jetstack/cert-manager-acmesolver:v1.21.3]}]`,
    [
      'docker.io/library/busybox:1.37',
      `ghcr.io/dexidp/dex:v2.46.0@${digest}`,
      'quay.io/jetstack/cert-manager-acmesolver:v1.21.3',
    ],
  ],
  [
    'variables, from which controllers make pods',
    `kind: Deployment
metadata: {name: it}
spec: {template: {spec: {containers: [{name: b, env: [{name: V2_LAUNCHER_IMAGE, value: "ghcr.io/kubeflow/kfp-launcher:2.5.0"}]}]}}}`,
    ['ghcr.io/kubeflow/kfp-launcher:2.5.0'],
  ],
  [
    'settings inside a text, also without a registry',
    `kind: ConfigMap
metadata: {name: katib-config}
data:
  katib-config.yaml: |
    runtime:
      suggestions:
        - algorithmName: random
          image: kubeflowkatib/suggestion-hyperopt:v0.19.0
  spawner_ui_config.yaml: |
    image:
      value: ghcr.io/kubeflow/notebooks/jupyter-scipy:v1.10.0
    # see https://example.com/docs:8080/page and ann@example.com/x:1`,
    ['docker.io/kubeflowkatib/suggestion-hyperopt:v0.19.0', 'ghcr.io/kubeflow/notebooks/jupyter-scipy:v1.10.0'],
  ],
  [
    'sidecars',
    `kind: ConfigMap
metadata: {name: istio-sidecar-injector}
data: {values: '{"global": {"hub": "registry.istio.io/release", "tag": "1.31.1", "proxy": {"image": "proxyv2"}}}'}`,
    ['registry.istio.io/release/proxyv2:1.31.1'],
  ],
  ['no examples of a CRD', 'kind: CustomResourceDefinition\nmetadata: {name: x}\nspec: {a: "gcr.io/a/b:v1"}', []],
])('finds the images of %s', (_, text, images) => {
  expect(imagesIn(text)).toEqual(images);
});
