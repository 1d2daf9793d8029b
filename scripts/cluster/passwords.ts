import { randomInt } from 'node:crypto';
import { open } from 'node:fs/promises';
import { UsageError } from '../report/errors.ts';

/** A generated password. The cluster only holds its hash. */
export interface MadePassword {
  user: string;
  password: string;
}

/** Without ambiguous characters (0 and O, 1, l and I). */
const alphabet = 'abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789';
const groups = 4;
const groupLength = 6;
/** 2^12 rounds: a quarter of a second per guess. */
const cost = 12;
/** Lowest bcrypt cost that Dex accepts: https://github.com/dexidp/dex/blob/master/server/api.go (checkCost). */
const lowestCost = 10;
const highestCost = 16;

/** @returns a password of 24 random characters (139 bits) in four groups, easy to read out */
export function makePassword(): string {
  const group = () => Array.from({ length: groupLength }, () => alphabet[randomInt(alphabet.length)]).join('');
  return Array.from({ length: groups }, group).join('-');
}

/**
 * @returns the bcrypt hash ($2b$) of a password
 * @throws UsageError for a password that bcrypt would cut off or that is empty
 */
export async function hashPassword(user: string, password: string): Promise<string> {
  const wrong = (message: string, hint: string) => new UsageError(`the password of ${user} ${message}`, { hint });
  if (password.trim() === '')
    throw wrong('is empty', 'Set one, or remove auth.users[].password to have one generated.');
  if (password.includes('\0')) throw wrong('contains a NUL byte', 'bcrypt would cut it off there: remove the byte.');
  const bytes = Buffer.byteLength(password);
  if (bytes > 72)
    throw wrong(`is ${bytes} bytes long`, 'bcrypt reads 72 bytes and ignores the rest: use a shorter one.');
  const { hash } = await import('bcryptjs');
  return hash(password, cost);
}

/**
 * @returns the hash to store
 * @throws UsageError for anything but a bcrypt hash that Dex accepts; the message does not repeat it
 */
export function checkPasswordHash(user: string, text: string): string {
  const hash = text.trim();
  const match = /^\$2[aby]\$(\d\d)\$[./A-Za-z0-9]{53}$/.exec(hash);
  if (match === null) {
    throw new UsageError(`the password hash for ${user} is not a bcrypt hash`, {
      hint: 'Create one with `htpasswd -nBC 12 USER`. It starts with $2a$, $2b$ or $2y$ (quote it, since shells expand "$").',
    });
  }
  const given = Number(match[1]);
  if (given < lowestCost || given > highestCost) {
    throw new UsageError(`the password hash of ${user} has cost ${given}`, {
      hint: `Dex accepts ${lowestCost} to ${highestCost}: create a new one with \`htpasswd -nBC 12 USER\`.`,
    });
  }
  return hash;
}

/**
 * Appends passwords to a file that only its owner can read, one `user: password` per line.
 *
 * @throws UsageError when others can read the existing file
 */
export async function writePasswords(file: string, passwords: readonly MadePassword[]): Promise<void> {
  const handle = await open(file, 'a', 0o600);
  try {
    const { mode } = await handle.stat();
    if ((mode & 0o077) !== 0) {
      throw new UsageError(`${file} can be read by others`, {
        hint: `Run \`chmod 600 ${file}\`, or choose a new file.`,
      });
    }
    await handle.write(passwords.map(({ user, password }) => `${user}: ${password}\n`).join(''));
    await handle.sync();
  } finally {
    await handle.close();
  }
}
