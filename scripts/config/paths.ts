/** Path of keys and list indexes from the top of a file. */
export type KeyPath = readonly PropertyKey[];

/** After so many mistakes in one file the rest is not looked at: it would take long and nobody would read it. */
export const mostProblems = 500;

/**
 * Writes a key path as people read it.
 *
 * @returns for example `auth.users[0].email`, or `loadBalancer.annotations["a.b/c"]`
 */
export function formatPath(path: KeyPath): string {
  return path.reduce<string>((text, part) => {
    if (typeof part === 'number') return `${text}[${part}]`;
    const key = String(part);
    if (!/^[A-Za-z_$][\w$-]*$/.test(key)) return `${text}[${JSON.stringify(key)}]`;
    return text === '' ? key : `${text}.${key}`;
  }, '');
}
