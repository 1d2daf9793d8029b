import type { Cluster } from '../config/cluster.ts';
import { publicAddress } from './address.ts';
import type { Component, KubernetesObject } from './component.ts';
import { gatewayName, gatewayNamespace, gatewayRelease, gatewaySelector } from './domain.ts';
import { loginRequired } from './gate.ts';
import { edgeFilters } from './gateway-filters.ts';
import { clusterIssuerName } from './issuer.ts';
import { groupHeaders } from './tenant-groups.ts';
import { chartSource } from './upstream.ts';
import { webhookRoute } from './webhook.ts';

const certificateSecret = 'ingress-gateway-tls';
/** Secret with the gateway's certificate, and with its CA as `ca.crt` if cert-manager knows it. */
export const gatewayCertificate = { name: certificateSecret, namespace: gatewayNamespace } as const;
const plainGatewayName = 'http-redirect';

/** The gateway, the only ingress: it terminates TLS and checks each request. */
export const gateway: Component = {
  name: 'gateway',
  summary: 'the only ingress: TLS, and the check of each request',
  folder: 'infrastructure/gateway',
  namespace: () => gatewayNamespace,
  dependsOn: ['istiod'],
  wanted: () => true,
  sources: (cluster) => [chartSource(cluster, 'gateway', gatewayRelease)],
  values: (cluster) => ({
    service: service(cluster),
    ...(cluster.loadBalancer.proxyProtocol ? { podAnnotations: proxyProtocol(cluster) } : {}),
  }),
  // Without a host there is an address to discover and nothing to serve: only the objects that refuse requests.
  manifests: (cluster) => [
    loginRequired(cluster),
    edgeFilters(cluster),
    groupHeaders(cluster),
    ...(cluster.knownHost === undefined
      ? []
      : [
          certificate(cluster),
          tlsGateway(cluster),
          plainGateway(cluster),
          redirect(cluster),
          ...webhookRoute(cluster),
        ]),
  ],
  namespaces: () => [{ name: gatewayNamespace, labels: { 'pod-security.kubernetes.io/enforce': 'restricted' } }],
  clusterKinds: () => [],
  readyWithinSeconds: 900,
};

function service(cluster: Cluster): Record<string, unknown> {
  const { loadBalancer } = cluster;
  const address = loadBalancer.address?.ip ?? loadBalancer.metallb?.address;
  const annotations = {
    ...(loadBalancer.metallb?.address === undefined
      ? {}
      : { 'metallb.io/loadBalancerIPs': loadBalancer.metallb.address }),
    ...loadBalancer.annotations,
  };
  const ports = loadBalancer.nodePort;
  return {
    type: ports === undefined ? 'LoadBalancer' : 'NodePort',
    ...(loadBalancer.class === undefined ? {} : { loadBalancerClass: loadBalancer.class }),
    ...(Object.keys(annotations).length === 0 ? {} : { annotations }),
    ...(address === undefined || loadBalancer.metallb !== undefined ? {} : { loadBalancerIP: address }),
    // Not 15021, which the chart would publish by default: the gateway's health is for the cluster only.
    ports: [servicePort('http2', 80, ports?.http), servicePort('https', 443, ports?.https)],
  };
}

/** https://istio.io/latest/docs/ops/configuration/traffic-management/network-topologies/ */
function proxyProtocol({ istio }: Cluster): Record<string, string> {
  const hops = istio.trustedProxies === 0 ? {} : { numTrustedProxies: istio.trustedProxies };
  return { 'proxy.istio.io/config': JSON.stringify({ gatewayTopology: { ...hops, proxyProtocol: {} } }) };
}

function servicePort(name: string, port: number, nodePort: number | undefined): Record<string, unknown> {
  return { name, port, protocol: 'TCP', targetPort: port, ...(nodePort === undefined ? {} : { nodePort }) };
}

function certificate(cluster: Cluster): KubernetesObject {
  const { host, isAddress } = publicAddress(cluster);
  return {
    apiVersion: 'cert-manager.io/v1',
    kind: 'Certificate',
    metadata: { name: certificateSecret, namespace: gatewayNamespace },
    spec: {
      secretName: certificateSecret,
      duration: cluster.tls.duration,
      renewBefore: cluster.tls.renewBefore,
      privateKey: { algorithm: 'ECDSA', size: 256, rotationPolicy: 'Always' },
      ...(isAddress ? { ipAddresses: [host] } : { dnsNames: [host] }),
      issuerRef: { group: 'cert-manager.io', kind: 'ClusterIssuer', name: clusterIssuerName(cluster) },
    },
  };
}

/** Clients never send an IP address as SNI, so match all hosts then; the VirtualServices select by host. */
function serverHosts(cluster: Cluster): string[] {
  const { host, isAddress } = publicAddress(cluster);
  return [isAddress ? '*' : host];
}

/** The Gateway of all routes: TLS only. */
function tlsGateway(cluster: Cluster): KubernetesObject {
  return gatewayObject(gatewayName, {
    port: { number: 443, name: 'https', protocol: 'HTTPS' },
    hosts: serverHosts(cluster),
    tls: { mode: 'SIMPLE', credentialName: certificateSecret, minProtocolVersion: 'TLSV1_2' },
  });
}

/**
 * A separate Gateway for port 80: a route is served on all servers of its Gateway, so combined with 443 every
 * application would be served without TLS and without a login (seen live).
 */
function plainGateway(cluster: Cluster): KubernetesObject {
  return gatewayObject(plainGatewayName, {
    port: { number: 80, name: 'http', protocol: 'HTTP' },
    hosts: serverHosts(cluster),
  });
}

function gatewayObject(name: string, server: Record<string, unknown>): KubernetesObject {
  return {
    apiVersion: 'networking.istio.io/v1',
    kind: 'Gateway',
    metadata: { name, namespace: gatewayNamespace },
    spec: { selector: { ...gatewaySelector }, servers: [server] },
  };
}

/** The only route on port 80. Not the Gateway's httpsRedirect, which would also redirect ACME challenges. */
function redirect(cluster: Cluster): KubernetesObject {
  const { host, authority } = publicAddress(cluster);
  const port = authority.match(/:(\d+)$/)?.[1];
  return {
    apiVersion: 'networking.istio.io/v1',
    kind: 'VirtualService',
    metadata: { name: 'redirect-to-https', namespace: gatewayNamespace },
    spec: {
      hosts: [host],
      gateways: [plainGatewayName],
      http: [
        {
          redirect: {
            scheme: 'https',
            redirectCode: 301,
            ...(port === undefined ? {} : { port: Number(port) }),
          },
        },
      ],
    },
  };
}
