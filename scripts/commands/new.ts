import { createInterface } from 'node:readline/promises';
import { newClusterFile } from '../config/new-cluster.ts';
import { parseClusterFile } from '../config/parse.ts';
import { email as emailSchema } from '../config/schema/common.ts';
import { UsageError } from '../report/errors.ts';
import { writeInput } from '../workspace/write-input.ts';
import type { Invocation } from './index.ts';

const fallbackEmail = 'user@example.com';

/** What can be said of a new cluster on the command line. */
export interface NewClusterAnswers {
  email?: string | undefined;
  host?: string | undefined;
  gitUrl?: string | undefined;
  context?: string | undefined;
}

/** `npm run new`: writes a commented cluster.yaml. */
export async function run({ root, positional: [name = ''], options, reporter }: Invocation): Promise<number> {
  const text = (key: string) => (typeof options[key] === 'string' ? options[key] : undefined);
  const answers: NewClusterAnswers = {
    email: text('email'),
    host: text('host'),
    gitUrl: text('gitUrl'),
    context: text('context'),
  };
  const path = await makeClusterFile(root, name, answers, options.json === true);
  if (answers.email === undefined && !asks(options.json === true))
    reporter.warn(`the first user is ${fallbackEmail}; change it under auth.users in ${path}`);
  reporter.result(
    { cluster: name, file: path },
    `wrote ${path}\nNext: read it, then run "npm run bootstrap -- --cluster ${name}"`,
  );
  return 0;
}

/**
 * Writes clusters/<name>/cluster.yaml after checking that it is a good one.
 *
 * @param silent true: ask nothing, even on a terminal
 * @returns path of the file
 * @throws UsageError for a bad name or answer, or when the file exists
 */
export async function makeClusterFile(
  root: string,
  name: string,
  answers: NewClusterAnswers,
  silent: boolean,
): Promise<string> {
  const path = `clusters/${name}/cluster.yaml`;
  if (!/^[A-Za-z0-9._-]+$/.test(name))
    throw new UsageError(`${JSON.stringify(name)} can't be the name of a cluster`, {
      hint: 'Use lower-case letters, digits and "-".',
    });
  const email = answers.email ?? (asks(silent) ? await askEmail() : fallbackEmail);
  const file = newClusterFile({ name, host: answers.host, gitUrl: answers.gitUrl, context: answers.context, email });
  const parsed = parseClusterFile(file, path, name);
  if ('problems' in parsed)
    throw new UsageError('that would not be a good cluster.yaml; nothing was written', { problems: parsed.problems });
  await writeInput(root, path, file, { exclusive: true });
  return path;
}

function asks(silent: boolean): boolean {
  return !silent && process.stdin.isTTY === true && process.stderr.isTTY === true;
}

/** The only thing without a default. */
async function askEmail(): Promise<string> {
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    for (;;) {
      const answer = (await terminal.question(`E-mail address of the first user [${fallbackEmail}]: `)).trim();
      const email = answer === '' ? fallbackEmail : answer;
      const checked = emailSchema.safeParse(email);
      if (checked.success) return email;
      process.stderr.write(`  ${checked.error.issues[0]?.message ?? 'is no e-mail address'}\n`);
    }
  } finally {
    terminal.close();
  }
}
