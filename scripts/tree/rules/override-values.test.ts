import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { loadCluster } from '../../config/load.ts';
import { placePlatform } from '../place.ts';
import { renderDocuments } from '../render.ts';
import { checkTree } from './index.ts';
import { parseTree } from './parsed-tree.ts';

const root = join(import.meta.dirname, '../../..');
let demo: ReadonlyMap<string, string>;
let documents: ReadonlyMap<string, readonly object[]>;

beforeAll(() => {
  const rendered = renderDocuments(placePlatform(loadCluster(root, 'demo')));
  const files = new Map(rendered.tree);
  documents = rendered.documents;
  for (const name of ['gateway', 'istiod', 'istio-base', 'istio-cni', 'dex', 'oauth2-proxy', 'cert-manager']) {
    const file = `infrastructure/${name}/values.yaml`;
    files.set(file, readFileSync(join(root, file), 'utf8'));
  }
  demo = files;
});

/** What is found in the demo's tree with one file of its own: `rule file:line:column message`. */
function found(file: string, text: string): string[] {
  const tree = parseTree('demo', new Map([...demo, [file, text]]), { documents });
  return checkTree(tree).map(
    ({ rule, file: where, line, column, path, message }) => `${rule} ${where}:${line}:${column} ${path} ${message}`,
  );
}

const overrides = (component: string) => `clusters/demo/overrides/${component}.yaml`;

