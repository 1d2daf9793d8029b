import { readInput } from './read-input.ts';
import { listTenants, parseTenantFile } from './tenants.ts';

/**
 * Reads the groups among the tenants' members. An invalid file counts as empty: the code that reads tenants reports its mistakes.
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
    if (!('value' in parsed)) return [];
    const { owner, members = [] } = parsed.value;
    return [owner, ...members].flatMap((one) => (typeof one === 'object' && 'group' in one ? [one.group] : []));
  });
  return [...new Set(groups)].filter((group) => group !== undefined).sort();
}
