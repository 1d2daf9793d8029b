import { UsageError } from '../report/errors.ts';
import { upgrade } from '../steps/upgrade.ts';
import { upgradeText } from '../steps/upgrade-text.ts';
import { findReleases } from '../steps/upgrade-versions.ts';
import type { InvocationOf } from './invocation.ts';

/** `npm run upgrade`: upgrades this repository to another version of Breakwater, in one commit. */
export async function run({ root, options, reporter }: InvocationOf<'upgrade'>): Promise<number> {
  const from = options.from ?? (await findReleases(root));
  if (from === undefined)
    throw new UsageError('--from is missing: the repository with the releases', {
      hint: 'Pass the repository that yours was made from, as a URL or a remote: --from https://github.com/… The upgrade records it.',
    });
  const result = await upgrade({
    root,
    from,
    to: options.to,
    keep: options.keep.map((path) => path.replace(/\/+$/, '')).filter((path) => path !== ''),
    withRig: options.withDev,
    dryRun: options.dryRun,
    reporter,
  });
  reporter.result(result, upgradeText(result));
  return 0;
}
