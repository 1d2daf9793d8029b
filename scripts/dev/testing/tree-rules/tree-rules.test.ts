import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { apps, manifests } from '../good-files.ts';
import { type Change, findings, goodTree } from '../good-tree.ts';
import { checkRenderedTree, rendererRules } from './index.ts';

const root = 'clusters/demo/bootstrap.yaml';
const gateway = `${apps}/03-gateway.yaml`;
const istiod = `${apps}/02-istiod.yaml`;
const project = `${apps}/00-project.yaml`;
const namespaces = `${apps}/00-namespaces.yaml`;
const argocd = `${apps}/00-argocd.yaml`;
const kustomization = `${apps}/kustomization.yaml`;
const lock = `${manifests}/istiod/lock.yaml`;

function edit(file: string, from: string, to: string): Change {
  return { file, from, to };
}

/** Rule, breakage, change, and part of each message. */
const broken: [rule: string, what: string, change: Change | Change[], messages: string[]][] = [
  [
    'waves-follow-dependencies',
    'a component below what it needs',
    edit(istiod, 'wave: "2"', 'wave: "4"'),
    ['gateway (wave 3) needs istiod (wave 4)', 'issuer (wave 3) needs istiod (wave 4)'],
  ],
  [
    'waves-follow-dependencies',
    'a component beside what it needs',
    edit(gateway, 'wave: "3"', 'wave: "2"'),
    ['gateway (wave 2) needs istiod (wave 2)'],
  ],
  [
    'foundations-first',
    'a project in the wave of its Applications',
    edit(project, 'wave: "-2"', 'wave: "0"'),
    ['below 0'],
  ],
  [
    'last-wave-is-empty',
    'no object behind the last wave',
    edit(`${apps}/05-ready.yaml`, 'wave: "5"', 'wave: "4"'),
    ['wave 4 is the last'],
  ],
  [
    'project-is-there',
    'a project that is not in the tree',
    edit(gateway, 'project: platform', 'project: other'),
    ['no AppProject "other"'],
  ],
  ...['ApplyOutOfSyncOnly=true', 'Replace=true'].map((option): [string, string, Change, string[]] => [
    'root-applies-everything',
    `a root with ${option}`,
    edit(root, '[FailOnSharedResource=true]', `[FailOnSharedResource=true, ${option}]`),
    [`the root must not have ${option}`],
  ]),
  [
    'root-has-no-finalizer',
    'a root that takes all along',
    edit(root, '  namespace: argocd\nspec', '  namespace: argocd\n  finalizers: [x]\nspec'),
    ['no finalizers'],
  ],
  [
    'root-sees-every-commit',
    'a root that looks at some paths only',
    edit(
      root,
      '  namespace: argocd\nspec',
      '  namespace: argocd\n  annotations: {argocd.argoproj.io/manifest-generate-paths: .}\nspec',
    ),
    ['must not have it'],
  ],
  ['root-retries', 'a root that gives up', edit(root, 'limit: -1', 'limit: 5'), ['must be -1']],
  ['root-retries', 'a root that repeats the old commit', edit(root, '      refresh: true\n', ''), ['must be true']],
  [
    'root-pins',
    'a root that fills in no revision',
    edit(root, 'commonAnnotationsEnvsubst: true', 'commonAnnotationsEnvsubst: false'),
    ['must be true'],
  ],
  [
    'root-pins',
    'a root that writes no revision',
    edit(root, 'breakwater.dev/revision', 'other.example.com/revision'),
    ['must be ${ARGOCD_APP_REVISION}'],
  ],
  [
    'root-pins',
    'a kustomization that pins nothing',
    edit(kustomization, 'kind: Application', 'kind: ApplicationSet'),
    ['must copy the annotation'],
  ],
  ['root-pins', 'no root at all', { file: root, text: undefined }, ['the root Application is missing']],
  [
    'kustomization-is-whole',
    'a forgotten file',
    edit(kustomization, '  - 04-dex.yaml\n', ''),
    ['does not list 04-dex.yaml'],
  ],
  [
    'kustomization-is-whole',
    'a file that is not there',
    { file: `${apps}/04-dex.yaml`, text: undefined },
    ['lists 04-dex.yaml, which is not there'],
  ],
  [
    'kustomization-is-whole',
    'a file that is listed twice',
    edit(kustomization, '  - 04-dex.yaml\n', '  - 04-dex.yaml\n  - 04-dex.yaml\n'),
    ['lists 04-dex.yaml twice'],
  ],
  ['kustomization-is-whole', 'no kustomization', { file: kustomization, text: undefined }, ['is missing']],
  [
    'children-retry-a-few-times',
    'a child that never gives up',
    edit(gateway, 'limit: 5', 'limit: -1'),
    ['must be 1 to 10'],
  ],
  [
    'children-retry-a-few-times',
    'a child with refresh',
    edit(gateway, 'limit: 5', 'limit: 5\n      refresh: true'),
    ['serves the root only'],
  ],
  ['one-own-source', 'a child that the root cannot pin', edit(gateway, '      ref: values\n', ''), ['has 0 sources']],
  ['source-forms', 'a chart with a scheme', edit(istiod, 'https://blob', 'oci://blob'), ['named without oci://']],
  [
    'source-forms',
    'a native OCI source with a path',
    edit(
      istiod,
      'repoURL: https://blob.istio.io/istio-release/charts\n      chart: istiod',
      'repoURL: oci://ghcr.io/x\n      path: charts',
    ),
    ['must be "."'],
  ],
  [
    'source-forms',
    'a chart with a path',
    edit(istiod, 'chart: istiod', 'chart: istiod\n      path: x'),
    ['both chart and path'],
  ],
  ['source-forms', 'a source of nothing', edit(istiod, '      chart: istiod\n', ''), ['neither chart, path nor ref']],
  [
    'sources-permitted',
    'a repository that the project lacks',
    edit(project, '    - https://charts.dexidp.io\n', ''),
    ["not among the project's sourceRepos"],
  ],
  [
    'sources-permitted',
    'a star that would have to cross a slash',
    edit(project, 'https://blob.istio.io/istio-release/charts', 'https://blob.istio.io/*'),
    ['not among', 'not among'],
  ],
  [
    'exact-repositories',
    'a project that permits all',
    edit(project, '    - https://charts.dexidp.io', '    - "*"'),
    ['permits any repository'],
  ],
  [
    'fails-on-shared-resources',
    'no refusal of shared objects',
    edit(gateway, 'FailOnSharedResource=true', 'PruneLast=true'),
    ['needs FailOnSharedResource=true'],
  ],
  ['syncs-by-itself', 'no self-heal', edit(gateway, '      selfHeal: true\n', ''), ['must be true']],
  [
    'values-are-files',
    'values in the Application',
    edit(gateway, 'helm:', 'helm:\n        valuesObject: {a: 1}'),
    ['belongs in a values file'],
  ],
  ['argocd-stays', 'a finalizer on Argo CD', edit(argocd, 'spec:', '  finalizers: [x]\nspec:'), ['must have none']],
  [
    'argocd-stays',
    'a namespace of Argo CD that is deleted',
    edit(namespaces, 'Prune=false,Delete=false', 'Prune=false'),
    ['needs Delete=false'],
  ],
  [
    'applications-have-health',
    'no health check',
    edit(argocd, 'resource.customizations.health', 'resource.customizations.actions'),
    ['no patch sets resource.customizations.health.argoproj.io_Application'],
  ],
  ['applications-have-health', 'a health check without a clock', edit(argocd, '"true"', '"false"'), ['useOpenLibs']],
  [
    'jsonnet-is-off',
    'Jsonnet that is on',
    edit(argocd, 'jsonnet.enable: "false"', 'jsonnet.enable: "true"'),
    ['to "false"'],
  ],
  [
    'sources-say-their-type',
    'a folder whose type its files decide',
    edit(gateway, '\n      directory: {include: "*.yaml"}', ''),
    ['must name its files'],
  ],
  [
    'sources-say-their-type',
    'a folder of which Jsonnet is read',
    edit(gateway, 'include: "*.yaml"', 'include: "*"'),
    ['must name its files'],
  ],
  [
    'nothing-in-default',
    'the project default',
    edit(gateway, 'project: platform', 'project: default'),
    ['not "default"'],
  ],
  [
    'exact-destinations',
    'a namespace pattern',
    edit(project, 'namespace: auth', 'namespace: auth*'),
    ['must not be a wildcard'],
  ],
  [
    'exact-destinations',
    'every cluster-scoped kind',
    edit(project, 'kind: ClusterIssuer', 'kind: "*"'),
    ['must not be a wildcard'],
  ],
  [
    'projects-say-as-whom',
    'an account for some namespaces only',
    edit(project, 'namespace: "*"', 'namespace: argocd'),
    ['must name an account for the namespace "*"'],
  ],
  [
    'gateway-is-injected',
    'a gateway that is not injected',
    edit(namespaces, '  name: ingress\n', '  name: ingress\n  labels: {istio-injection: disabled}\n'),
    ['must not have istio-injection'],
  ],
  ['generated-says-so', 'a file without the mark', edit(gateway, '# Generated', '# Made'), ['must begin with']],
  ...(['soon', '0', '-1', '9999999'] as const).map((seconds): [string, string, Change, string[]] => [
    'deadlines',
    `a deadline of ${seconds}`,
    edit(gateway, 'seconds: "300"', `seconds: "${seconds}"`),
    ['must be seconds, 1 to 604800'],
  ]),
  ['lock-asks-for-the-mark', 'no second lock', { file: lock, text: undefined }, ['asks for the mark']],
  [
    'lock-asks-for-the-mark',
    'a lock that another policy can overrule',
    edit(lock, 'action: DENY', 'action: ALLOW'),
    ['asks for the mark'],
  ],
  [
    'lock-asks-for-the-mark',
    'a lock for other pods',
    edit(lock, 'istio: ingressgateway', 'istio: other'),
    ['asks for the mark'],
  ],
  [
    'lock-asks-for-the-mark',
    'a lock that asks for no mark',
    edit(lock, 'http.breakwater[edge]', 'http.other[edge]'),
    ['asks for the mark'],
  ],
  [
    'lock-asks-for-the-mark',
    'a filter that sets no mark',
    edit(`${manifests}/gateway/filter.yaml`, 'http.breakwater', 'http.other'),
    ['sets no mark'],
  ],
];

