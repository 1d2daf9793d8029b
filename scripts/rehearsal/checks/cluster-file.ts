import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseDocument } from 'yaml';
import type { Site } from '../site.ts';

/**
 * The rehearsal's cluster.yaml with settings changed, for {@link Site.change}.
 *
 * @param settings key path as `tls.duration` → value; undefined takes the key out
 * @returns its path in the repository → its new text
 */
export async function changedClusterFile(
  site: Site,
  settings: Readonly<Record<string, unknown>>,
): Promise<Record<string, string>> {
  const path = `clusters/${site.cluster}/cluster.yaml`;
  const document = parseDocument(await readFile(join(site.root, path), 'utf8'));
  for (const [key, value] of Object.entries(settings)) {
    const keys = key.split('.');
    if (value === undefined) document.deleteIn(keys);
    else document.setIn(keys, document.createNode(value));
  }
  return { [path]: document.toString() };
}
