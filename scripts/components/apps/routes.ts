import type { App, Cluster } from '../../config/cluster.ts';
import type { KubernetesObject } from '../component.ts';
import { gatewayName, gatewayNamespace } from '../domain.ts';
import { loginRoutes, platformProxy } from '../login-proxy.ts';
import { servedHost } from '../served-host.ts';
import { guardName } from './access.ts';
import { appPlace } from './place.ts';

/** @returns the objects between gateway and app: the route, and for its own host the certificate and Gateways */
export function appRoutes(cluster: Cluster, app: App): KubernetesObject[] {
  return [
    ...('host' in app.place ? ownHost(cluster, app) : []),
    virtualService(cluster, app),
    ...(app.service.protocol === 'https' ? [destinationRule(app)] : []),
  ];
}

function serviceHost(app: App): string {
  return `${app.service.name}.${app.namespace}.svc.cluster.local`;
}

function virtualService(cluster: Cluster, app: App): KubernetesObject {
  const nowhere = (...prefixes: string[]) => ({
    match: prefixes.map((prefix) => ({ uri: { prefix } })),
    directResponse: { status: 404 },
  });
  const { host, path } = appPlace(cluster, app);
  const own = 'host' in app.place;
  const destination = { host: serviceHost(app), port: { number: app.service.port } };
  const strip = 'path' in app.place && app.place.strip;
  return {
    apiVersion: 'networking.istio.io/v1',
    kind: 'VirtualService',
    metadata: { name: guardName(app), namespace: app.namespace },
    spec: {
      hosts: [host],
      gateways: [`${gatewayNamespace}/${own ? guardName(app) : gatewayName}`],
      http: [
        ...(own
          ? // The gateway does not check these paths, which belong to Dex and OAuth2 Proxy.
            cluster.auth.userCodeHost
            ? [nowhere('/dex/'), ...loginRoutes(cluster, platformProxy(cluster))]
            : [nowhere('/dex/', '/oauth2/')]
          : [{ match: [{ uri: { exact: path.slice(0, -1) } }], redirect: { uri: path } }]),
        {
          ...(own ? {} : { match: [{ uri: { prefix: path } }] }),
          ...(strip ? { rewrite: { uri: '/' } } : {}),
          route: [{ destination }],
        },
      ],
    },
  };
}

/** For a Service with its own TLS, outside the mesh. */
function destinationRule(app: App): KubernetesObject {
  return {
    apiVersion: 'networking.istio.io/v1',
    kind: 'DestinationRule',
    metadata: { name: guardName(app), namespace: app.namespace },
    spec: {
      host: serviceHost(app),
      // The app's certificate is self-signed.
      trafficPolicy: { tls: { mode: 'SIMPLE', insecureSkipVerify: true } },
    },
  };
}

function ownHost(cluster: Cluster, app: App): KubernetesObject[] {
  const name = guardName(app);
  return servedHost(cluster, {
    ...appPlace(cluster, app),
    secret: `${name}-tls`,
    gateway: name,
    plain: `${name}-redirect`,
    redirect: `${name}-redirect`,
    suffix: `-${app.name}`,
  });
}
