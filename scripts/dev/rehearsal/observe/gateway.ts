import { setTimeout as sleep } from 'node:timers/promises';
import { ask } from './ask.ts';

/** What the gateway answered while someone knocked at it. */
export interface GatewayRecord {
  /** Status, or why there was none → how often. */
  answers: ReadonlyMap<string, number>;
  end(): Promise<void>;
}

/**
 * Asks for pages without a session again and again, until it is stopped.
 *
 * @param base URL of the platform; no one need be there yet
 */
export function watchGateway(base: string, paths: readonly string[] = ['/', '/pipeline/']): GatewayRecord {
  const answers = new Map<string, number>();
  let ended = false;
  const knock = async () => {
    while (!ended) {
      for (const path of paths) {
        const { status } = await ask(new URL(path, base).href);
        const what = status === 0 ? 'no answer' : String(status);
        answers.set(what, (answers.get(what) ?? 0) + 1);
      }
      await sleep(500);
    }
  };
  const knocking = knock();
  return {
    answers,
    end: async () => {
      ended = true;
      await knocking;
    },
  };
}
