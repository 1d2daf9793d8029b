import { createHash } from 'node:crypto';

/** Secret with the static users' password hashes, in Dex's namespace. */
export const usersSecret = 'dex-users';

/**
 * @param email a user's address
 * @returns the key of the user's hash in {@link usersSecret}: readable, and distinct for distinct addresses
 */
export function userKey(email: string): string {
  return `${email.replaceAll(/[^-._a-z0-9]/g, '_').slice(0, 200)}-${digest(email).slice(0, 8)}`;
}

/** @returns the environment variable through which Dex gets the user's hash */
export function userVariable(email: string): string {
  return `USER_${digest(email).slice(0, 16).toUpperCase()}_HASH`;
}

/** @returns a stable UUID, so that a user keeps their identity when the list is reordered */
export function userId(email: string): string {
  const hex = digest(`breakwater-user:${email}`);
  return [hex.slice(0, 8), hex.slice(8, 12), `5${hex.slice(13, 16)}`, `8${hex.slice(17, 20)}`, hex.slice(20, 32)].join(
    '-',
  );
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
