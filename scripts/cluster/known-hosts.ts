import { createHmac } from 'node:crypto';
import { UsageError } from '../report/errors.ts';

/**
 * Validates the configured SSH keys of a Git host.
 *
 * @param text lines as `ssh-keyscan` prints them
 * @param host host name
 * @param port port, if the address has one
 * @returns the lines with keys, without comments and blank lines
 * @throws UsageError when a line is not a key, or no key is for the host
 */
export function checkKnownHosts(text: string, host: string, port?: number): string[] {
  const lines = keyLines(text);
  const address = addressOf(host, port);
  const hint = `\`ssh-keyscan${port === undefined ? '' : ` -p ${port}`} ${host}\` prints them. Compare them with the keys that the host publishes.`;
  const bad = lines.find((line) => line.split(/\s+/).length < 3);
  if (bad !== undefined) throw new UsageError(`knownHosts has a line that is not a key: ${bad.slice(0, 60)}`, { hint });
  if (!lines.some((line) => isFor(line, address))) {
    throw new UsageError(`knownHosts has no key for ${address}`, { hint });
  }
  return lines;
}

/**
 * @param current the existing lines
 * @param added lines to add
 * @param address the host of the added lines: its other keys are removed as outdated
 * @returns the remaining lines, with new lines at the end
 */
export function mergeKnownHosts(current: string, added: readonly string[], address?: string): string {
  const wanted = new Set(added.map(normal));
  const replaced = (line: string) => address !== undefined && isOnlyFor(line, address) && !wanted.has(normal(line));
  const kept = current.split('\n').filter((line) => !replaced(line.trim()));
  const known = new Set(keyLines(kept.join('\n')).map(normal));
  const missing = added.filter((line) => !known.has(normal(line)));
  if (missing.length === 0 && kept.length === current.split('\n').length) return current;
  const rest = kept.join('\n').replace(/\n*$/, '');
  return [...(rest === '' ? [] : [rest]), ...missing, ''].join('\n');
}

/** @returns true when a line is for this host alone; others are not ours to remove */
function isOnlyFor(line: string, address: string): boolean {
  const [hosts = ''] = line.split(/\s+/);
  if (line === '' || /^[#@]/.test(line) || /[*?,!]/.test(hosts)) return false;
  return isFor(line, address);
}

/** @returns a host and port in known_hosts format */
export function addressOf(host: string, port?: number): string {
  return port === undefined || port === 22 ? host : `[${host}]:${port}`;
}

/** @returns lines that are neither blank nor comments */
export function keyLines(text: string): string[] {
  return text
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'));
}

/** Host, type and key of a line, without the comment. */
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
