import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { handOver } from '../processes/hand-over.ts';
import { RunError } from '../report/errors.ts';
import type { InvocationOf } from './invocation.ts';

/** `npm run rehearse`: starts the rig, a program of its own that reads its own command line. */
export async function run({ root, positional }: InvocationOf<'rehearse'>): Promise<number> {
  const rig = join(import.meta.dirname, '..', 'dev', 'rehearsal', 'main.ts');
  if (!existsSync(rig))
    throw new RunError('the rehearsal is in scripts/dev, which this repository does not have', {
      hint: 'Restore it: git checkout "$(git rev-list -n 1 HEAD -- scripts/dev)^" -- scripts/dev; or upgrade with --with-dev.',
    });
  return await handOver(process.execPath, ['--import', import.meta.resolve('tsx'), rig, ...positional], root);
}
