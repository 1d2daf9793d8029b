import type { Cluster } from '../config/cluster.ts';
import { publicAddress } from './address.ts';
import { errorPages } from './branding/gateway-errors.ts';
import type { Component } from './component.ts';
import { gatewayName, gatewayNamespace, gatewayRelease } from './domain.ts';
import { loginChecks } from './gate.ts';
import { edgeFilters } from './gateway-filters.ts';
import { certificateSecrets } from './own-certificate.ts';
import { ownCertificate } from './private-ca.ts';
import { otherNames } from './redirect-hosts.ts';
import { servedHost } from './served-host.ts';
import { groupHeaders } from './tenant-groups.ts';
import { chartSource } from './upstream.ts';
import { userCodeHost } from './user-code.ts';
import { webhookRoute } from './webhook.ts';

const certificateSecret = 'ingress-gateway-tls';

/** @returns the Secret with the gateway's certificate (`tls.crt`), and with its CA as `ca.crt` if that is known */
export function gatewayCertificate({ tls }: Cluster): { name: string; namespace: string } {
  return { name: tls.certificate === undefined ? certificateSecret : ownCertificate, namespace: gatewayNamespace };
}

/** The gateway, the only ingress: it terminates TLS and checks each request. */
export const gateway: Component = {
  name: 'gateway',
  summary: 'the only ingress: TLS, and the check of each request',
  folder: 'infrastructure/gateway',
  namespace: () => gatewayNamespace,
  dependsOn: ['istiod', 'istio-cni', 'metallb'],
  sources: (cluster) => [chartSource(cluster, 'gateway', gatewayRelease)],
  pullSecretsIn: 'imagePullSecrets',
  values: (cluster) => ({
    service: service(cluster),
    ...(cluster.loadBalancer.proxyProtocol ? { podAnnotations: proxyProtocol(cluster) } : {}),
  }),
  // Without a host there is an address to discover and nothing to serve: only the objects that refuse requests.
  manifests: (cluster) => [
    ...loginChecks(cluster),
    edgeFilters(cluster),
    groupHeaders(cluster),
    errorPages(cluster),
    ...(cluster.knownHost === undefined
      ? []
      : [
          ...servedHost(cluster, {
            ...publicAddress(cluster),
            secret: certificateSecret,
            gateway: gatewayName,
            plain: 'http-redirect',
            redirect: 'redirect-to-https',
          }),
          ...webhookRoute(cluster),
          ...userCodeHost(cluster),
          ...otherNames(cluster),
        ]),
  ],
  secrets: certificateSecrets,
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
