import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { newClusterFile, uncommentedLines } from '../config/new-cluster.ts';
import { parseClusterFile } from '../config/parse.ts';
import { readRemovals, removalsFile, withRemovals } from '../config/removals.ts';
import { clusterFile } from '../config/schema/cluster.ts';
import { formatProblem, type Problem, RunError, UsageError } from '../report/errors.ts';
import { removeInputs } from '../workspace/remove-inputs.ts';
import { readText, writeInput } from '../workspace/write-input.ts';
import { example } from './choose-cluster.ts';
import type { InvocationOf } from './invocation.ts';
import { askSettings, fallbackEmail, optionAt, type Settings } from './new-questions.ts';
import { asksOnTerminal, confirm } from './terminal.ts';

/** `npm run new`: writes a commented cluster.yaml, and asks on a terminal for what most users change. */
export async function run(invocation: InvocationOf<'new'>): Promise<number> {
  const { root, options, reporter } = invocation;
  const [name = ''] = invocation.positional;
  const path = `clusters/${name}/cluster.yaml`;
  const problem = clusterFile.shape.name.safeParse(name).error?.issues[0]?.message;
  if (problem !== undefined) throw new UsageError(`${JSON.stringify(name)} is not a valid cluster name: ${problem}`);
  if (existsSync(join(root, path)))
    throw new UsageError(`${path} already exists and was not changed`, { hint: 'Edit it, or choose another name.' });
  const { yes, removeDemo, ...given } = options;
  const problemsOf = (settings: Settings): readonly Problem[] => {
    if (!/^(private|acme|issuer:.+)$/.test(settings.tls ?? 'private'))
      return [{ file: path, path: 'tls', message: 'must be private, acme or issuer:NAME' }];
    const parsed = parseClusterFile(newClusterFile({ name, ...settings }), path, name);
    return 'problems' in parsed ? parsed.problems : [];
  };
  const mistakes = problemsOf(given);
  if (mistakes.length > 0)
    throw new UsageError('the settings do not make a valid cluster.yaml; nothing was written', {
      problems: mistakes.map(byOption),
    });
  readRemovals(root);
  const asks = !yes && asksOnTerminal(reporter.json);
  const settings = asks ? await askSettings(root, name, given, (tried) => problemsOf(tried).map(said)) : given;
  const email = settings.email ?? fallbackEmail;
  const text = newClusterFile({ name, ...settings, email });
  if (asks) {
    reporter.status(`\n${uncommentedLines(text)}`);
    if (!(await confirm(`Write this to ${path}, with comments about all other settings?`, true)))
      throw new RunError('nothing was written');
  }
  const demo = name !== example && existsSync(join(root, 'clusters', example));
  const removes =
    demo && (removeDemo || (asks && (await confirm(`Remove clusters/${example}, the template's example?`, false))));
  await writeInput(root, path, text, { exclusive: true });
  const removed = removes ? await removeExample(root) : [];
  if (email === fallbackEmail) reporter.warn(`the first user is ${email}; change it under auth.users in ${path}`);
  reporter.result(
    { cluster: name, file: path, removed },
    [
      `wrote ${path}`,
      ...(removes
        ? [`removed clusters/${example}, and noted it in ${removalsFile}, where reviewers see it: commit both`]
        : []),
      'Next: read it, then run:',
      `  npm run doctor -- --cluster ${name}`,
      `  npm run bootstrap -- --cluster ${name}`,
    ].join('\n'),
  );
  return 0;
}

/** Notes it first: after a kill in between, the folder still exists, and the next run removes it. */
async function removeExample(root: string): Promise<string[]> {
  const entry = `clusters/${example}`;
  await writeInput(root, removalsFile, withRemovals(await readText(root, removalsFile), [entry]));
  return await removeInputs(root, entry, { dryRun: false });
}

/** Names the wrong option: there is no file yet for a line number. */
function byOption({ path, message, hint, file }: Problem): Problem {
  const option = optionAt(path);
  const place = option === undefined ? { file, path } : { file: option, path: '' };
  return { ...place, message, ...(hint === undefined ? {} : { hint }) };
}

function said(problem: Problem): string {
  return formatProblem(byOption(problem));
}
