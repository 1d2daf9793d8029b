import { readInput } from './read-input.ts';
import { listTenants, parseTenantFile } from './tenants.ts';

/**
 * Reads which groups the tenants' members are named by. A file with mistakes counts as empty: whatever reads tenants tells of them.
 *
 * @param root the repository's folder
 * @returns the groups, each once, sorted
 */
export function memberGroups(root: string): string[] {
  const groups = listTenants(root).flatMap((name) => {
    const file = `tenants/${name}/tenant.yaml`;
    const read = readInput(root, file);
    if (!('text' in read) || !read.text.includes('group')) return [];
    const parsed = parseTenantFile(read.text, file, name);
    return 'value' in parsed
      ? (parsed.value.members ?? []).flatMap((member) => ('group' in member ? [member.group] : []))
      : [];
  });
  return [...new Set(groups)].filter((group) => group !== undefined).sort();
}
