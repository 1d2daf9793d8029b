import { setTimeout as sleep } from 'node:timers/promises';
import { ask } from './ask.ts';

/** The gateway's responses during polling. */
export interface GatewayRecord {
  /** Status, or the reason for no response → count. */
  answers: ReadonlyMap<string, number>;
  end(): Promise<void>;
}

/**
 * Requests pages without a session repeatedly, until it is stopped.
 *
 * @param base URL of the platform, which need not be up yet
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
