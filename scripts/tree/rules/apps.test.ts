import { describe, expect, it } from 'vitest';
import { appMarker } from '../../components/identity.ts';
import { apps, manifests, values } from '../../dev/testing/good-files.ts';
import { type Change, findings } from '../../dev/testing/good-tree.ts';

const application = `apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: {name: grafana, namespace: argocd, annotations: {argocd.argoproj.io/sync-wave: "5"}}
spec:
  sources: [{repoURL: https://git.example.com/acme/platform.git, targetRevision: main, path: ${manifests}/grafana, ref: values}]
  destination: {namespace: grafana}
`;
const filter = `apiVersion: networking.istio.io/v1alpha3
kind: EnvoyFilter
metadata: {name: app-grafana, namespace: ingress, annotations: {argocd.argoproj.io/sync-wave: "-1"}}
`;
const policy = `apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: {name: app-grafana, namespace: grafana}
spec:
  action: ALLOW
  rules:
    - from: [{source: {principals: [cluster.local/ns/ingress/sa/istio-ingressgateway]}}]
      when: [{key: 'request.headers[${appMarker}]', values: [grafana]}]
`;

function route(host: string, gateway: string, http: string): string {
  return `apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: app-grafana, namespace: grafana}
spec:
  hosts: [${host}]
  gateways: [ingress/${gateway}]
  http:
${http}`;
}

const toGrafana = 'route: [{destination: {host: grafana.grafana.svc.cluster.local}}]';
const underPath = route(
  'platform.example.com',
  'ingress-gateway',
  `    - {match: [{uri: {prefix: /grafana/}}], ${toGrafana}}\n`,
);
const ownHost = route(
  'grafana.platform.example.com',
  'app-grafana',
  `    - match: [{uri: {prefix: /dex/}}, {uri: {prefix: /oauth2/}}]
      directResponse: {status: 404}
    - ${toGrafana}
`,
);
const gateway = `apiVersion: networking.istio.io/v1
kind: Gateway
metadata: {name: app-grafana, namespace: ingress}
spec:
  selector: {istio: ingressgateway}
  servers:
    - port: {number: 443, name: https-grafana, protocol: HTTPS}
      hosts: [grafana.platform.example.com]
      tls: {mode: SIMPLE, credentialName: app-grafana-tls, minProtocolVersion: TLSV1_2}
`;
const cookies = 'extraArgs:\n  cookie-domain: platform.example.com\n  cookie-name: __Secure-breakwater\n';

interface Parts {
  filter?: string | undefined;
  policy?: string | undefined;
  route: string;
  gateway?: string;
  proxy?: string;
}

/** The good tree with an app, of which a part may be another or absent. */
function app(parts: Parts): Change[] {
  const all = { filter, policy, gateway: undefined, proxy: undefined, ...parts };
  return [
    { file: `${apps}/05-grafana.yaml`, text: application },
    { file: `${manifests}/grafana/filter.yaml`, text: all.filter },
    { file: `${manifests}/grafana/policy.yaml`, text: all.policy },
    { file: `${manifests}/grafana/route.yaml`, text: all.route },
    { file: `${manifests}/grafana/gateway.yaml`, text: all.gateway },
    { file: 'clusters/demo/overrides/oauth2-proxy.yaml', text: all.proxy },
  ];
}

const underItsPath = { route: underPath };
const onItsHost = { route: ownHost, gateway, proxy: cookies };

const broken: [rule: string, what: string, changes: Change[], messages: string[]][] = [
  [
    'only-the-gateway-calls',
    'an app without a policy',
    app({ ...underItsPath, policy: undefined }),
    ['routes to grafana'],
  ],
  [
    'only-the-gateway-calls',
    'a policy that admits somebody else',
    app({ ...underItsPath, policy: policy.replace('ns/ingress/sa/istio-ingressgateway', 'ns/other/sa/other') }),
    ['routes to grafana'],
  ],
  [
    'only-the-gateway-calls',
    "a policy in another app's namespace",
    app({ ...underItsPath, policy: policy.replace('namespace: grafana', 'namespace: other') }),
    ['routes to grafana'],
  ],
  [
    'apps-ask-who',
    'an app without a filter',
    app({ ...underItsPath, filter: undefined }),
    ['no EnvoyFilter app-grafana'],
  ],
  [
    'apps-ask-who',
    'a policy that takes what no filter let through',
    app({ ...underItsPath, policy: policy.replace(/\n {6}when: .*/, '') }),
    [`must require the header ${appMarker}`],
  ],
  [
    'apps-ask-who',
    'a policy that takes any mark',
    app({ ...underItsPath, policy: policy.replace('values: [grafana]', 'values: ["*"]') }),
    [`must require the header ${appMarker}`],
  ],
  [
    'nothing-open-on-own-hosts',
    'a host whose /oauth2/ is the app',
    app({ ...onItsHost, route: ownHost.replace(', {uri: {prefix: /oauth2/}}', '') }),
    ['/oauth2/'],
  ],
  [
    'nothing-open-on-own-hosts',
    'a host whose own answers come too late',
    app({ ...onItsHost, route: route('grafana.platform.example.com', 'app-grafana', `    - ${toGrafana}\n`) }),
    ['/dex/', '/oauth2/'],
  ],
  [
    'one-place-one-route',
    "a path within OAuth2 Proxy's",
    app({ route: underPath.replace('/grafana/', '/oauth2/grafana/') }),
    ['/oauth2/grafana/ overlaps with VirtualService auth/oauth2-proxy (/oauth2/)'],
  ],
  [
    'cookie-for-its-hosts',
    'a cookie for the whole domain',
    app({ ...onItsHost, proxy: cookies.replace('domain: platform.', 'domain: ') }),
    ["must be the platform's host"],
  ],
  [
    'cookie-for-its-hosts',
    'a cookie for a domain that nobody needs',
    [{ file: `${values}/oauth2-proxy.yaml`, from: 'extraArgs:\n', to: cookies }],
    ['is not needed by any app'],
  ],
  [
    'cookie-for-its-hosts',
    'a cookie for a domain that browsers refuse',
    app({ ...onItsHost, proxy: cookies.replace('__Secure-', '__Host-') }),
    ['must be __Secure-breakwater'],
  ],
  [
    'check-before-routes',
    'an app whose filter comes with its route',
    app({ ...underItsPath, filter: filter.replace('"-1"', '"0"') }),
    ['must be in an earlier wave'],
  ],
];

describe('an app is refused', () => {
  it.each(broken)('by %s for %s', (rule, _, changes, messages) => {
    expect(findings(rule, ...changes).map(({ message }) => message)).toEqual(
      messages.map((message) => expect.stringContaining(message)),
    );
  });

  it.each([...new Set(broken.map(([rule]) => rule))])('%s is content with a good one', (rule) => {
    expect(findings(rule, ...app(underItsPath))).toEqual([]);
    expect(findings(rule, ...app(onItsHost))).toEqual([]);
  });
});
