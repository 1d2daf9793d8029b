import { setTimeout as sleep } from 'node:timers/promises';
import { $, type ProcessPromise } from 'zx/core';
import { findTool } from '../../../tools/find.ts';
import type { LiveApplication } from '../applications.ts';
import type { ApplicationEvent } from './order.ts';

/** A running watch, and the states it has received so far. */
export interface ApplicationWatch {
  events: readonly ApplicationEvent[];
  /** Stops it, and waits until its process has exited. */
  end(): Promise<void>;
}

/**
 * Records each state of each Application from now on, even on a cluster without Applications or Argo CD.
 * Uses a single watch of one kind, so the order is the API server's.
 *
 * @param place the cluster, and Argo CD's namespace
 */
export async function followApplications(place: {
  kubeconfig: string;
  context: string;
  namespace: string;
}): Promise<ApplicationWatch> {
  const kubectl = await findTool('kubectl');
  const path = `/apis/argoproj.io/v1alpha1/namespaces/${place.namespace}/applications?watch=true`;
  const command = ['--kubeconfig', place.kubeconfig, '--context', place.context, 'get', '--raw', path];
  const events: ApplicationEvent[] = [];
  let watch: ProcessPromise | undefined;
  let ended = false;
  const follow = async () => {
    while (!ended) {
      watch = $({ quiet: true, nothrow: true, stdio: ['ignore', 'pipe', 'ignore'] })`exec ${kubectl} ${command}`;
      for await (const line of watch) keep(events, line);
      // The API server is not up yet, or has closed the watch, as it does from time to time.
      if (!ended) await sleep(200);
    }
  };
  const following = follow();
  return {
    events,
    end: async () => {
      ended = true;
      await watch?.kill();
      await following;
    },
  };
}

/** Adds one line of a watch to the record. Skips anything but an Application's state (such as an expired watch). */
function keep(events: ApplicationEvent[], line: string): void {
  // The last line of a stopped watch may be truncated.
  if (!line.endsWith('}')) return;
  const { type, object }: { type: string; object: LiveApplication } = JSON.parse(line);
  if (type === 'ADDED' || type === 'MODIFIED') events.push({ at: Date.now(), application: object });
}
