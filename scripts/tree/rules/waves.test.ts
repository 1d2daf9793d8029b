import { describe, expect, it } from 'vitest';
import { apps } from '../../dev/testing/good-files.ts';
import { type Change, definition, findings } from '../../dev/testing/good-tree.ts';

const root = 'clusters/demo/bootstrap.yaml';
const gateway = `${apps}/03-gateway.yaml`;
const istiod = `${apps}/02-istiod.yaml`;
const project = `${apps}/00-project.yaml`;
const namespaces = `${apps}/00-namespaces.yaml`;
const kustomization = `${apps}/kustomization.yaml`;

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
    ['its kind comes with oauth2-proxy in wave 4', 'its kind comes with oauth2-proxy in wave 4'],
  ],
  [
    'waves-are-numbers',
    'a wave that is not a number',
    edit(gateway, 'wave: "3"', 'wave: third'),
    ['"third" is not a wave'],
  ],
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
];

describe('the rules of waves and root', () => {
  it.each(broken)('%s finds %s', (rule, _, change, messages) => {
    const found = findings(rule, ...[change].flat()).map(({ message }) => message);
    expect(found).toEqual(messages.map((message) => expect.stringContaining(message)));
  });

  it.each<[string, string, Change]>([
    ['kept-on-prune', 'an Application that prunes nothing', edit(istiod, '=true]', '=true, Prune=false]')],
    [
      'sources-permitted',
      'a star within a part of the path',
      edit(project, 'https://charts.dexidp.io', 'https://*.dexidp.io'),
    ],
  ])('%s is content with %s', (rule, _, change) => {
    expect(findings(rule, change)).toEqual([]);
  });
});
