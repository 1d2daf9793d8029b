import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { KubernetesObject } from '../components/component.ts';
import { domain } from '../components/domain.ts';
import { during } from '../report/activity.ts';
import { RunError } from '../report/errors.ts';
import type { Api } from './api.ts';
import { ApiError } from './api-error.ts';
import type { LiveObject } from './live.ts';
import { type ProbeAnswer, type ProbeCall, probePod, readAnswers } from './probe-pod.ts';
import { deleteObject } from './remove.ts';
import { waitUntil } from './wait.ts';

/** Options for calls from inside the cluster. */
export interface InsideOptions {
  /** Image with sh, curl, head, base64 and tr. */
  image: string;
  /** Whether pods of the mesh pass the Pod Security level `restricted` (Istio's CNI plugin). */
  restricted: boolean;
  /** Receives progress lines. */
  report?: (line: string) => void;
  signal?: AbortSignal;
}

/** Label of the throwaway namespaces, so that the next run finds leftovers of a killed one. */
const label = `${domain}/verify`;
const podSeconds = 240;

/**
 * Calls addresses from two pods in a throwaway namespace, one in the mesh and one outside it, and deletes both.
 * The pods have no rights and no token, and use the default service account.
 *
 * @throws RunError when a pod does not finish, with the reason; ApiError without the rights
 */
export async function callInside(
  api: Api,
  calls: readonly ProbeCall[],
  options: InsideOptions,
): Promise<ProbeAnswer[]> {
  await removeLeftovers(api);
  const namespace = `breakwater-verify-${randomBytes(4).toString('hex')}`;
  options.report?.(`a pod in the mesh and one outside, in the throwaway namespace ${namespace}`);
  const throwaway = namespaceObject(namespace, options);
  try {
    await api.create(throwaway);
    const pods = (['in-mesh', 'outside'] as const).map((name) => ({ name, calls }));
    for (const pod of pods) await createPod(api, namespace, pod, options);
    const answers = await during('the pods in the cluster', () =>
      Promise.all(pods.map(({ name }) => answersOf(api, namespace, name, options))),
    );
    return answers.flat();
  } finally {
    await deleteObject(api, throwaway);
  }
}

function namespaceObject(name: string, { restricted }: InsideOptions): KubernetesObject {
  const labels = {
    [label]: 'true',
    'istio-injection': 'enabled',
    ...(restricted ? { 'pod-security.kubernetes.io/enforce': 'restricted' } : {}),
  };
  return { apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels } };
}

/** Retries, because a namespace's service account appears a moment after the namespace. */
async function createPod(
  api: Api,
  namespace: string,
  pod: { name: 'in-mesh' | 'outside'; calls: readonly ProbeCall[] },
  { image, signal }: InsideOptions,
): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      await api.create(probePod({ ...pod, namespace, image, seconds: podSeconds }));
      return;
    } catch (error) {
      const early = error instanceof ApiError && /serviceaccount .* not found/.test(error.message);
      if (!early || attempt >= 10) throw error;
      await sleep(1000, undefined, signal === undefined ? {} : { signal });
    }
  }
}

interface LivePod extends LiveObject {
  status?: {
    phase?: string;
    containerStatuses?: readonly {
      name: string;
      state?: { terminated?: { exitCode: number }; waiting?: { reason?: string; message?: string } };
    }[];
  };
}

async function answersOf(
  api: Api,
  namespace: string,
  name: 'in-mesh' | 'outside',
  { image, signal }: InsideOptions,
): Promise<ProbeAnswer[]> {
  let state = 'not started';
  const reference = { apiVersion: 'v1', kind: 'Pod', metadata: { name, namespace } };
  const done = await waitUntil(
    async () => {
      const pod = await api.find<LivePod>(reference);
      const probe = pod?.status?.containerStatuses?.find((container) => container.name === 'probe')?.state;
      state = probe?.waiting?.message ?? probe?.waiting?.reason ?? pod?.status?.phase ?? state;
      if (/ImagePull|InvalidImage/.test(probe?.waiting?.reason ?? ''))
        throw new RunError(`the cluster cannot pull the image ${image}: ${state}`, {
          hint: 'Choose one with sh and curl: --probe-image IMAGE',
        });
      return probe?.terminated !== undefined;
    },
    { seconds: podSeconds, ...(signal === undefined ? {} : { signal }) },
  );
  if (!done) throw new RunError(`the pod ${namespace}/${name} did not finish within ${podSeconds} s: ${state}`);
  const path = `/api/v1/namespaces/${namespace}/pods/${name}/log`;
  return readAnswers(await api.text({ method: 'GET', path, query: { container: 'probe' } }), name);
}

async function removeLeftovers(api: Api): Promise<void> {
  const { items } = await api.list<LiveObject>('v1', 'Namespace', { labelSelector: label });
  const old = items.filter(
    ({ metadata }) =>
      metadata.deletionTimestamp === undefined &&
      Date.now() - Date.parse(metadata.creationTimestamp ?? '') > 4 * podSeconds * 1000,
  );
  for (const namespace of old) await deleteObject(api, namespace);
}
