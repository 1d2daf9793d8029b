import { describe, expect, it } from 'vitest';
import { apps } from '../../dev/testing/good-files.ts';
import { type Change, deployment, findings } from '../../dev/testing/good-tree.ts';

const gateway = `${apps}/03-gateway.yaml`;
const istiod = `${apps}/02-istiod.yaml`;
const project = `${apps}/00-project.yaml`;
const argocd = `${apps}/00-argocd.yaml`;
const repository = 'https://git.example.com/acme/platform.git';

function edit(file: string, from: string, to: string): Change {
  return { file, from, to };
}

/** Rule, breakage, change, and part of each message. */
const broken: [rule: string, what: string, change: Change | Change[], messages: string[]][] = [
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
    ['but the root does not pin it'],
  ],
  ['one-spelling', 'a repository without .git', edit(gateway, repository, repository.slice(0, -4)), ['is spelled']],
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
    ['is spelled'],
  ],
  [
    'one-spelling',
    'GitLab without .git',
    edit(project, 'https://charts.dexidp.io', 'https://gitlab.com/acme/x'),
    ['must end with ".git"'],
  ],
  ...['HEAD', 'master', '"*"', '~1.31', '"1.31"', '1.31.x', '">=1.0.0"', '""'].map(
    (version): [string, string, Change, string[]] => [
      'pinned-upstreams',
      `a chart at ${version}`,
      edit(istiod, 'targetRevision: 1.31.0', `targetRevision: ${version}`),
      ['is not an exact version'],
    ],
  ),
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
];

describe('the rules of sources and Applications', () => {
  it.each(broken)('%s finds %s', (rule, _, change, messages) => {
    const found = findings(rule, ...[change].flat()).map(({ message }) => message);
    expect(found).toEqual(messages.map((message) => expect.stringContaining(message)));
  });

  it('say in which file and where', () => {
    expect(findings('pinned-upstreams', edit(istiod, 'targetRevision: 1.31.0', 'targetRevision: HEAD'))).toEqual([
      { file: istiod, path: 'spec.sources[0].targetRevision', message: '"HEAD" is not an exact version' },
    ]);
  });

  it.each<[string, string, Change]>([
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
