import type { Connection } from '../cluster/connect.ts';
import { type BootstrapContext, notRegistered } from './context.ts';
import { followWaves } from './follow-waves.ts';
import { step } from './step.ts';

/** With --wait: waits until every wave is Healthy at the commit that was pushed, or says what is not and why. */
export const waitForPlatform = step<BootstrapContext, void, Connection>({
  name: 'wait',
  look: async () => undefined,
  decide: (_, context) => {
    const { options, connection } = context;
    if (!options.wait) return { kind: 'skip', message: 'add --wait to follow the waves' };
    if (connection === undefined || notRegistered(context) !== undefined)
      return { kind: 'skip', message: 'nothing was registered' };
    return {
      kind: 'do',
      message: `wait up to ${options.timeoutMinutes} minutes until every wave is Healthy`,
      work: connection,
    };
  },
  act: async (connection, context) => (await followWaves(context, connection)).line,
});
