import type { Cluster } from '../config/cluster.ts';
import { serviceRanges } from '../config/schema/kubernetes.ts';

/**
 * Go compares a range only with an address in the URL, never with what a name resolves to, so these keep to the cluster: programs ask the API
 * server by its address. https://www.rfc-editor.org/rfc/rfc1918, /rfc6598 (pods on EKS and GKE), /rfc4193
 */
const privateRanges = ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '100.64.0.0/10', 'fc00::/7'];

/** @returns the variables by which programs find the proxy of `proxy`; undefined without one */
export function proxyVariables({ proxy, kubernetes, knownHost }: Cluster): Record<string, string> | undefined {
  if (proxy === undefined) return undefined;
  const direct = [
    ...['localhost', '127.0.0.0/8', '::1', '.svc', '.cluster.local'],
    // Argo CD's programs call each other by this name.
    'argocd-repo-server',
    ...privateRanges,
    ...serviceRanges(kubernetes),
    ...(knownHost === undefined ? [] : [knownHost, ...(/[a-z]/.test(knownHost) ? [`.${knownHost}`] : [])]),
    ...proxy.no,
  ];
  return { HTTP_PROXY: proxy.http ?? proxy.https, HTTPS_PROXY: proxy.https, NO_PROXY: [...new Set(direct)].join(',') };
}

/**
 * Without it, the sidecar would take the request to a proxy for one of the mesh, and refuse its CONNECT:
 * https://istio.io/latest/docs/tasks/traffic-management/egress/http-proxy/
 *
 * @returns annotations of a pod with a sidecar that uses the proxy
 */
export function aroundSidecar({ proxy }: Cluster): Record<string, string> | undefined {
  if (proxy === undefined) return undefined;
  const ports = [proxy.https, proxy.http ?? proxy.https].map((text) => {
    const { port, protocol } = new URL(text);
    return port || (protocol === 'https:' ? '443' : '80');
  });
  return { 'traffic.sidecar.istio.io/excludeOutboundPorts': [...new Set(ports)].join(',') };
}
