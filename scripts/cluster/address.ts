import { RunError } from '../report/errors.ts';
import type { Api } from './api.ts';
import { readable } from './api-error.ts';
import type { LiveObject } from './live.ts';
import { waitUntil } from './wait.ts';

export interface AddressWait {
  /** The gateway's Service. */
  name: string;
  namespace: string;
  timeoutSeconds: number;
  /** Receives a line whenever the reason for the missing address changes. */
  report?: (line: string) => void;
  signal?: AbortSignal;
  /** Milliseconds between polls. Default 2000. */
  pause?: number;
}

interface LiveService extends LiveObject {
  spec?: { type?: string; loadBalancerClass?: string };
  status?: { loadBalancer?: { ingress?: readonly { ip?: string; hostname?: string }[] } };
}

interface LiveEvent extends LiveObject {
  reason?: string;
  message?: string;
  type?: string;
  lastTimestamp?: string;
  eventTime?: string;
}

/**
 * Waits for the load balancer to assign an address to a Service.
 *
 * @returns the IP address, or the host name if the cloud assigns one
 * @throws RunError on timeout, with the reason from the cluster if there is one
 */
export async function waitForAddress(api: Api, wait: AddressWait): Promise<string> {
  const reference = { apiVersion: 'v1', kind: 'Service', metadata: { name: wait.name, namespace: wait.namespace } };
  let address: string | undefined;
  let reason = '';
  await waitUntil(
    async () => {
      const service = await api.find<LiveService>(reference);
      address = addressOf(service);
      if (address !== undefined) return true;
      const now = await pendingReason(api, wait, service);
      if (now !== reason) wait.report?.(`waiting for the address of Service ${wait.namespace}/${wait.name}: ${now}`);
      reason = now;
      return false;
    },
    {
      seconds: wait.timeoutSeconds,
      pause: wait.pause ?? 2000,
      ...(wait.signal === undefined ? {} : { signal: wait.signal }),
    },
  );
  if (address !== undefined) return address;
  throw new RunError(
    `Service ${wait.namespace}/${wait.name} got no address within ${wait.timeoutSeconds} s: ${reason}`,
    {
      hint: 'Without a load balancer (bare metal), set loadBalancer.metallb, loadBalancer.nodePort, or a fixed host in cluster.yaml.',
    },
  );
}

/** @returns the first address of a Service, an IP address before a host name */
function addressOf(service: LiveService | undefined): string | undefined {
  const [first] = service?.status?.loadBalancer?.ingress ?? [];
  return first?.ip ?? first?.hostname;
}

async function pendingReason(api: Api, wait: AddressWait, service: LiveService | undefined): Promise<string> {
  if (service === undefined) return 'the Service does not exist yet';
  if (service.spec?.type !== 'LoadBalancer')
    return `its type is ${service.spec?.type ?? 'ClusterIP'}, and only type LoadBalancer gets an address`;
  const event = await lastWarning(api, wait);
  if (event !== undefined) return `${event.reason ?? 'warning'}: ${event.message ?? ''}`;
  return 'the load balancer has not assigned one';
}

async function lastWarning(api: Api, { name, namespace }: AddressWait): Promise<LiveEvent | undefined> {
  const fieldSelector = `involvedObject.kind=Service,involvedObject.name=${name},type=Warning`;
  // The reason is optional: without the right to read events, the message is shorter.
  const listed = await readable(() => api.list<LiveEvent>('v1', 'Event', { namespace, fieldSelector }));
  const time = (event: LiveEvent) => Date.parse(event.lastTimestamp ?? event.eventTime ?? '') || 0;
  return listed?.items.sort((a, b) => time(a) - time(b)).at(-1);
}
