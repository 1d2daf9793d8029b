import type { Cluster } from '../config/cluster.ts';
import { durationSeconds } from '../config/schema/common.ts';
import { publicAddress } from './address.ts';
import { argocdClients } from './apps/argocd.ts';
import { dexFrontend, dexPageMounts, dexPages } from './branding/dex-pages.ts';
import { restartsWith } from './branding/pages-object.ts';
import type { Component, KubernetesObject, SecretSpec } from './component.ts';
import { connectorFiles, connectorSecrets, dexConnector } from './dex-connectors.ts';
import { authNamespace, gatewayName, gatewayNamespace, gatewayPrincipal } from './domain.ts';
import { loginNamespace, strictMutualTls } from './login-namespace.ts';
import { type LoginProxy, loginProxies, loginTime } from './login-proxy.ts';
import { mirrorImage } from './mirrors.ts';
import { aroundSidecar, proxyVariables } from './proxy.ts';
import { chartSource, chartUpstream, imageTag } from './upstream.ts';
import { userId, userKey, usersSecret, userVariable } from './users.ts';

const connectorsSecret = 'dex-connectors';
const servicePort = 5556;

/** API group of the CRDs that Dex creates at start (https://dexidp.io/docs/configuration/storage/). */
export const dexGroup = 'dex.coreos.com';

/** Dex: authenticates static users itself, and everyone else through GitHub, OIDC, LDAP or SAML. */
export const dex: Component = {
  name: 'dex',
  summary: 'identity: static users and connectors',
  folder: 'infrastructure/dex',
  namespace: () => authNamespace,
  dependsOn: ['gateway', 'issuer'],
  needsHost: true,
  sources: (cluster) => [chartSource(cluster, 'dex', 'dex')],
  pullSecretsIn: 'imagePullSecrets',
  values: (cluster) => {
    const image = chartUpstream(cluster, 'dex').image;
    const proxy = proxyVariables(cluster);
    return {
      fullnameOverride: 'dex',
      ...(image === undefined
        ? {}
        : { image: { repository: mirrorImage(cluster, image.repository), tag: imageTag(image) } }),
      config: configuration(cluster),
      envVars: variables(cluster),
      ...(proxy === undefined ? {} : { env: proxy }),
      podAnnotations: { ...(proxy === undefined ? {} : aroundSidecar(cluster)), ...restartsWith(dexPages(cluster)) },
      ...volumes(cluster),
    };
  },
  manifests: (cluster) => [strictMutualTls(), dexPages(cluster), authorizationPolicy(cluster), route(cluster)],
  secrets: (cluster) => secrets(cluster),
  namespaces: (cluster) => [loginNamespace(cluster)],
  clusterKinds: () => ['rbac.authorization.k8s.io/ClusterRole', 'rbac.authorization.k8s.io/ClusterRoleBinding'],
  readyWithinSeconds: 300,
};

/** https://dexidp.io/docs/configuration/ */
function configuration(cluster: Cluster): Record<string, unknown> {
  const issuer = `https://${publicAddress(cluster).authority}/dex`;
  const { users, connectors } = cluster.auth;
  return {
    issuer,
    storage: { type: 'kubernetes', config: { inCluster: true } },
    frontend: dexFrontend(cluster),
    // The grants that OAuth2 Proxy and Argo CD use; Dex's default is all of them.
    oauth2: { skipApprovalScreen: true, grantTypes: ['authorization_code', 'refresh_token'] },
    expiry: {
      // Anyone can create these objects in the cluster's etcd, so they expire soon. A user has this long to log in.
      authRequests: loginTime,
      deviceRequests: '5m',
      // After a refused refresh, OAuth2 Proxy keeps the session until its token expires: with Dex's default of 24 hours, a removed user
      // would have access for another day (stored_session.go, validateSession).
      idTokens: `${durationSeconds(cluster.auth.session.refresh) + 300}s`,
      // The old token stays valid this long, so that requests with the old cookie do not fail just after a refresh.
      refreshTokens: {
        reuseInterval: '30s',
        validIfNotUsedFor: cluster.auth.session.lifetime,
        absoluteLifetime: '3960h',
      },
    },
    staticClients: [
      ...loginProxies(cluster).map((proxy) => ({
        id: proxy.name,
        name: 'Kubeflow',
        secretEnv: secretVariable(proxy),
        redirectURIs: proxy.redirects,
      })),
      ...argocdClients(cluster),
    ],
    ...(users.length === 0
      ? {}
      : {
          enablePasswordDB: true,
          staticPasswords: users.map((user) => ({
            email: user.email,
            username: user.name ?? user.email,
            name: user.name ?? user.email,
            userID: userId(user.email),
            hashFromEnv: userVariable(user.email),
            emailVerified: true,
            ...(user.groups.length === 0 ? {} : { groups: user.groups }),
          })),
        }),
    ...(connectors.length === 0
      ? {}
      : { connectors: connectors.map((connector) => dexConnector(connector, `${issuer}/callback`)) }),
  };
}

