import { setTimeout as sleep } from 'node:timers/promises';
import { $, type ProcessPromise } from 'zx/core';
import { findTool } from '../../../tools/find.ts';
import type { LiveApplication } from '../applications.ts';
import type { ApplicationEvent } from './order.ts';

/** A watch that runs, and what it has received so far. */
export interface ApplicationWatch {
  events: readonly ApplicationEvent[];
  /** Ends it and waits until its process is gone. */
  end(): Promise<void>;
}

/**
 * Records each state of each Application, from now on; also on a cluster that has no Applications yet, or no Argo CD.
 * A single watch of one kind: its order is the order in which the API server wrote.
 *
 * @param place which cluster, and where Argo CD is
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
      // The API server is not there yet, or has ended the watch, as it does from time to time.
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

/** Adds one line of a watch to the record. What is not a state of an Application (a watch that is out of date) is skipped. */
function keep(events: ApplicationEvent[], line: string): void {
  // The last line of a watch that was ended may be cut off.
  if (!line.endsWith('}')) return;
  const { type, object }: { type: string; object: LiveApplication } = JSON.parse(line);
  if (type === 'ADDED' || type === 'MODIFIED') events.push({ at: Date.now(), application: object });
}
