import { UsageError } from '../report/errors.ts';
import { upgrade } from '../steps/upgrade.ts';
import { upgradeText } from '../steps/upgrade-text.ts';
import type { Invocation } from './invocation.ts';

/** `npm run upgrade`: brings this repository to another version of Breakwater, by one commit. */
export async function run({ root, options, reporter }: Invocation): Promise<number> {
  const text = (key: string) => (typeof options[key] === 'string' ? options[key] : undefined);
  const from = text('from');
  if (from === undefined)
    throw new UsageError('where from? --from is missing', {
      hint: 'Name the repository that yours was made from, by its URL or as a remote: --from https://github.com/…',
    });
  const keep = (text('keep') ?? '').split(',').map((path) => path.trim().replace(/\/+$/, ''));
  const result = await upgrade({
    root,
    from,
    to: text('to'),
    keep: keep.filter((path) => path !== ''),
    withRig: options.withDev === true,
    dryRun: options.dryRun === true,
    reporter,
  });
  reporter.result(result, upgradeText(result));
  return 0;
}
