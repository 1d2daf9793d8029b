/** Keys and list indexes from the top of a file. */
export type KeyPath = readonly PropertyKey[];

/** Maximum number of problems per file. More would cost time, and no one would read them. */
export const mostProblems = 500;

/**
 * Formats a key path for messages.
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
