import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { newClusterFile } from '../config/new-cluster.ts';
import { parseClusterFile } from '../config/parse.ts';
import { clusterFile } from '../config/schema/cluster.ts';
import { email as emailSchema } from '../config/schema/common.ts';
import { type Problem, UsageError } from '../report/errors.ts';
import { writeInput } from '../workspace/write-input.ts';
import type { InvocationOf } from './invocation.ts';
import { ask, asksOnTerminal } from './terminal.ts';

const fallbackEmail = 'user@example.com';

/** Settings of a new cluster from the command line. */
interface NewClusterAnswers {
  email?: string | undefined;
  host?: string | undefined;
  gitUrl?: string | undefined;
  context?: string | undefined;
}

/** `npm run new`: writes a commented cluster.yaml. */
export async function run({ root, positional: [name = ''], options, reporter }: InvocationOf<'new'>): Promise<number> {
  const { path, text: file, reminder } = await prepareClusterFile(root, name, options, reporter.json);
  await writeInput(root, path, file, { exclusive: true });
  if (reminder !== undefined) reporter.warn(reminder);
  reporter.result(
    { cluster: name, file: path },
    `wrote ${path}\nNext: read it, then run: npm run bootstrap -- --cluster ${name}`,
  );
  return 0;
}

/**
 * Makes the text of clusters/<name>/cluster.yaml, and validates it. Writes nothing.
 *
 * @param silent true: ask nothing, even on a terminal
 * @returns path and text of the file, and a reminder of what to change in it
 * @throws UsageError for a bad name or answer, or when the cluster exists
 */
export async function prepareClusterFile(
  root: string,
  name: string,
  answers: NewClusterAnswers,
  silent: boolean,
): Promise<{ path: string; text: string; reminder?: string }> {
  const path = `clusters/${name}/cluster.yaml`;
  const problem = clusterFile.shape.name.safeParse(name).error?.issues[0]?.message;
  if (problem !== undefined) throw new UsageError(`${JSON.stringify(name)} is not a valid cluster name: ${problem}`);
  if (existsSync(join(root, path)))
    throw new UsageError(`${path} already exists and was not changed`, {
      hint: 'Edit it, or choose another name.',
    });
  const email = answers.email ?? (asksOnTerminal(silent) ? await askEmail() : fallbackEmail);
  const file = newClusterFile({ name, host: answers.host, gitUrl: answers.gitUrl, context: answers.context, email });
  const parsed = parseClusterFile(file, path, name);
  if ('problems' in parsed)
    throw new UsageError('the settings do not make a valid cluster.yaml; nothing was written', {
      problems: parsed.problems.map(byOption),
    });
  if (email !== fallbackEmail) return { path, text: file };
  return { path, text: file, reminder: `the first user is ${email}; change it under auth.users in ${path}` };
}

const options: Readonly<Record<string, string>> = {
  'auth.users[0].email': '--email',
  host: '--host',
  'git.url': '--git-url',
  'kubernetes.context': '--context',
};

/** Names the wrong option: there is no file yet for a line number. */
function byOption({ path, message, hint, file }: Problem): Problem {
  const option = options[path];
  const place = option === undefined ? { file, path } : { file: option, path: '' };
  return { ...place, message, ...(hint === undefined ? {} : { hint }) };
}

/** The only thing without a default. */
async function askEmail(): Promise<string> {
  for (;;) {
    const question = `E-mail address of the first user [${fallbackEmail}]: `;
    const answer = await ask(question, 'Without questions: add --email ADDRESS.');
    const email = answer === '' ? fallbackEmail : answer;
    const checked = emailSchema.safeParse(email);
    if (checked.success) return email;
    process.stderr.write(`  ${checked.error.issues[0]?.message ?? 'is not an e-mail address'}\n`);
  }
}
