import { describe, expect, it } from 'vitest';
import { apps, type Change, definition, deployment, findings, manifests } from './good-tree.ts';

const root = 'clusters/demo/bootstrap.yaml';
const gateway = `${apps}/03-gateway.yaml`;
const istiod = `${apps}/02-istiod.yaml`;
const project = `${apps}/00-project.yaml`;
const namespaces = `${apps}/00-namespaces.yaml`;
const argocd = `${apps}/00-argocd.yaml`;
const kustomization = `${apps}/kustomization.yaml`;
const repository = 'https://git.example.com/acme/platform.git';

function edit(file: string, from: string, to: string): Change {
  return { file, from, to };
}

/** Rule, what is broken, the change, and a part of each message. */
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
    'kinds-before-their-objects',
    'a kind that comes too late',
    [{ chart: 'oauth2-proxy', objects: [definition('networking.istio.io', 'Gateway')] }],
    ['its kind comes with oauth2-proxy in wave 4'],
  ],
  ['waves-are-numbers', 'a wave that is no number', edit(gateway, 'wave: "3"', 'wave: third'), ['"third" is no wave']],
  [
    'waves-are-numbers',
    'an Application without a wave',
    edit(gateway, '    argocd.argoproj.io/sync-wave: "3"\n', ''),
    ['names its wave'],
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
  ...(['soon', '0', '-1', '9999999'] as const).map((seconds): [string, string, Change, string[]] => [
    'deadlines',
    `a deadline of ${seconds}`,
    edit(gateway, 'seconds: "300"', `seconds: "${seconds}"`),
    ['must be seconds, 1 to 604800'],
  ]),
  [
    'kept-on-prune',
    'a namespace that a prune removes',
    edit(namespaces, 'Prune=false,Delete=false', 'Delete=false'),
    ['Prune=false'],
  ],
  [
    'kept-on-prune',
    'a CRD that a prune removes',
    {
      chart: 'istiod',
      objects: [{ ...definition('a.example.com', 'Thing'), metadata: { name: 'things.a.example.com' } }],
    },
    ['Prune=false'],
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
  [
    'one-revision',
    'an own source on another branch',
    edit(gateway, 'targetRevision: main', 'targetRevision: next'),
    ['"next", but other Applications have "main"'],
  ],
  [
    'one-revision',
    'an own source beside the pinned one',
    edit(
      gateway,
      '  destination:',
      `    - repoURL: ${repository}\n      targetRevision: main\n      path: x\n  destination:`,
    ),
    ['that the root does not pin'],
  ],
  ['one-spelling', 'a repository without .git', edit(gateway, repository, repository.slice(0, -4)), ['is also spelt']],
  [
    'one-spelling',
    'a repository with a slash at the end',
    edit(gateway, repository, `${repository}/`),
    ['must not end with "/"'],
  ],
  [
    'one-spelling',
    'a repository with credentials',
    edit(gateway, 'https://git', 'https://me:word@git'),
    ['credentials'],
  ],
  [
    'one-spelling',
    'a project that spells in capitals',
    edit(project, 'https://charts.dexidp.io', 'https://Charts.dexidp.io'),
    ['is also spelt'],
  ],
  [
    'one-spelling',
    'GitLab without .git',
    edit(project, 'https://charts.dexidp.io', 'https://gitlab.com/acme/x'),
    ['must end with ".git"'],
  ],
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
  ...['HEAD', 'master', '"*"', '~1.31', '"1.31"', '1.31.x', '">=1.0.0"', '""'].map(
    (version): [string, string, Change, string[]] => [
      'pinned-upstreams',
      `a chart at ${version}`,
      edit(istiod, 'targetRevision: 1.31.0', `targetRevision: ${version}`),
      ['is no exact version'],
    ],
  ),
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
    'nothing-that-the-server-drops',
    'an empty map',
    edit(gateway, '    retry:', '    managedNamespaceMetadata: {}\n    retry:'),
    ['is empty or false'],
  ],
  [
    'nothing-that-the-server-drops',
    'a false default',
    edit(gateway, 'selfHeal: true', 'selfHeal: true\n      allowEmpty: false'),
    ['is empty or false'],
  ],
  [
    'server-side-diff-with-apply',
    'apply without diff',
    edit(gateway, '=true]', '=true, ServerSideApply=true]'),
    ['needs the compare option'],
  ],
  ['server-side-diff-with-apply', 'diff without apply', edit(argocd, ', ServerSideApply=true', ''), ['only']],
  [
    'server-side-apply-for-large-objects',
    'a large object',
    {
      chart: 'istiod',
      objects: [deployment('large', { text: 'x'.repeat(262_144) })],
    },
    ['istiod needs ServerSideApply=true'],
  ],
  [
    'skip-dry-run-of-custom-resources',
    'a dry run without kinds',
    edit(`${apps}/03-issuer.yaml`, ', SkipDryRunOnMissingResource=true', ''),
    ['needs SkipDryRunOnMissingResource=true'],
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
    ['belongs into a values file'],
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
    'within-project',
    'a cluster-scoped kind that the project lacks',
    edit(project, '    - {group: cert-manager.io, kind: ClusterIssuer}\n', ''),
    ['clusterResourceWhitelist of the project lacks cert-manager.io/ClusterIssuer'],
  ],
  [
    'within-project',
    'a chart that writes elsewhere',
    {
      chart: 'istiod',
      objects: [{ ...deployment('x'), metadata: { name: 'x', namespace: 'kube-system' } }],
    },
    ['"kube-system" is no destination'],
  ],
  [
    'within-project',
    'a destination that the project lacks',
    edit(istiod, 'namespace: istio-system', 'namespace: mesh'),
    ['"mesh" is no destination'],
  ],
  [
    'namespaces-in-one-place',
    'a namespace that is made twice',
    edit(gateway, '=true]', '=true, CreateNamespace=true]'),
    ['leave out CreateNamespace=true'],
  ],
  [
    'gateway-is-injected',
    'a gateway that is not injected',
    edit(namespaces, '  name: ingress\n', '  name: ingress\n  labels: {istio-injection: disabled}\n'),
    ['must not have istio-injection'],
  ],

  [
    'readable',
    'a file that is no YAML',
    { file: `${manifests}/gateway/x.yaml`, text: '# Generated by Breakwater\na: [' },
    [''],
  ],
  [
    'readable',
    'a key that is there twice',
    { file: `${manifests}/gateway/x.yaml`, text: '# Generated by Breakwater\na: 1\na: 2\n' },
    ['unique'],
  ],
  ['generated-says-so', 'a file without the mark', edit(gateway, '# Generated', '# Made'), ['must begin with']],
  [
    'one-owner',
    'an object of two Applications',
    { chart: 'oauth2-proxy', objects: [deployment('dex')] },
    ['dex holds it, too'],
  ],
  [
    'one-owner',
    'an object that is there twice',
    { chart: 'dex', objects: [deployment('dex')] },
    ['dex already holds it'],
  ],
  [
    'replicas-or-autoscaler',
    'both replicas and an autoscaler',
    {
      chart: 'istiod',
      objects: [
        deployment('istiod', { replicas: 2 }),
        {
          apiVersion: 'autoscaling/v2',
          kind: 'HorizontalPodAutoscaler',
          metadata: { name: 'istiod' },
          spec: { scaleTargetRef: { kind: 'Deployment', name: 'istiod' } },
        },
      ],
    },
    ['an autoscaler sets it'],
  ],
  [
    'metrics-in-order',
    'metrics in another order',
    {
      chart: 'istiod',
      objects: [
        {
          apiVersion: 'autoscaling/v2',
          kind: 'HorizontalPodAutoscaler',
          metadata: { name: 'istiod' },
          spec: { metrics: [{ type: 'Pods' }, { type: 'Resource' }] },
        },
      ],
    },
    ['order them as'],
  ],
  [
    'renders-the-same',
    'a chart that uses chance',
    { again: 'dex', objects: [deployment('dex', { seed: 2 })] },
    ['renders differently each time'],
  ],
  [
    'no-old-names',
    "Kubeflow's own gateway in a chart",
    {
      chart: 'dex',
      objects: [deployment('web', { env: [{ value: 'kubeflow/kubeflow-gateway' }] })],
    },
    ['names "kubeflow-gateway"'],
  ],
  [
    'no-old-names',
    "the account of Kubeflow's own gateway",
    edit(
      `${manifests}/oauth2-proxy/policy.yaml`,
      'ns/ingress/sa/istio-ingressgateway',
      'ns/istio-system/sa/istio-ingressgateway-service-account',
    ),
    ['istio-ingressgateway-service-account', 'sa/istio-ingressgateway"'],
  ],
];