/** Each is a file that somebody wrote in good faith, or not; each was taken before. */
const broken: [component: string, what: string, text: string, expected: string[]][] = [
  [
    'istiod',
    'a tracing provider, which takes the login check out',
    'meshConfig:\n  extensionProviders:\n    - {name: otel, opentelemetry: {service: otel.tracing.svc.cluster.local, port: 4317}}\n',
    [
      'lists-are-whole clusters/demo/overrides/istiod.yaml:2:3 meshConfig.extensionProviders replaces the generated list and drops oauth2-proxy: repeat the entries of clusters/demo/values/istiod.yaml before your own',
      'the-check-answers clusters/demo/overrides/istiod.yaml:2:3 meshConfig.extensionProviders has 0 providers called oauth2-proxy',
    ],
  ],
  [
    'istiod',
    'no providers',
    'meshConfig: {extensionProviders: []}\n',
    ['lists-are-whole clusters/demo/overrides/istiod.yaml:1:14', 'the-check-answers'],
  ],
  [
    'istiod',
    'a list that is taken away',
    'meshConfig: {extensionProviders: null}\n',
    ['generated-values-hold clusters/demo/overrides/istiod.yaml:1:14', 'the-check-answers'],
  ],
  [
    'istiod',
    "a tenant's program in the login's place",
    'meshConfig:\n  extensionProviders:\n    - name: oauth2-proxy\n      envoyExtAuthzHttp: {service: evil.red.svc.cluster.local, port: 80, headersToUpstreamOnAllow: [kubeflow-userid, kubeflow-groups]}\n',
    [
      'lists-are-whole clusters/demo/overrides/istiod.yaml:2:3',
      'the-check-answers clusters/demo/overrides/istiod.yaml:2:3 meshConfig.extensionProviders the service of oauth2-proxy must be oauth2-proxy.auth.svc.cluster.local',
    ],
  ],
  [
    'istiod',
    'accounts of other names',
    'meshConfig: {trustDomain: example.com}\n',
    ['known-overrides clusters/demo/overrides/istiod.yaml:1:14'],
  ],
  [
    'istiod',
    'paths that are not normalized',
    'meshConfig: {pathNormalization: {normalization: NONE}}\n',
    [
      'normalized-paths',
      'generated-values-hold clusters/demo/overrides/istiod.yaml:1:34 meshConfig.pathNormalization.normalization changes',
    ],
  ],
  [
    'dex',
    'a proxy by a list, which takes all secrets away',
    'envVars:\n  - {name: HTTPS_PROXY, value: http://proxy.example.com:3128}\n',
    [
      'lists-are-whole clusters/demo/overrides/dex.yaml:1:1 envVars replaces the generated list and drops OAUTH2_PROXY_CLIENT_SECRET,',
      'variables-are-there clusters/demo/overrides/dex.yaml:1:1 envVars lacks OAUTH2_PROXY_CLIENT_SECRET',
      'variables-are-there clusters/demo/overrides/dex.yaml:1:1 envVars lacks',
    ],
  ],
  [
    'dex',
    'a CA, which takes /tmp away',
    'volumes: [{name: ca, configMap: {name: ca}}]\nvolumeMounts: [{name: ca, mountPath: /etc/ca}]\n',
    [
      'volumes-are-there clusters/demo/overrides/dex.yaml:2:1 volumeMounts lacks /tmp',
      'lists-are-whole clusters/demo/overrides/dex.yaml:1:1 volumes replaces the generated list and drops tmp, pages',
      'lists-are-whole clusters/demo/overrides/dex.yaml:2:1 volumeMounts replaces the generated list and drops tmp, pages',
    ],
  ],
  [
    'dex',
    'a mount without its volume',
    'volumes: [{name: pages, configMap: {name: dex-pages}}]\n',
    [
      'volumes-are-there clusters/demo/overrides/dex.yaml:1:1 volumes lacks tmp',
      'lists-are-whole clusters/demo/overrides/dex.yaml:1:1 volumes replaces the generated list and drops tmp',
    ],
  ],
  [
    'dex',
    'a second door',
    'ingress: {enabled: true}\n',
    [
      'known-overrides clusters/demo/overrides/dex.yaml:1:11 ingress.enabled cannot be set by hand: opens a second entry',
    ],
  ],
  [
    'istiod',
    'sidecars that keep Jobs from ending',
    'pilot: {env: {ENABLE_NATIVE_SIDECARS: "false"}}\n',
    ['generated-values-hold clusters/demo/overrides/istiod.yaml:1:15'],
  ],
  ['dex', 'another name', 'fullnameOverride: sso\n', ['generated-values-hold clusters/demo/overrides/dex.yaml:1:1']],
  [
    'dex',
    'another account',
    'serviceAccount: {name: sso}\n',
    ['known-overrides clusters/demo/overrides/dex.yaml:1:18'],
  ],
  ['dex', 'variables unseen', 'envFrom: [{secretRef: {name: x}}]\n', ['known-overrides']],
  [
    'dex',
    'an option by a variable',
    'env: {DEX_EXPAND_ENV: "false"}\n',
    ['known-overrides clusters/demo/overrides/dex.yaml:1:7'],
  ],
  [
    'dex',
    'a connector beside cluster.yaml',
    'config: {connectors: [{type: mockCallback, id: mock, name: Mock}]}\n',
    ['known-overrides'],
  ],
  ['dex', 'pods outside of their policy', 'podLabels: {app.kubernetes.io/name: other}\n', ['known-overrides']],
  [
    'oauth2-proxy',
    'a header, which takes the identity away',
    'alphaConfig:\n  configData:\n    injectResponseHeaders:\n      - {name: x-user, values: [{claimSource: {claim: email}}]}\n',
    [
      'lists-are-whole clusters/demo/overrides/oauth2-proxy.yaml:3:5 alphaConfig.configData.injectResponseHeaders replaces the generated list and drops kubeflow-userid, kubeflow-groups',
      'the-check-answers',
      'the-check-answers',
    ],
  ],
  [
    'oauth2-proxy',
    'an Ingress',
    'ingress:\n  enabled: true\n',
    ['known-overrides clusters/demo/overrides/oauth2-proxy.yaml:2:3'],
  ],
  [
    'oauth2-proxy',
    'an open path by a variable',
    'extraEnv: [{name: OAUTH2_PROXY_SKIP_AUTH_ROUTES, value: ".*"}]\n',
    [
      'nothing-skips-the-login',
      'known-overrides clusters/demo/overrides/oauth2-proxy.yaml:1:13 extraEnv[0].name sets an option of the program',
    ],
  ],
  [
    'oauth2-proxy',
    'an open path by a flag',
    'extraArgs: {skip-auth-route: ^/x}\n',
    ['nothing-skips-the-login', 'known-overrides'],
  ],
  [
    'oauth2-proxy',
    'variables unseen',
    'envFrom: [{secretRef: {name: x}}]\n',
    ['known-overrides clusters/demo/overrides/oauth2-proxy.yaml:1:1 envFrom'],
  ],
  [
    'oauth2-proxy',
    'addresses that nobody verified',
    'alphaConfig: {configData: {providers: [{id: dex, oidcConfig: {insecureAllowUnverifiedEmail: true}}]}}\n',
    ['nothing-skips-the-login', 'lists-are-whole clusters/demo/overrides/oauth2-proxy.yaml:1:28'],
  ],
  ['oauth2-proxy', 'another configuration file', 'config: {existingConfig: mine}\n', ['known-overrides']],
  [
    'oauth2-proxy',
    'no Secret of its own',
    'config: {existingSecret: null}\n',
    ['generated-values-hold', 'variables-are-there'],
  ],
  [
    'oauth2-proxy',
    'an old image',
    'image: {tag: v7.6.0}\n',
    [
      'images-are-new-enough clusters/demo/overrides/oauth2-proxy.yaml:1:9 image.tag is too old: oauth2-proxy must be 7.15.4 or newer',
    ],
  ],
  [
    'oauth2-proxy',
    'another name',
    'nameOverride: sso\n',
    ['known-overrides clusters/demo/overrides/oauth2-proxy.yaml:1:1'],
  ],
  ['gateway', 'another name', 'name: edge\n', ['known-overrides clusters/demo/overrides/gateway.yaml:1:1 name']],
  ['gateway', 'other labels', 'labels: {istio: edge}\n', ['known-overrides clusters/demo/overrides/gateway.yaml:1:10']],
  ['gateway', 'another account', 'serviceAccount: {name: edge}\n', ['known-overrides']],
  ['gateway', 'no account', 'serviceAccount: {create: false}\n', ['known-overrides']],
  [
    'gateway',
    'port 80 at another port of the pods',
    'service:\n  ports:\n    - {name: http2, port: 80, targetPort: 8080}\n    - {name: https, port: 443, targetPort: 443}\n',
    [
      'gateway-ports-are-those-of-its-policies clusters/demo/overrides/gateway.yaml:2:3 service.ports must have targetPort 80 for port 80, not 8080',
      'lists-are-whole clusters/demo/overrides/gateway.yaml:2:3 service.ports replaces the generated list and drops http2',
    ],
  ],
  [
    'gateway',
    'one more port, past the rules of the others',
    'service:\n  ports:\n    - {name: http2, port: 80, protocol: TCP, targetPort: 80}\n    - {name: https, port: 443, protocol: TCP, targetPort: 443}\n    - {name: status-port, port: 15021, targetPort: 15021}\n',
    [
      'generated-values-hold clusters/demo/overrides/gateway.yaml:2:3 service.ports adds status-port to a list that must stay as generated',
    ],
  ],
  [
    'gateway',
    'no right to open its ports',
    'securityContext: {sysctls: []}\n',
    ['gateway-ports-are-those-of-its-policies clusters/demo/overrides/gateway.yaml:1:19'],
  ],
];

