import type { App, Cluster } from '../../config/cluster.ts';
import type { KubernetesObject } from '../component.ts';
import { gatewayName, gatewayNamespace, gatewaySelector } from '../domain.ts';
import { clusterIssuerName } from '../issuer.ts';
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
        own
          ? // The gateway does not check these paths, which belong to Dex and OAuth2 Proxy on the platform's host.
            {
              match: [{ uri: { prefix: '/dex/' } }, { uri: { prefix: '/oauth2/' } }],
              directResponse: { status: 404 },
            }
          : { match: [{ uri: { exact: path.slice(0, -1) } }], redirect: { uri: path } },
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
  const { host, authority } = appPlace(cluster, app);
  const name = guardName(app);
  const secretName = `${name}-tls`;
  const port = authority.match(/:(\d+)$/)?.[1];
  return [
    {
      apiVersion: 'cert-manager.io/v1',
      kind: 'Certificate',
      metadata: { name: secretName, namespace: gatewayNamespace },
      spec: {
        secretName,
        duration: cluster.tls.duration,
        renewBefore: cluster.tls.renewBefore,
        privateKey: { algorithm: 'ECDSA', size: 256, rotationPolicy: 'Always' },
        dnsNames: [host],
        issuerRef: { group: 'cert-manager.io', kind: 'ClusterIssuer', name: clusterIssuerName(cluster) },
      },
    },
    gateway(name, {
      port: { number: 443, name: `https-${app.name}`, protocol: 'HTTPS' },
      hosts: [host],
      tls: { mode: 'SIMPLE', credentialName: secretName, minProtocolVersion: 'TLSV1_2' },
    }),
    // A separate Gateway, as for the platform's host: combined with 443, the app would be served without TLS and without a login.
    gateway(`${name}-redirect`, { port: { number: 80, name: `http-${app.name}`, protocol: 'HTTP' }, hosts: [host] }),
    {
      apiVersion: 'networking.istio.io/v1',
      kind: 'VirtualService',
      metadata: { name: `${name}-redirect`, namespace: gatewayNamespace },
      spec: {
        hosts: [host],
        gateways: [`${name}-redirect`],
        http: [
          { redirect: { scheme: 'https', redirectCode: 301, ...(port === undefined ? {} : { port: Number(port) }) } },
        ],
      },
    },
  ];
}

function gateway(name: string, server: Record<string, unknown>): KubernetesObject {
  return {
    apiVersion: 'networking.istio.io/v1',
    kind: 'Gateway',
    metadata: { name, namespace: gatewayNamespace },
    spec: { selector: { ...gatewaySelector }, servers: [server] },
  };
}
