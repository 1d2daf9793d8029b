import { join } from 'node:path';
import { type MadePassword, writePasswords } from '../cluster/passwords.ts';
import type { Reporter } from '../report/reporter.ts';
import { makePrivateFolder } from '../workspace/private-folder.ts';
import type { BootstrapContext } from './context.ts';

/**
 * Shows generated passwords, once: on the terminal, or without one in a file that only its owner can read, because other output
 * may be kept as a log.
 */
export async function tellPasswords(
  passwords: readonly MadePassword[],
  { root, cluster, options, reporter }: BootstrapContext,
): Promise<void> {
  const file =
    options.passwordsFile ??
    (process.stderr.isTTY ? undefined : join(root, '.breakwater', cluster.name, 'passwords.txt'));
  if (file === undefined) return show(passwords, reporter);
  await makePrivateFolder(join(root, '.breakwater', cluster.name));
  await writePasswords(file, passwords);
  reporter.status(
    `    passwords of ${passwords.map(({ user }) => user).join(', ')} are in ${file}: hand them over, then delete it`,
  );
}

/** To the terminal itself: not into stdout, which may be a file. */
function show(passwords: readonly MadePassword[], reporter: Reporter): void {
  reporter.warn('these passwords were generated and are only shown once:');
  for (const { user, password } of passwords) process.stderr.write(`    ${user}  ${password}\n`);
}
