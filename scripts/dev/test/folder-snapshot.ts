import { createHash } from 'node:crypto';
import { lstatSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';

/**
 * @returns what is in a folder, `.git` and all: kind, mode and digest by path, so that two moments can be compared
 */
export function snapshot(root: string): Record<string, string> {
  const found: Record<string, string> = {};
  const walk = (folder: string) => {
    for (const name of readdirSync(join(root, folder)).sort()) {
      const path = folder === '' ? name : `${folder}/${name}`;
      const stat = lstatSync(join(root, path));
      if (stat.isDirectory()) {
        found[path] = 'folder';
        walk(path);
      } else if (stat.isSymbolicLink()) found[path] = `link to ${readlinkSync(join(root, path))}`;
      else {
        const digest = createHash('sha256')
          .update(readFileSync(join(root, path)))
          .digest('hex');
        found[path] = `${stat.mode.toString(8)} ${stat.mtimeMs} ${digest}`;
      }
    }
  };
  walk('');
  return found;
}