const tests = readdirSync(import.meta.dirname)
  .filter((name) => name.endsWith('.test.ts'))
  .map((name) => readFileSync(`${import.meta.dirname}/${name}`, 'utf8'))
  .join('\n');

describe('the rules of the renderer', () => {
  it('find nothing in a good tree', () => {
    expect(checkRenderedTree(goodTree())).toEqual([]);
  });

  it.each(rendererRules.map(({ name }) => name))('%s is seen failing in a test', (name) => {
    expect(tests).toMatch(new RegExp(`'${name}',`));
  });

  it.each(broken)('%s finds %s', (rule, _, change, messages) => {
    const found = findings(rule, ...[change].flat()).map(({ message }) => message);
    expect(found).toEqual(messages.map((message) => expect.stringContaining(message)));
  });

  it.each<[string, string, Change]>([
    [
      'sources-permitted',
      'a star within a part of the path',
      edit(project, 'https://charts.dexidp.io', 'https://*.dexidp.io'),
    ],
    [
      'sources-permitted',
      'two stars',
      edit(project, 'https://blob.istio.io/istio-release/charts', 'https://blob.istio.io/**'),
    ],
    [
      'source-forms',
      'a native OCI source',
      edit(
        istiod,
        'repoURL: https://blob.istio.io/istio-release/charts\n      chart: istiod',
        'repoURL: oci://ghcr.io/x\n      path: "."',
      ),
    ],
  ])('%s is content with %s', (rule, _, change) => {
    expect(findings(rule, change)).toEqual([]);
  });
});
