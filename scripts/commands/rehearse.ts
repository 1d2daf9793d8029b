import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { handOver } from '../processes/hand-over.ts';
import { RunError } from '../report/errors.ts';
import type { InvocationOf } from './invocation.ts';

type Start = (invocation: InvocationOf<'rehearse' | 'try'>) => Promise<number>;

/** Starts a part of the rig, a program of its own that reads its own command line. @param room its folder in scripts/dev */
export const startRig =
  (room: 'rehearsal' | 'try'): Start =>
  async ({ root, positional }) => {
    const rig = join(import.meta.dirname, '..', 'dev', room, 'main.ts');
    if (!existsSync(rig))
      throw new RunError('the rehearsal is in scripts/dev, which this repository does not have', {
        hint: 'Restore it: git checkout "$(git rev-list -n 1 HEAD -- scripts/dev)^" -- scripts/dev; or upgrade with --with-dev.',
      });
    return await handOver(process.execPath, ['--import', import.meta.resolve('tsx'), rig, ...positional], root);
  };

/** `npm run rehearse`. */
export const run = startRig('rehearsal');
