import { describe, expect, it } from 'vitest';
import { values } from '../../dev/testing/good-files.ts';
import { type Change, findings } from '../../dev/testing/good-tree.ts';
import { merge } from './merged-values.ts';

const generated: [rule: string, what: string, change: Change, message: string][] = [
  [
    'the-check-answers',
    'a header that is not handed on',
    { file: `${values}/istiod.yaml`, from: ', kubeflow-groups]', to: ']' },
    'must contain kubeflow-groups',
  ],
  [
    'the-check-answers',
    'a header that is not set',
    { file: `${values}/oauth2-proxy.yaml`, from: 'name: kubeflow-groups', to: 'name: groups' },
    'must set kubeflow-groups',
  ],
  [
    'variables-are-there',
    'a variable of a connector',
    {
      file: `${values}/dex.yaml`,
      from: 'config:\n',
      to: 'config:\n  connectors: [{config: {bindPW: $LDAP_PASSWORD}}]\n',
    },
    'lacks LDAP_PASSWORD',
  ],
  [
    'variables-are-there',
    "a variable of OAuth2 Proxy's",
    { file: `${values}/oauth2-proxy.yaml`, from: '{OAUTH2_PROXY_CLIENT_SECRET}', to: '{OTHER}' },
    'lacks OTHER',
  ],
  [
    'volumes-are-there',
    'a CA that is mounted nowhere',
    { file: `${values}/oauth2-proxy.yaml`, from: 'id: dex, ', to: 'id: dex, caFiles: [/etc/ca/ca.crt], ' },
    'lacks the folder of /etc/ca/ca.crt',
  ],
];

describe('the generated values', () => {
  it.each(generated)('%s finds %s', (rule, _, change, message) => {
    expect(findings(rule, change).map((one) => one.message)).toEqual([expect.stringContaining(message)]);
  });
});

describe('layers are merged as Helm merges them', () => {
  it('key by key, lists as a whole, null takes a key away', () => {
    const weaker = { a: { b: 1, c: [1, 2], d: { e: 1 } }, f: 1 };
    expect(merge(weaker, { a: { c: [3], d: null }, f: { g: 1 } })).toEqual({
      a: { b: 1, c: [3], d: null },
      f: { g: 1 },
    });
  });
});
