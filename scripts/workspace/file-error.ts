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
  EMFILE: { what: 'too many open files', hint: 'Raise the limit (ulimit -n) and run it again.' },
  EISDIR: { what: 'it is a folder', hint: 'Move it away and run it again.' },
  ENOTDIR: { what: 'part of the path is not a folder', hint: 'Move it away and run it again.' },
};

/**
 * Explains an error of the operating system.
 *
 * @param error from a call of node:fs
 * @param file the path, as the user knows it
 * @returns a RunError for a known cause; else the error itself, which is our bug
 */
export function fileError(error: unknown, file: string): unknown {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  const reason = reasons[code];
  if (reason === undefined) return error;
  return new RunError(`cannot read or write ${file}: ${reason.what} (${code})`, {
    hint: reason.hint,
    cause: error,
  });
}
