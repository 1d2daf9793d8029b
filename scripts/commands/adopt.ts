import { connect } from '../cluster/connect.ts';
import { clusterFile } from '../config/schema/cluster.ts';
import { UsageError } from '../report/errors.ts';
import { type Adoption, adopt } from '../steps/adopt.ts';
import type { Fate } from '../steps/adopt-objects.ts';
import { writeInput } from '../workspace/write-input.ts';
import type { InvocationOf } from './invocation.ts';

/** `npm run adopt`: reads a cluster, writes a cluster.yaml that fits, and lists what stays, what changes hands and what is in the way. */
export async function run(invocation: InvocationOf<'adopt'>): Promise<number> {
  const { root, options, reporter } = invocation;
  const { context, dryRun, gitUrl, host, email } = options;
  if (context === undefined)
    throw new UsageError('no Kubernetes context is given', {
      hint: 'Add --context NAME, a context in your kubeconfig.',
    });
  const name = options.cluster ?? nameOf(context);
  const problem = clusterFile.shape.name.safeParse(name).error?.issues[0]?.message;
  if (problem !== undefined)
    throw new UsageError(`${JSON.stringify(name)} is not a valid cluster name: ${problem}`, {
      hint: 'Give the cluster a name with --cluster NAME.',
    });
  const connection = await connect({ context });
  for (const warning of connection.warnings) reporter.warn(warning);
  const found = await adopt(root, connection, { name, context, gitUrl, host, email }, reporter);
  for (const note of found.notes) reporter.warn(note);
  const { text, file, rows, notes } = found;
  if (text !== undefined && !dryRun) await writeInput(root, file, text, { exclusive: true });
  reporter.result(
    { cluster: name, file, written: text !== undefined && !dryRun, text, rows, notes },
    [...(dryRun && text !== undefined ? [text] : []), listText(found), nextText(found, dryRun)].join('\n'),
  );
  return rows.some(({ fate }) => fate === 'in the way' || fate === 'open today') ? 1 : 0;
}

/** @returns a cluster's name for a context: what is left of cloud providers' long names */
function nameOf(context: string): string {
  const last =
    context
      .split(/[/_@]/)
      .filter((part) => part !== '')
      .at(-1) ?? context;
  return last
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-+|-+$/g, '');
}

const headings: Readonly<Record<Fate, string>> = {
  'in the way': 'In the way: do this before the bootstrap, or where a line says so',
  'open today': 'Open today, without a login',
  'becomes ours': "Becomes the platform's, and is not created again",
  'stays yours': 'Stays yours',
};

function listText({ rows }: Adoption): string {
  return (Object.keys(headings) as Fate[])
    .flatMap((fate) => {
      const own = rows.filter((row) => row.fate === fate);
      if (own.length === 0) return [];
      const lines = own.flatMap(({ what, reason, todo }) => [
        `  ${what}`,
        `      ${reason}`,
        ...(todo === undefined ? [] : [`      → ${todo}`]),
      ]);
      return [`${headings[fate]}:`, ...lines, ''];
    })
    .join('\n');
}

function nextText({ cluster, file, text, rows }: Adoption, dryRun: boolean): string {
  const open = rows.filter(({ fate }) => fate !== 'stays yours').length;
  const written =
    text === undefined
      ? `${file} is there, and was not changed.`
      : dryRun
        ? `${file} was not written (--dry-run).`
        : `wrote ${file}`;
  if (open === 0) return `${written}\nNothing is left to hand over.`;
  return [
    written,
    'Next: read both, do what the list says, then:',
    `  npm run doctor -- --cluster ${cluster}`,
    `  npm run bootstrap -- --cluster ${cluster} --dry-run`,
  ].join('\n');
}
