import type { KubernetesObject } from '../../components/component.ts';
import { type ParsedTree, parseTree } from '../../tree/rules/parsed-tree.ts';
import type { Finding } from '../../tree/rules/rule.ts';
import { goodFiles } from './good-files.ts';
import { ruleCalled } from './tree-rules/index.ts';

/** The namespaced object that a chart renders to in the good tree; tests add others. */
export function deployment(name: string, extra: Record<string, unknown> = {}): KubernetesObject {
  return { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name }, spec: { ...extra } };
}

/** The pod template of a Deployment. */
export function pods(
  labels: Readonly<Record<string, string>>,
  spec: Record<string, unknown> = {},
): Record<string, unknown> {
  return { template: { metadata: { labels }, spec } };
}

/** A ServiceAccount of pods. */
export function account(name: string): KubernetesObject {
  return { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name } };
}

/** A CRD that is kept on prune, as the rules require. */
export function definition(group: string, kind: string): KubernetesObject {
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: {
      name: `${kind.toLowerCase()}s.${group}`,
      annotations: { 'argocd.argoproj.io/sync-options': 'Prune=false' },
    },
    spec: { group, names: { kind } },
  };
}

/** What the charts of the good tree render to. */
const rendered: Readonly<Record<string, readonly KubernetesObject[]>> = {
  argocd: [],
  'cert-manager': [definition('cert-manager.io', 'ClusterIssuer'), deployment('cert-manager')],
  istiod: [],
  gateway: [
    deployment(
      'istio-ingressgateway',
      pods({ istio: 'ingressgateway' }, { serviceAccountName: 'istio-ingressgateway' }),
    ),
    account('istio-ingressgateway'),
  ],
  dex: [deployment('dex')],
  'oauth2-proxy': [
    deployment('oauth2-proxy', pods({ app: 'oauth2-proxy' })),
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'oauth2-proxy' },
      spec: { selector: { app: 'oauth2-proxy' }, ports: [{ port: 80 }] },
    },
  ],
};

/** The parsed good files: read once, not for each broken tree. */
const documents = new Map(
  [...parseTree('demo', new Map(Object.entries(goodFiles))).files.values()]
    .filter(({ problem }) => problem === undefined)
    .map(({ text, documents: list }) => [text, list] as const),
);

/** One change to the good tree: a text in a file, a whole file, or a chart's output. */
export type Change =
  | { file: string; from: string; to: string }
  | { file: string; text: string | undefined }
  | { chart: string; objects: readonly KubernetesObject[] };

/**
 * @param changes the breakages; none for the good tree
 * @throws Error if the text to change does not occur
 */
export function goodTree(...changes: readonly Change[]): ParsedTree {
  const texts = new Map(Object.entries(goodFiles));
  const first = new Map(Object.entries(rendered));
  for (const change of changes) {
    if ('chart' in change) {
      first.set(change.chart, [...(first.get(change.chart) ?? []), ...change.objects]);
    } else if ('text' in change) {
      if (change.text === undefined) texts.delete(change.file);
      else texts.set(change.file, change.text);
    } else {
      const text = texts.get(change.file);
      if (text?.includes(change.from) !== true) throw new Error(`${change.file} has no "${change.from}"`);
      texts.set(
        change.file,
        text.replace(change.from, () => change.to),
      );
    }
  }
  const facts = {
    secrets: [{ namespace: 'auth', name: 'oauth2-proxy' }],
    unmade: [],
    metricsServer: false,
    imageMirrors: {},
    idleMirrors: [],
    callers: [],
  };
  return parseTree('demo', texts, { rendered: first, facts, documents });
}

/** @returns one rule's findings in the good tree with these changes */
export function findings(rule: string, ...changes: readonly Change[]): Finding[] {
  return ruleCalled(rule).check(goodTree(...changes));
}
