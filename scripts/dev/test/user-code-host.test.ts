import { describe, expect, it } from 'vitest';
import { signOutPath } from '../../components/login-proxy.ts';
import type { Cluster } from '../../config/cluster.ts';
import { checkRenderedTree } from '../testing/tree-rules/index.ts';
import { configOptions } from './config-options.ts';
import { clusterOf, treeOf } from './option-clusters.ts';

function withOptions(...names: readonly string[]): Cluster {
  const cluster = clusterOf(configOptions.filter(({ name }) => names.includes(name)));
  if (typeof cluster === 'string') throw new Error(cluster);
  return cluster;
}

const option = "a host for users' code";
const cluster = withOptions(option, 'Argo CD as an app');
const { files } = treeOf(cluster);
const folder = 'clusters/pair';

function found(changes: Readonly<Record<string, string>>): string[] {
  const { tree } = treeOf(cluster, new Map(Object.entries(changes)));
  return checkRenderedTree(tree).map(({ rule, message }) => `${rule}: ${message}`);
}

/** A generated file with one text in place of another. */
function changed(path: string, from: string | RegExp, to: string): Record<string, string> {
  const text = files.get(`${folder}/${path}`) ?? '';
  expect(text).toMatch(from);
  return { [`${folder}/${path}`]: text.replace(from, to) };
}

const policy = (name: string) => `manifests/gateway/authorizationpolicy-${name}.yaml`;

describe("a host for users' code", () => {
  it('lets each OAuth2 Proxy redeem codes at Dex', () => {
    const admitted = files.get(`${folder}/manifests/dex/authorizationpolicy-dex.yaml`);
    for (const name of ['oauth2-proxy', 'oauth2-proxy-apps'])
      expect(admitted).toContain(`- cluster.local/ns/auth/sa/${name}\n`);
  });

  it.each([
    [
      'an istiod that is not told of two checks',
      {
        [`${folder}/overrides/istiod.yaml`]: 'pilot: {env: {PILOT_ENABLE_MULTIPLE_CUSTOM_AUTHZ_PROVIDERS: "false"}}\n',
      },
      'one-login-check: the gateway must have one provider, not 2',
    ],
    [
      'its OAuth2 Proxy lets requests past the login',
      { [`${folder}/overrides/oauth2-proxy-apps.yaml`]: 'extraArgs: {skip-auth-route: ^/x}\n' },
      'nothing-skips-the-login: skip-auth-route',
    ],
    [
      'a cookie for several hosts',
      { [`${folder}/overrides/oauth2-proxy.yaml`]: 'extraArgs: {cookie-domain: platform.example.com}\n' },
      'cookie-for-its-hosts: ',
    ],
    [
      'an older program',
      { [`${folder}/overrides/oauth2-proxy-apps.yaml`]: 'image: {tag: v7.15.2}\n' },
      'images-are-new-enough: is too old',
    ],
    [
      'a variable that is an option',
      { [`${folder}/overrides/oauth2-proxy-apps.yaml`]: 'extraEnv: [{name: OAUTH2_PROXY_FOOTER, value: x}]\n' },
      'known-overrides: sets an option of the program',
    ],
    [
      'a check for another host than the other leaves out',
      changed(policy('login-required-user-code'), /apps\.platform\.example\.com/g, 'apps.example.com'),
      'every-port-is-checked: port 443 of the pods is not covered',
    ],
    [
      'a check that the lock does not repeat',
      changed(policy('login-required-user-code'), '- /oauth2/*', '- /dex/*'),
      'two-locks: no DENY policy',
    ],
    [
      'a third check',
      changed(policy('login-required-user-code'), 'name: user-code-login', 'name: other'),
      'one-login-check: the gateway must have one provider, not 2',
    ],
    [
      'a provider that asks another',
      changed('values/istiod.yaml', 'service: oauth2-proxy-apps.auth', 'service: oauth2-proxy.auth'),
      'the-check-answers: the service of user-code-login must be oauth2-proxy-apps.auth.svc.cluster.local',
    ],
    [
      "a client of Dex's without its address",
      changed(
        'values/dex.yaml',
        'https://apps.platform.example.com/oauth2/callback',
        'https://x.example.com/oauth2/callback',
      ),
      'same-redirect: lacks https://apps.platform.example.com/oauth2/callback',
    ],
    [
      "an app's host without a login",
      changed('manifests/argocd-app/virtualservice-app-argocd.yaml', 'host: oauth2-proxy.auth', 'host: web.red'),
      'nothing-open-on-own-hosts: must start with a directResponse for /oauth2/',
    ],
  ])('%s is a finding', (_, changes, message) => {
    expect(found(changes).join('\n')).toContain(message);
  });

  it('as generated has none', () => {
    expect(found({})).toEqual([]);
  });
});

describe('the sign-out of the dashboard', () => {
  it('ends one session, where one cookie serves all', () => {
    expect(signOutPath(withOptions('Argo CD as an app'))).toBe('/oauth2/sign_out?rd=%2Foauth2%2Fsigned-out');
  });

  it('goes from host to host, where each has its own', () => {
    const steps = [];
    let next = signOutPath(withOptions(option, 'Argo CD as an app', 'another public port'));
    for (let url = new URL(next, 'https://platform.example.com:8443'); ; url = new URL(next)) {
      steps.push(url.origin + url.pathname);
      const rd = url.searchParams.get('rd');
      if (rd === null) break;
      next = rd;
    }
    expect(steps).toEqual([
      'https://platform.example.com:8443/oauth2/sign_out',
      'https://argocd.platform.example.com:8443/oauth2/sign_out',
      'https://apps.platform.example.com:8443/oauth2/sign_out',
      'https://platform.example.com:8443/oauth2/signed-out',
    ]);
  });
});
