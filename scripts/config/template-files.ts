import { componentFacts, requiredUpstreams } from './schema/component-facts.ts';

/** Further files that this template ships, by folder. */
const others: Readonly<Record<string, readonly string[]>> = {
  'apps/kubeflow/kubeflow-serving': ['values.yaml'],
  'infrastructure/argocd': ['application-health.lua', 'kustomization.yaml'],
  'infrastructure/tenant': [
    '.helmignore',
    'Chart.yaml',
    'denied.yaml',
    'labels.yaml',
    'values.schema.json',
    'values.yaml',
  ],
  'infrastructure/tenant/templates': [
    '_names.tpl',
    'accounts.yaml',
    'members.yaml',
    'network.yaml',
    'nodes.yaml',
    'place.yaml',
    'project.yaml',
    'quota.yaml',
    'routes.yaml',
  ],
};

/**
 * Paths of all files in infrastructure/ and apps/kubeflow/ that the platform needs, relative to the repository. kustomize, Helm and Argo CD
 * would ignore a missing one silently.
 */
export const templateFiles: readonly string[] = [
  ...Object.keys(requiredUpstreams).map((folder) => `${folder}/upstream.yaml`),
  ...Object.entries(componentFacts).flatMap(([name, { upstream, patches = [] }]) => [
    ...(upstream === 'chart' ? [`infrastructure/${name}/values.yaml`] : []),
    ...patches.map((folder) => `apps/kubeflow/${name}/${folder}/kustomization.yaml`),
  ]),
  ...Object.entries(others).flatMap(([folder, names]) => names.map((name) => `${folder}/${name}`)),
].sort();
