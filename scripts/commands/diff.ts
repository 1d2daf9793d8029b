import { listClusters, loadClusters } from '../config/load.ts';
import { diffMarkdown } from '../diff/markdown.ts';
import { byApplication, countChanges } from '../diff/summary.ts';
import { diffText } from '../diff/text.ts';
import { hasColours } from '../report/colour.ts';
import { UsageError } from '../report/errors.ts';
import { compareWithBase } from '../steps/compare-with-base.ts';
import { chooseClusters } from './choose-cluster.ts';
import { hideSecrets } from './hide-secrets.ts';
import type { InvocationOf } from './invocation.ts';

/** `npm run diff`: what the work tree would change in the clusters, after Helm and kustomize, against a base commit. */
export async function run(invocation: InvocationOf<'diff'>): Promise<number> {
  const { root, options, reporter } = invocation;
  if (options.markdown && reporter.json) throw new UsageError('--markdown and --json exclude each other');
  const here = listClusters(root);
  const only = options.cluster;
  // A cluster that the change removes is in the base only.
  const clusters = loadClusters(
    root,
    here.length === 0 || (only !== undefined && !here.includes(only)) ? [] : chooseClusters(invocation),
  );
  hideSecrets(invocation, clusters);
  const { base, differences, notShown } = await compareWithBase({
    root,
    clusters,
    named: options.base,
    only,
    allTenants: options.allTenants,
    // A comment holds the difference alone.
    reporter: options.markdown ? { ...reporter, status: () => undefined } : reporter,
  });
  const changes = differences.flatMap((difference) => difference.changes);
  reporter.result(
    {
      base: base.commit,
      notShown,
      clusters: differences.map((difference) => ({
        cluster: difference.cluster,
        summary: countChanges(difference.changes),
        applications: byApplication(difference.changes),
        notes: difference.notes,
        changes: difference.changes.map(({ lines, ...change }) => ({
          ...change,
          diff: lines.map(({ sign, text }) => `${sign}${text}`).join('\n'),
        })),
      })),
    },
    options.markdown
      ? diffMarkdown({ differences, notShown }, base.description)
      : diffText({ differences, notShown }, base.description, hasColours(process.stdout)),
  );
  return options.exitCode && changes.length + notShown.length > 0 ? 1 : 0;
}
