import { type Group, singles } from '../check.ts';
import { unservedOrDex } from '../judge.ts';

/** Raw request targets that a parser may take for a path below /dex/ or /oauth2/, which are not checked. */
const targets: readonly [id: string, target: string][] = [
  ['dex-dots', '/dex/../'],
  ['dex-dots-api', '/dex/../api/workgroup/env-info'],
  ['dex-dots-twice', '/dex/x/../../api/workgroup/env-info'],
  ['dex-encoded-dots', '/dex/%2e%2e/api/workgroup/env-info'],
  ['dex-encoded-dots-upper', '/dex/%2E%2E/api/workgroup/env-info'],
  ['dex-half-encoded-dots', '/dex/.%2e/api/workgroup/env-info'],
  ['dex-encoded-slash', '/dex/..%2fapi/workgroup/env-info'],
  ['dex-encoded-slash-upper', '/dex%2F..%2Fapi/workgroup/env-info'],
  ['dex-twice-encoded', '/dex/%252e%252e/api/workgroup/env-info'],
  ['dex-twice-encoded-slash', '/dex/..%252fapi/workgroup/env-info'],
  ['dex-semicolon', '/dex/..;/api/workgroup/env-info'],
  ['dex-semicolon-parameter', '/dex;x=1/../api/workgroup/env-info'],
  ['dex-backslash', '/dex/..\\api/workgroup/env-info'],
  ['dex-encoded-backslash', '/dex/..%5capi/workgroup/env-info'],
  ['dex-double-slash', '//dex//..//api/workgroup/env-info'],
  ['dex-single-dot', '/./dex/./../api/workgroup/env-info'],
  ['dex-upper', '/DEX/../api/workgroup/env-info'],
  ['dex-without-slash', '/dex'],
  ['dex-as-prefix', '/dexter/api'],
  ['dex-null', '/dex/%00/../api/workgroup/env-info'],
  ['dex-overlong', '/dex/%c0%ae%c0%ae/api/workgroup/env-info'],
  ['dex-line-break', '/dex/%0d%0a/../api/workgroup/env-info'],
  ['dex-fragment', '/api/workgroup/env-info#/dex/'],
  ['dex-in-query', '/api/workgroup/env-info?/dex/'],
  ['dex-encoded-query', '/api/workgroup/env-info%3f/dex/'],
  ['oauth2-dots', '/oauth2/../api/workgroup/env-info'],
  ['oauth2-encoded', '/oauth2/%2e%2e%2fapi/workgroup/env-info'],
  ['oauth2-semicolon', '/oauth2/..;/api/workgroup/env-info'],
  ['oauth2-backslash', '/oauth2\\..\\api/workgroup/env-info'],
  ['oauth2-double-slash', '//oauth2/../api/workgroup/env-info'],
  ['oauth2-as-prefix', '/oauth2x/api'],
  ['double-slash', '//api/workgroup/env-info'],
  ['star', '*'],
];

/** Paths that two parsers read differently, to bypass the check. */
export const paths: Group = {
  name: 'paths',
  title: 'Paths that may pass for /dex/ or /oauth2/',
  checks: ({ authority, host }) => [
    ...singles(
      targets.map(([id, target]) => [id, `to bypass the check with ${target}`, { target }]),
      unservedOrDex,
    ),
    ...singles(
      absolute(authority, host).map(([id, target]) => [
        id,
        `to bypass the check with a target in absolute form, ${target}`,
        { target },
      ]),
      unservedOrDex,
    ),
  ],
};

function absolute(authority: string, host: string): [string, string][] {
  return [
    ['absolute', `https://${authority}/api/workgroup/env-info`],
    ['absolute-dots', `https://${authority}/dex/../api/workgroup/env-info`],
    ['absolute-plain-scheme', `http://${authority}/api/workgroup/env-info`],
    ['absolute-userinfo', `https://dex@${host}/api/workgroup/env-info`],
    ['absolute-foreign', 'https://evil.example/dex/../api/workgroup/env-info'],
  ];
}
