import { createHmac } from 'node:crypto';
import { UsageError } from '../report/errors.ts';

/**
 * Checks what is given as a Git host's SSH keys.
 *
 * @param text lines as `ssh-keyscan` prints them
 * @param host host name
 * @param port when the address names one
 * @returns the lines that count, without comments and blank lines
 * @throws UsageError when a line is no key, or none is for the host
 */
export function checkKnownHosts(text: string, host: string, port?: number): string[] {
  const lines = keyLines(text);
  const address = port === undefined || port === 22 ? host : `[${host}]:${port}`;
  const hint = `\`ssh-keyscan${port === undefined ? '' : ` -p ${port}`} ${host}\` prints them; compare them with what the host publishes.`;
  const bad = lines.find((line) => line.split(/\s+/).length < 3);
  if (bad !== undefined)
    throw new UsageError(`the known hosts hold a line that is no key: ${bad.slice(0, 60)}`, { hint });
  if (!lines.some((line) => isFor(line, address))) {
    throw new UsageError(`the known hosts hold no key of ${address}`, { hint });
  }
  return lines;
}

/**
 * @param current what is there
 * @param added lines to add
 * @returns all that is there, and those of the lines which were not, at the end
 */
export function mergeKnownHosts(current: string, added: readonly string[]): string {
  const known = new Set(keyLines(current).map(normal));
  const missing = added.filter((line) => !known.has(normal(line)));
  if (missing.length === 0) return current;
  return [...(current === '' ? [] : [current.replace(/\n*$/, '')]), ...missing, ''].join('\n');
}

/** @returns lines that are neither blank nor comments */
export function keyLines(text: string): string[] {
  return text
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'));
}

/** Host, type and key: comments behind the key make no difference. */
function normal(line: string): string {
  return line
    .split(/\s+/)
    .slice(0, line.startsWith('@') ? 4 : 3)
    .join(' ');
}

/** Whether a line is for an address. Format: sshd(8), SSH_KNOWN_HOSTS FILE FORMAT. */
function isFor(line: string, address: string): boolean {
  const fields = line.split(/\s+/);
  if (fields[0] === '@revoked') return false;
  const hosts = (fields[0]?.startsWith('@') ? fields[1] : fields[0]) ?? '';
  return hosts.split(',').some((pattern) => {
    const hashed = /^\|1\|([^|]+)\|([^|]+)$/.exec(pattern);
    if (hashed !== null) {
      const salt = Buffer.from(hashed[1] ?? '', 'base64');
      return createHmac('sha1', salt).update(address).digest('base64') === hashed[2];
    }
    const expression = pattern.toLowerCase().replace(/[.+^${}()|[\]\\]/g, '\\$&');
    return new RegExp(`^${expression.replaceAll('*', '.*').replaceAll('?', '.')}$`).test(address.toLowerCase());
  });
}