function secretVariable({ name }: LoginProxy): string {
  return `${name.toUpperCase().replaceAll('-', '_')}_CLIENT_SECRET`;
}

/** References, never optional: a missing key stops the pod, while Dex would read an unset variable as an empty secret. */
function variables(cluster: Cluster): unknown[] {
  const variable = (name: string, secret: string, key: string) => ({
    name,
    valueFrom: { secretKeyRef: { name: secret, key } },
  });
  return [
    ...loginProxies(cluster).map((proxy) => variable(secretVariable(proxy), proxy.name, 'client-secret')),
    ...cluster.auth.users.map((user) => variable(userVariable(user.email), usersSecret, userKey(user.email))),
    ...cluster.auth.connectors
      .flatMap(connectorSecrets)
      .filter((secret) => secret.as === 'variable')
      .map((secret) => variable(secret.variable, connectorsSecret, secret.variable)),
  ];
}

/** Pages, and files that connectors read. A list here takes the place of the one in values.yaml, so its /tmp is named again. */
function volumes(cluster: Cluster): Record<string, unknown> {
  const items = cluster.auth.connectors
    .flatMap(connectorSecrets)
    .filter((secret) => secret.as === 'file')
    .map(({ variable }) => ({ key: variable, path: variable }));
  const files = items.length > 0;
  const pages = dexPageMounts(cluster);
  return {
    volumes: [
      { name: 'tmp', emptyDir: {} },
      pages.volume,
      ...(files ? [{ name: 'connector-files', secret: { secretName: connectorsSecret, items } }] : []),
    ],
    volumeMounts: [
      { name: 'tmp', mountPath: '/tmp' },
      ...pages.mounts,
      ...(files ? [{ name: 'connector-files', mountPath: connectorFiles, readOnly: true }] : []),
    ],
  };
}

function secrets(cluster: Cluster): SecretSpec[] {
  const { users, connectors } = cluster.auth;
  const references = connectors.flatMap(connectorSecrets);
  const usedBy = [`${authNamespace}/dex`];
  return [
    ...(users.length === 0
      ? []
      : [
          {
            name: usersSecret,
            namespace: authNamespace,
            purpose: "password hashes of Dex's static users",
            usedBy,
            keys: Object.fromEntries(
              users.map((user) => [
                userKey(user.email),
                {
                  kind: 'password-hash' as const,
                  user: user.email,
                  ...(user.password === undefined ? {} : { password: user.password }),
                  ...(user.passwordHash === undefined ? {} : { passwordHash: user.passwordHash }),
                },
              ]),
            ),
          },
        ]),
    ...(references.length === 0
      ? []
      : [
          {
            name: connectorsSecret,
            namespace: authNamespace,
            purpose: "secrets of Dex's connectors",
            usedBy,
            keys: Object.fromEntries(
              references.map(({ variable, from }) => [
                variable,
                { kind: 'reference' as const, from, check: 'not-empty' as const },
              ]),
            ),
          },
        ]),
  ];
}

/** Admits browsers through the gateway, and each OAuth2 Proxy, which redeems codes. */
function authorizationPolicy(cluster: Cluster): KubernetesObject {
  const proxies = loginProxies(cluster).map(({ name }) => `cluster.local/ns/${authNamespace}/sa/${name}`);
  return {
    apiVersion: 'security.istio.io/v1',
    kind: 'AuthorizationPolicy',
    metadata: { name: 'dex', namespace: authNamespace },
    spec: {
      selector: { matchLabels: { 'app.kubernetes.io/name': 'dex' } },
      action: 'ALLOW',
      rules: [{ from: [{ source: { principals: [gatewayPrincipal, ...proxies] } }] }],
    },
  };
}

function route(cluster: Cluster): KubernetesObject {
  return {
    apiVersion: 'networking.istio.io/v1',
    kind: 'VirtualService',
    metadata: { name: 'dex', namespace: authNamespace },
    spec: {
      hosts: [publicAddress(cluster).host],
      gateways: [`${gatewayNamespace}/${gatewayName}`],
      http: [
        {
          match: [{ uri: { prefix: '/dex/' } }],
          route: [{ destination: { host: `dex.${authNamespace}.svc.cluster.local`, port: { number: servicePort } } }],
        },
      ],
    },
  };
}
