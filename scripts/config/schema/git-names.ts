/**
 * The rules of `git check-ref-format --branch`, and names that git reads as something other than a branch. Checked here, so that a bad name is reported with its line and not by git midway.
 *
 * @see https://git-scm.com/docs/git-check-ref-format
 * @returns the problem with the branch name; undefined when git accepts it
 */
export function branchProblem(name: string): string | undefined {
  if (name === '') return 'must not be empty';
  if (name === '@' || name === 'HEAD') return `"${name}" is not a valid branch name`;
  if (name.startsWith('-')) return 'git refuses a branch name that starts with "-"';
  if (/^[0-9a-f]{40}$/.test(name)) return 'is a commit id: set git.revision to hold a commit';
  if (name.startsWith('refs/')) return 'must be the branch name without refs/heads/';
  if (name.startsWith('/') || name.endsWith('/') || name.includes('//')) return 'git refuses empty parts between "/"';
  if (name.endsWith('.')) return 'git refuses a branch name that ends with "."';
  if (name.includes('..')) return 'git refuses ".." in a branch name';
  if (name.includes('@{')) return 'git refuses "@{" in a branch name';
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the pattern looks for control characters
  const bad = /[\u0000-\u0020\u007f~^:?*[\\]/.exec(name);
  if (bad !== null) return `git refuses ${JSON.stringify(bad[0])} in a branch name`;
  if (name.split('/').some((part) => part.startsWith('.') || part.endsWith('.lock'))) {
    return 'git refuses parts that start with "." or end with ".lock"';
  }
  return undefined;
}