describe('values laid over the generated ones', () => {
  it.each(broken)('%s: %s', (component, _, text, expected) => {
    const all = found(overrides(component), text);
    for (const part of expected) expect(all.join('\n')).toContain(part);
    expect(all.map((line) => line.split(' ')[0]).toSorted()).toEqual(
      expected.map((line) => line.split(' ')[0]).toSorted(),
    );
  });

  it.each([
    ['istiod', 'meshConfig: {accessLogFile: "", defaultConfig: {tracing: {sampling: 10}}}\nglobal: {platform: gke}\n'],
    ['dex', 'env: {HTTPS_PROXY: http://proxy.example.com:3128}\nreplicaCount: 2\n'],
    [
      'dex',
      'replicaCount: 2\npodAnnotations: {example.com/team: platform}\nconfig: {frontend: {dir: /srv/own, theme: own, issuer: Acme}}\n',
    ],
    [
      'oauth2-proxy',
      'image: {tag: v7.16.0}\nresources: {limits: {memory: 128Mi}}\nextraArgs: {request-logging: false, custom-templates-dir: /own}\n',
    ],
    ['gateway', 'service: {externalTrafficPolicy: Local}\npodAnnotations: {proxy.istio.io/config: "{}"}\n'],
    ['cert-manager', 'replicaCount: 2\n'],
  ])('%s: are left alone where nothing relies on them', (component, text) => {
    expect(found(overrides(component), text)).toEqual([]);
  });

  it('may repeat a generated list with more', () => {
    const volumes = demo
      .get('clusters/demo/values/dex.yaml')
      ?.match(/^volumes:\n(?: .*\n)+volumeMounts:\n(?: .*\n?)+/m)?.[0];
    const more = volumes
      ?.replace(/^volumeMounts:/m, '  - {name: ca, configMap: {name: ca}}\n$&')
      .concat('  - {name: ca, mountPath: /etc/ca}\n');
    expect(more).toContain('dex-pages');
    expect(found(overrides('dex'), more ?? '')).toEqual([]);
    const list =
      /extensionProviders:\n(?: {4}.*\n)+/.exec(demo.get('clusters/demo/values/istiod.yaml') ?? '')?.[0] ?? '';
    const provider = (name: string) =>
      `    - name: ${name}\n      opentelemetry: {service: otel.x.svc.cluster.local, port: 4317}\n`;
    expect(found(overrides('istiod'), `meshConfig:\n  ${list}${provider('otel')}`)).toEqual([]);
    expect(found(overrides('istiod'), `meshConfig:\n  ${list}${provider('oauth2-proxy')}`).join('\n')).toContain(
      'names oauth2-proxy a second time',
    );
  });

  it('for every cluster have no effect where a generated list replaces theirs', () => {
    const file = 'infrastructure/dex/values.yaml';
    expect(found(file, `${demo.get(file)}envVars:\n  - {name: HTTPS_PROXY, value: x}\n`)).toEqual([
      expect.stringMatching(
        /^lists-have-an-effect infrastructure\/dex\/values.yaml:\d+:1 envVars has no effect: clusters\/demo\/values\/dex.yaml replaces the list/,
      ),
    ]);
  });
});
