/**
 * The rules of `git check-ref-format --branch`, and names that mean something else where a branch is expected, so that a bad name is found with its line in the file and not by git half-way.
 *
 * @see https://git-scm.com/docs/git-check-ref-format
 * @returns what is wrong with the branch name, undefined when git would take it
 */
export function branchProblem(name: string): string | undefined {
  if (name === '') return 'must not be empty';
  if (name === '@' || name === 'HEAD') return `"${name}" means something else to git`;
  if (name.startsWith('-')) return 'git refuses a branch name that begins with "-"';
  if (/^[0-9a-f]{40}$/.test(name)) return 'is a commit id: a commit is named by git.revision';
  if (name.startsWith('refs/')) return 'must be the bare branch name, without refs/heads/';
  if (name.startsWith('/') || name.endsWith('/') || name.includes('//')) return 'git refuses empty parts between "/"';
  if (name.endsWith('.')) return 'git refuses a branch name that ends with "."';
  if (name.includes('..')) return 'git refuses ".." in a branch name';
  if (name.includes('@{')) return 'git refuses "@{" in a branch name';
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
  const bad = /[\u0000-\u0020\u007f~^:?*[\\]/.exec(name);
  if (bad !== null) return `git refuses ${JSON.stringify(bad[0])} in a branch name`;
  if (name.split('/').some((part) => part.startsWith('.') || part.endsWith('.lock'))) {
    return 'git refuses parts that begin with "." or end with ".lock"';
  }
  return undefined;
}
