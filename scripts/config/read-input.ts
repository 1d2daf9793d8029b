import { lstatSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Problem } from '../report/errors.ts';
import { conflict } from './conflict.ts';

/** Maximum size. The largest sensible input is a few dozen KiB. */
export const largestInput = 1024 * 1024;

export type Read = { text: string } | { problems: readonly Problem[] };

/**
 * Reads one input file as text.
 *
 * @param root the repository's folder
 * @param file path relative to it, with forward slashes
 * @param missingHint hint when the file does not exist
 * @returns the text without a byte order mark, or the problem with the file
 * @throws file system errors other than a missing file
 */
export function readInput(root: string, file: string, missingHint?: string): Read {
  const path = join(root, file);
  const stat = lstatSync(path, { throwIfNoEntry: false });
  if (stat === undefined) return wrong(file, 'there is no such file', missingHint);
  if (stat.isSymbolicLink()) return wrong(file, 'is a symbolic link', 'Replace it with the file itself.');
  if (stat.isDirectory()) return wrong(file, 'is a folder, not a file');
  if (!stat.isFile()) return wrong(file, 'is not a regular file');
  if (stat.size > largestInput) return tooLarge(file, stat.size);
  return decodeInput(readFileSync(path), file);
}

/**
 * Decodes the bytes of an input file.
 *
 * @param bytes UTF-8, with or without a byte order mark
 * @param file path for problems
 */
export function decodeInput(bytes: Uint8Array, file: string): Read {
  if (bytes.length > largestInput) return tooLarge(file, bytes.length);
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return wrong(file, 'is not UTF-8 text', 'Save it as UTF-8 in your editor.');
  }
  const markers = conflict.exec(text);
  if (markers !== null)
    return {
      problems: [
        {
          file,
          line: text.slice(0, markers.index).split('\n').length,
          column: 1,
          path: '',
          message: 'has an unresolved merge conflict',
          hint: `Keep one side, remove the lines with <<<<<<<, ======= and >>>>>>>, and run: git add ${file}`,
        },
      ],
    };
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the pattern looks for control characters
  const control = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]/.exec(text);
  if (control === null) return { text };
  const before = text.slice(0, control.index).split('\n');
  const code = (control[0].codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0');
  const problem = {
    file,
    line: before.length,
    column: (before.at(-1)?.length ?? 0) + 1,
    path: '',
    message: `contains the control character U+${code}`,
    hint: 'Remove it: YAML does not allow it.',
  };
  return { problems: [problem] };
}

function wrong(file: string, message: string, hint?: string): Read {
  return { problems: [{ file, path: '', message, ...(hint === undefined ? {} : { hint }) }] };
}

function tooLarge(file: string, size: number): Read {
  return wrong(file, `is too large: ${size} bytes, and the limit is ${largestInput}`, 'Is it the right file?');
}
