import type { BootstrapContext } from './context.ts';
import { followWaves } from './follow-waves.ts';
import { step } from './step.ts';

/** With --wait: waits until every wave is Healthy at the commit that was pushed, or says what is not and why. */
export const waitForPlatform = step<BootstrapContext, undefined, undefined>({
  name: 'wait',
  look: async () => undefined,
  decide: (_, { options, connection, review }) => {
    if (!options.wait) return { kind: 'skip', message: 'add --wait to watch the waves' };
    if (connection === undefined || review !== undefined || !options.push)
      return { kind: 'skip', message: 'nothing was registered' };
    return {
      kind: 'do',
      message: `wait up to ${options.timeoutMinutes} minutes until every wave is Healthy`,
      work: undefined,
    };
  },
  act: async (_, context) => {
    if (context.connection === undefined) throw new Error('decided without a connection');
    const { line } = await followWaves(context, context.connection);
    return line;
  },
});