describe('the rules of waves, root, sources, Applications, projects and objects', () => {
  it.each(broken)('%s finds %s', (rule, _, change, messages) => {
    const found = findings(rule, ...[change].flat()).map(({ message }) => message);
    expect(found).toEqual(messages.map((message) => expect.stringContaining(message)));
  });

  it('say in which file and where', () => {
    expect(findings('syncs-by-itself', edit(gateway, '      prune: true\n', ''))).toEqual([
      { file: gateway, path: 'spec.syncPolicy.automated.prune', message: 'must be true' },
    ]);
    expect(findings('pinned-upstreams', edit(istiod, 'targetRevision: 1.31.0', 'targetRevision: HEAD'))).toEqual([
      { file: istiod, path: 'spec.sources[0].targetRevision', message: '"HEAD" is no exact version' },
    ]);
  });

  it.each<[string, string, Change]>([
    ['kept-on-prune', 'an Application that prunes nothing', edit(istiod, '=true]', '=true, Prune=false]')],
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
    ['pinned-upstreams', 'a commit', edit(istiod, 'targetRevision: 1.31.0', `targetRevision: ${'ab12'.repeat(10)}`)],
    [
      'one-spelling',
      'the scp form for ssh://',
      edit(project, 'https://charts.dexidp.io', 'git@git.example.com:acme/other.git'),
    ],
  ])('%s is content with %s', (rule, _, change) => {
    expect(findings(rule, change)).toEqual([]);
  });
});
