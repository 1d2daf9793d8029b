import { describe, expect, it } from 'vitest';
import { apps } from '../../dev/testing/good-files.ts';
import { type Change, definition, findings } from '../../dev/testing/good-tree.ts';

const gateway = `${apps}/03-gateway.yaml`;
const istiod = `${apps}/02-istiod.yaml`;
const namespaces = `${apps}/00-namespaces.yaml`;

function edit(file: string, from: string, to: string): Change {
  return { file, from, to };
}

/** Rule, breakage, change, and part of each message. */
const broken: [rule: string, what: string, change: Change | Change[], messages: string[]][] = [
  [
    'kinds-before-their-objects',
    'a kind that comes too late',
    [{ chart: 'oauth2-proxy', objects: [definition('networking.istio.io', 'Gateway')] }],
    ['its CRD comes with oauth2-proxy in wave 4', 'its CRD comes with oauth2-proxy in wave 4'],
  ],
  [
    'waves-are-numbers',
    'a wave that is not a number',
    edit(gateway, 'wave: "3"', 'wave: third'),
    ['"third" is not a valid wave'],
  ],
  [
    'waves-are-numbers',
    'an Application without a wave',
    edit(gateway, '    argocd.argoproj.io/sync-wave: "3"\n', ''),
    ['needs a sync wave'],
  ],
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
];

describe('the rules of waves', () => {
  it.each(broken)('%s finds %s', (rule, _, change, messages) => {
    const found = findings(rule, ...[change].flat()).map(({ message }) => message);
    expect(found).toEqual(messages.map((message) => expect.stringContaining(message)));
  });

  it.each<[string, string, Change]>([
    ['kept-on-prune', 'an Application that prunes nothing', edit(istiod, '=true]', '=true, Prune=false]')],
  ])('%s is content with %s', (rule, _, change) => {
    expect(findings(rule, change)).toEqual([]);
  });
});
