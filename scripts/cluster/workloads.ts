import type { KubernetesObject } from '../components/component.ts';
import { RunError } from '../report/errors.ts';
import type { Api } from './api.ts';
import { readable } from './api-error.ts';
import { describeObject, type LiveObject } from './live.ts';
import { inParallel } from './parallel.ts';
import { waitUntil } from './wait.ts';

export interface WorkloadWait {
  timeoutSeconds: number;
  report?: (line: string) => void;
  signal?: AbortSignal;
  /** Milliseconds between polls. Default 1000. */
  pause?: number;
}

/** A Deployment or StatefulSet. */
export interface LiveWorkload extends LiveObject {
  spec?: { replicas?: number; selector?: { matchLabels?: Record<string, string> } };
  status?: {
    observedGeneration?: number;
    replicas?: number;
    updatedReplicas?: number;
    availableReplicas?: number;
    readyReplicas?: number;
  };
}

interface Pod extends LiveObject {
  status?: {
    phase?: string;
    conditions?: readonly { type: string; status: string; reason?: string; message?: string }[];
    initContainerStatuses?: readonly ContainerStatus[];
    containerStatuses?: readonly ContainerStatus[];
  };
}

interface ContainerStatus {
  name: string;
  state?: { waiting?: { reason?: string; message?: string }; terminated?: { reason?: string; exitCode?: number } };
}

/**
 * Waits until the Deployments and StatefulSets among the objects run the applied version.
 *
 * @throws RunError on timeout, with the workloads that are not ready, the reasons from their Pods, and a command for details
 */
export async function waitForWorkloads(
  api: Api,
  objects: readonly KubernetesObject[],
  options: WorkloadWait,
): Promise<void> {
  const workloads = objects.filter(({ kind }) => kind === 'Deployment' || kind === 'StatefulSet');
  let waiting: LiveWorkload[] = [];
  let shown = '';
  const ready = await waitUntil(
    async () => {
      const live = await inParallel(workloads, 6, async (object) => (await api.find<LiveWorkload>(object)) ?? object);
      waiting = live.filter((workload) => !isReady(workload));
      const names = waiting.map(({ metadata }) => metadata.name).join(', ');
      const line = `${live.length - waiting.length} of ${live.length} ready${names === '' ? '' : `, waiting for ${names}`}`;
      if (line !== shown && live.length > 0) options.report?.(line);
      shown = line;
      return waiting.length === 0;
    },
    {
      seconds: options.timeoutSeconds,
      pause: options.pause ?? 1000,
      ...(options.signal === undefined ? {} : { signal: options.signal }),
    },
  );
  if (ready) return;
  const details = await inParallel(
    waiting,
    4,
    async (workload) => `${describeObject(workload)}: ${await reason(api, workload)}`,
  );
  const first = waiting[0]?.metadata;
  throw new RunError(`not ready within ${options.timeoutSeconds} s: ${details.join('; ')}`, {
    details,
    hint: `For details: \`kubectl --namespace ${first?.namespace} describe pods\`. Then run it again: it continues from here.`,
  });
}

/** Uses the criteria of `kubectl rollout status`. */
export function isReady({ metadata, spec, status }: LiveWorkload): boolean {
  const wanted = spec?.replicas ?? 1;
  if (status === undefined || (status.observedGeneration ?? 0) < (metadata.generation ?? 1)) return false;
  const available = status.availableReplicas ?? status.readyReplicas ?? 0;
  return (status.updatedReplicas ?? 0) >= wanted && available >= wanted && (status.replicas ?? 0) <= wanted;
}

async function reason(api: Api, workload: LiveWorkload): Promise<string> {
  const labels = Object.entries(workload.spec?.selector?.matchLabels ?? {});
  const { namespace } = workload.metadata;
  if (labels.length === 0 || namespace === undefined) return 'does not exist';
  const labelSelector = labels.map(([key, value]) => `${key}=${value}`).join(',');
  // The reason is optional: without the right to read Pods, the message is shorter.
  const listed = await readable(() => api.list<Pod>('v1', 'Pod', { namespace, labelSelector }));
  if (listed === undefined) return 'not ready';
  if (listed.items.length === 0) return 'has no Pods';
  const reasons = new Set(listed.items.map(podReason).filter((text) => text !== undefined));
  return reasons.size === 0 ? 'its Pods are starting' : [...reasons].join(', ');
}

function podReason({ status }: Pod): string | undefined {
  const unscheduled = status?.conditions?.find(
    ({ type, status: value }) => type === 'PodScheduled' && value === 'False',
  );
  if (unscheduled !== undefined) return `${unscheduled.reason ?? 'not scheduled'}: ${unscheduled.message ?? ''}`;
  const containers = [...(status?.initContainerStatuses ?? []), ...(status?.containerStatuses ?? [])];
  for (const { name, state } of containers) {
    const { reason: why, message } = state?.waiting ?? {};
    if (why !== undefined && why !== 'PodInitializing' && why !== 'ContainerCreating') {
      return `${name}: ${why}${message === undefined ? '' : ` (${message.slice(0, 200)})`}`;
    }
    if (state?.terminated !== undefined && state.terminated.exitCode !== 0) {
      return `${name}: exited with code ${state.terminated.exitCode}`;
    }
  }
  return undefined;
}
