import type { Api } from '../../../cluster/api.ts';

/** Plays Argo CD and the cloud: the gateway's Service, and what a load balancer writes into its status. */
export async function giveAddress(api: Api, ip: string): Promise<void> {
  await api.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'ingress' } }, { manager: 'argocd' });
  const metadata = { name: 'istio-ingressgateway', namespace: 'ingress' };
  const spec = { type: 'LoadBalancer', ports: [{ name: 'https', port: 443 }] };
  await api.apply({ apiVersion: 'v1', kind: 'Service', metadata, spec } as never, { manager: 'argocd' });
  await api.request({
    method: 'PATCH',
    path: '/api/v1/namespaces/ingress/services/istio-ingressgateway/status',
    contentType: 'application/merge-patch+json',
    body: { status: { loadBalancer: { ingress: [{ ip }] } } },
  });
}
