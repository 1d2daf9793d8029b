import { RunError } from '../report/errors.ts';

const reasons: Record<string, { what: string; hint: string }> = {
  EACCES: { what: 'no permission', hint: 'Give your user the right to write there, and run again.' },
  EPERM: { what: 'the operation is not permitted', hint: 'Check the owner and the attributes of the file.' },
  EROFS: { what: 'the file system is read-only', hint: 'Run in a copy of the repository that can be written to.' },
  ENOSPC: { what: 'the disk is full', hint: 'Make room and run again: what is missing will be written.' },
  EDQUOT: { what: 'your disk quota is used up', hint: 'Make room and run again: what is missing will be written.' },
  ENAMETOOLONG: { what: 'the name is too long for this file system', hint: 'Use a shorter path for the repository.' },
  EMFILE: { what: 'too many files are open', hint: 'Raise the limit (ulimit -n) and run again.' },
  EISDIR: { what: 'it is a folder', hint: 'Move it away and run again.' },
  ENOTDIR: { what: 'a part of the path is not a folder', hint: 'Move it away and run again.' },
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
