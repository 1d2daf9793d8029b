import { describe, expect, it } from 'vitest';
import { apps } from '../../dev/testing/good-files.ts';
import { type Change, deployment, findings } from '../../dev/testing/good-tree.ts';

const gateway = `${apps}/03-gateway.yaml`;
const istiod = `${apps}/02-istiod.yaml`;
const project = `${apps}/00-project.yaml`;
const namespaces = `${apps}/00-namespaces.yaml`;
const argocd = `${apps}/00-argocd.yaml`;
const repository = 'https://git.example.com/acme/platform.git';

function edit(file: string, from: string, to: string): Change {
  return { file, from, to };
}

/** Rule, what is broken, the change, and a part of each message. */
const broken: [rule: string, what: string, change: Change | Change[], messages: string[]][] = [
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
      ['is not an exact version'],
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
];

describe('the rules of sources and Applications', () => {
  it.each(broken)('%s finds %s', (rule, _, change, messages) => {
    const found = findings(rule, ...[change].flat()).map(({ message }) => message);
    expect(found).toEqual(messages.map((message) => expect.stringContaining(message)));
  });

  it('say in which file and where', () => {
    expect(findings('syncs-by-itself', edit(gateway, '      prune: true\n', ''))).toEqual([
      { file: gateway, path: 'spec.syncPolicy.automated.prune', message: 'must be true' },
    ]);
    expect(findings('pinned-upstreams', edit(istiod, 'targetRevision: 1.31.0', 'targetRevision: HEAD'))).toEqual([
      { file: istiod, path: 'spec.sources[0].targetRevision', message: '"HEAD" is not an exact version' },
    ]);
  });

  it.each<[string, string, Change]>([
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
    ['pinned-upstreams', 'a tag of two numbers', edit(argocd, 'targetRevision: v3.5.7', 'targetRevision: "26.03"')],
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
