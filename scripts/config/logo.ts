import { lstatSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Logo } from './cluster.ts';
import type { InputFinding } from './positions.ts';

/** Maximum size of a logo: it is part of an object in the cluster. */
const largest = 64 * 1024;

const pngSignature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);

/**
 * Reads the file that `branding.logo` names.
 *
 * @param root the repository's folder
 * @param file path relative to it, as the schema accepts it
 * @returns the logo, or what is wrong with the file
 */
export function readLogo(root: string, file: string): Logo | InputFinding {
  const wrong = (message: string, hint?: string): InputFinding => ({
    path: ['branding', 'logo'],
    at: 'value',
    message: `${file} ${message}`,
    hint,
  });
  const stat = lstatSync(join(root, file), { throwIfNoEntry: false });
  if (stat === undefined) return wrong('does not exist', "Write the path from the repository's root.");
  if (!stat.isFile() || isBehindLink(root, file))
    return wrong('is not a regular file of the repository', 'Copy the file itself into the repository.');
  if (stat.size > largest)
    return wrong(
      `has ${Math.ceil(stat.size / 1024)} KiB, and the limit is 64 KiB`,
      'Simplify the SVG, or scale the PNG down.',
    );
  const bytes = readFileSync(join(root, file));
  if (file.endsWith('.png'))
    return bytes.subarray(0, 8).equals(pngSignature) ? { png: bytes.toString('base64') } : wrong('is not a PNG image');
  const svg = bytes.toString('utf8');
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the pattern looks for control characters
  if (!/<svg[\s>]/.test(svg) || /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffd]/.test(svg))
    return wrong('is not an SVG image');
  return { svg };
}

/** True when a folder on the way is a symbolic link, which could lead out of the repository. */
function isBehindLink(root: string, file: string): boolean {
  const folder = dirname(file);
  if (folder === '.') return false;
  return lstatSync(join(root, folder)).isSymbolicLink() || isBehindLink(root, folder);
}
