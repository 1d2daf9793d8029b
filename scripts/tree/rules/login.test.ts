import { describe, expect, it } from 'vitest';
import { values } from '../../dev/testing/good-files.ts';
import { type Change, deployment, findings } from '../../dev/testing/good-tree.ts';

const proxy = `${values}/oauth2-proxy.yaml`;
const host = 'platform.example.com';

function edit(file: string, from: string, to: string): Change {
  return { file, from, to };
}

function flag(text: string): Change {
  return edit(proxy, 'extraArgs:\n', `extraArgs:\n  ${text}\n`);
}

const broken: [rule: string, what: string, change: Change, messages: string[]][] = [
  ...[
    'skip-auth-route: ^/public',
    'skip_auth_routes: [/x]',
    'skip-auth-regex: x',
    'skip-auth-preflight: true',
    'trusted-ip: 10.0.0.0/8',
    'ping-user-agent: probe',
    'gcp-healthchecks: true',
    'ssl-insecure-skip-verify: true',
    'insecure-oidc-allow-unverified-email: true',
  ].map((text): [string, string, Change, string[]] => [
    'nothing-skips-the-login',
    text,
    flag(text),
    [text.replaceAll('_', '-').replace(/:.*/, '')],
  ]),
  [
    'nothing-skips-the-login',
    'a flag in a list',
    { file: 'clusters/demo/overrides/oauth2-proxy.yaml', text: 'extraArgs: [--skip-auth-route=^/x]\n' },
    ['skip-auth-route'],
  ],
  [
    'nothing-skips-the-login',
    'a line of the configuration file',
    {
      file: 'clusters/demo/overrides/oauth2-proxy.yaml',
      text: 'config:\n  configFile: |-\n    email_domains = ["*"]\n    skip_auth_routes = ["^/x"]\n',
    },
    ['skip-auth-routes'],
  ],
  [
    'nothing-skips-the-login',
    'an argument in the rendered chart',
    {
      chart: 'oauth2-proxy',
      objects: [
        deployment('oauth2-proxy-2', { template: { spec: { containers: [{ args: ['--gcp-healthchecks'] }] } } }),
      ],
    },
    ['gcp-healthchecks'],
  ],
  [
    'proxies-are-named',
    'a proxy that trusts all',
    edit(proxy, '  trusted-proxy-ip: 127.0.0.6/32,::6/128\n', ''),
    ['needs trusted-proxy-ip'],
  ],
  [
    'proxies-are-named',
    'a list that holds everybody',
    edit(proxy, '127.0.0.6/32', '0.0.0.0/0'),
    ['must be 127.0.0.6/32,::6/128'],
  ],
  ['proxies-are-named', 'a list without IPv6', edit(proxy, ',::6/128', ''), ['must be 127.0.0.6/32,::6/128']],
  [
    'proxies-are-named',
    'a list with one more',
    edit(proxy, '::6/128', '::6/128,10.0.0.0/8'),
    ['must be 127.0.0.6/32,::6/128'],
  ],
  [
    'safe-cookies',
    'a cookie over plain HTTP',
    edit(proxy, 'cookie-secure: true', 'cookie-secure: false'),
    ['must be true'],
  ],
  ['own-redirects', 'a relative redirect', edit(proxy, `https://${host}/oauth2`, '/oauth2'), ['must be absolute']],
  [
    'own-redirects',
    'a whole domain',
    edit(proxy, `whitelist-domain: ${host}`, 'whitelist-domain: .example.com'),
    ['not whole domains'],
  ],
  [
    'same-redirect',
    'Dex with another redirect',
    edit(`${values}/dex.yaml`, 'oauth2/callback', 'oauth2/callback/'),
    ['lacks https://'],
  ],
];

describe('the rules of the login', () => {
  it.each(broken)('%s finds %s', (rule, _, change, messages) => {
    const found = findings(rule, change).map(({ message }) => message);
    expect(found).toEqual(messages.map((message) => expect.stringContaining(message)));
  });

  it('are content with an option that is off', () => {
    expect(findings('nothing-skips-the-login', flag('skip-auth-preflight: false'))).toEqual([]);
  });
});
