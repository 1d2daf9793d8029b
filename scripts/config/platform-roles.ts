import { lstatSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { isScalar, LineCounter, parseAllDocuments, visit } from 'yaml';
import { readInput } from './read-input.ts';

/** Files that people write for the platform and its apps. The generated ones follow from them, and infrastructure/tenant/ is about tenants. */
const settingFiles = /^(infrastructure\/(?!tenant\/)|apps\/|clusters\/[^/]+\/(cluster\.yaml$|overrides\/))/;

/**
 * Finds which cloud roles the platform itself uses: those that a value in cluster.yaml, or in the hand-written files of components and
 * apps, is or contains.
 *
 * @param root the repository's folder
 * @param roles ARNs, account names or client ids
 * @returns where each is named, as `file:line`, by role
 */
export function platformRoles(root: string, roles: readonly string[]): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  if (roles.length === 0) return found;
  for (const file of ['clusters', 'infrastructure', 'apps'].flatMap((folder) => filesIn(root, folder))) {
    if (!settingFiles.test(file)) continue;
    const read = readInput(root, file);
    if (!('text' in read)) continue;
    for (const role of roles) {
      if (found.has(role) || !names(read.text, role)) continue;
      const line = lineOf(read.text, role);
      if (line !== undefined) found.set(role, `${file}:${line}`);
    }
  }
  return found;
}

function filesIn(root: string, folder: string): string[] {
  if (lstatSync(join(root, folder), { throwIfNoEntry: false })?.isDirectory() !== true) return [];
  return readdirSync(join(root, folder), { withFileTypes: true })
    .flatMap((entry) => {
      const path = `${folder}/${entry.name}`;
      return entry.isDirectory() ? filesIn(root, path) : entry.isFile() ? [path] : [];
    })
    .sort();
}

/** Whether a text has the role as a whole word. No cloud tells its roles' names apart by their case. */
function names(text: string, role: string): boolean {
  const exact = role.replaceAll(/[.*+?^${}()|[\]\\/]/g, '\\$&');
  return new RegExp(`(?<![\\w.@/+=,-])${exact}(?![\\w@/+=-]|\\.\\w)`, 'i').test(text);
}

/** @returns the line of the first value that names the role; comments do not count */
function lineOf(text: string, role: string): number | undefined {
  const lineCounter = new LineCounter();
  for (const document of parseAllDocuments(text, { lineCounter })) {
    let offset: number | undefined;
    visit(document, {
      Scalar(_, node) {
        if (!isScalar(node) || typeof node.value !== 'string' || !names(node.value, role)) return;
        offset = node.range?.[0];
        return visit.BREAK;
      },
    });
    if (offset !== undefined) return lineCounter.linePos(offset).line;
  }
  return undefined;
}
