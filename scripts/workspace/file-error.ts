import { RunError } from '../report/errors.ts';

const reasons: Record<string, { what: string; hint: string }> = {
  EACCES: { what: 'no permission', hint: 'Give your user write permission there, and run it again.' },
  EPERM: { what: 'the operation is not permitted', hint: 'Check the owner and the attributes of the file.' },
  EROFS: { what: 'the file system is read-only', hint: 'Use a writable copy of the repository.' },
  ENOSPC: { what: 'the disk is full', hint: 'Free some space and run it again: it writes the missing files.' },
  EDQUOT: {
    what: 'your disk quota is exhausted',
    hint: 'Free some space and run it again: it writes the missing files.',
  },
  ENAMETOOLONG: { what: 'the name is too long for this file system', hint: 'Use a shorter path for the repository.' },
  EMFILE: { what: 'too many files are open', hint: 'Raise the limit (ulimit -n) and run it again.' },
  EISDIR: { what: 'it is a folder', hint: 'Move it away and run it again.' },
  ENOTDIR: { what: 'part of the path is not a folder', hint: 'Move it away and run it again.' },
};

/**
 * Turns what the operating system answered into a sentence with the file in it.
 *
 * @param error what a call of node:fs threw
 * @param file the path, as the user knows it
 * @returns a RunError where the cause is known; else the error itself, which is then our bug
 */
export function fileError(error: unknown, file: string): unknown {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  const reason = reasons[code];
  if (reason === undefined) return error;
  return new RunError(`${file} could not be written or read: ${reason.what} (${code})`, {
    hint: reason.hint,
    cause: error,
  });
}
