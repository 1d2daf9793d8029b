import type { Cluster } from '../config/cluster.ts';
import type { PublicAddress } from './address.ts';
import type { KubernetesObject } from './component.ts';
import { gatewayNamespace, gatewaySelector } from './domain.ts';
import { issuerRef } from './issuer.ts';
import { ownCertificate } from './private-ca.ts';

/** What the gateway needs to serve one host. */
interface ServedHost extends PublicAddress {
  /** Further names that lead to the host: these are served in its place. */
  names?: readonly string[];
  /** Name of the Secret with its certificate, where one is issued. */
  secret: string;
  /** Name of the Gateway with TLS. */
  gateway: string;
  /** Name of the Gateway on port 80. */
  plain: string;
  /** Name of the VirtualService that redirects from port 80. */
  redirect: string;
  /** Ends the names of its ports. */
  suffix?: string;
}

/**
 * Port 80 gets a separate Gateway: a route is served on all servers of its Gateway, so combined with 443 every application would be
 * served without TLS and without a login (seen live).
 *
 * @returns the host's certificate (unless you have your own), its Gateway with TLS, its Gateway on port 80, and the redirect there
 */
export function servedHost(cluster: Cluster, served: ServedHost): KubernetesObject[] {
  const { host, suffix = '', names = [host] } = served;
  const isAddress = served.isAddress && served.names === undefined;
  const own = cluster.tls.certificate !== undefined;
  const secret = own ? ownCertificate : served.secret;
  // Clients never send an IP address as SNI, so match all hosts then; the VirtualServices select by host.
  const hosts = isAddress ? ['*'] : names;
  const certificate = {
    apiVersion: 'cert-manager.io/v1',
    kind: 'Certificate',
    metadata: { name: secret, namespace: gatewayNamespace },
    spec: {
      secretName: secret,
      duration: cluster.tls.duration,
      renewBefore: cluster.tls.renewBefore,
      privateKey: { algorithm: 'ECDSA', size: 256, rotationPolicy: 'Always' },
      ...(isAddress ? { ipAddresses: [host] } : { dnsNames: names }),
      issuerRef: issuerRef(cluster),
    },
  };
  return [
    ...(own ? [] : [certificate]),
    gatewayObject(served.gateway, {
      port: { number: 443, name: `https${suffix}`, protocol: 'HTTPS' },
      hosts,
      tls: { mode: 'SIMPLE', credentialName: secret, minProtocolVersion: 'TLSV1_2' },
    }),
    gatewayObject(served.plain, { port: { number: 80, name: `http${suffix}`, protocol: 'HTTP' }, hosts }),
    redirect(served),
  ];
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
function redirect({ host, authority, port, plain, redirect: name, names }: ServedHost): KubernetesObject {
  const to = names === undefined ? (port === 443 ? {} : { port }) : { authority };
  return {
    apiVersion: 'networking.istio.io/v1',
    kind: 'VirtualService',
    metadata: { name, namespace: gatewayNamespace },
    spec: {
      hosts: names ?? [host],
      gateways: [plain],
      http: [{ redirect: { scheme: 'https', redirectCode: 301, ...to } }],
    },
  };
}
