import { createHash } from 'node:crypto';
import type { Remote } from './remote.ts';

/** A host key that ssh refused, for a message. */
export interface HostKeyProblem {
  what: string;
  details: readonly string[];
  hint: string;
}

/**
 * Explains which key an SSH host sent and which ones are known. ssh's own text would name our temporary files.
 *
 * @param stderr output of ssh
 * @returns undefined for other errors, or when ssh does not name the key
 */
export function hostKeyProblem(stderr: string, { credentials }: Remote): HostKeyProblem | undefined {
  const [, type, fingerprint] =
    /The fingerprint for the (\S+) key sent by the remote host is\s+(SHA256:[A-Za-z0-9+/=]+)/.exec(stderr) ?? [];
  if (type === undefined || fingerprint === undefined) return undefined;
  const kind = type.toLowerCase();
  if (credentials === undefined || !('knownHosts' in credentials)) {
    return {
      what: "the host's SSH key does not match the known one",
      details: [
        `sent: ${kind} ${fingerprint}`,
        ...stderr.split('\n').filter((line) => /^Offending .* key in /.test(line)),
      ],
      hint: "Ask the host's administrators whether the key has changed. If it has, remove the old line from your known_hosts.",
    };
  }
  const file = credentials.knownHostsFrom ?? 'git.credentials.knownHosts';
  const known = credentials.knownHosts.split('\n').flatMap(keyOf);
  const details = [
    `sent: ${kind} ${fingerprint}`,
    ...known.map((key) => `known (${file}): ${key.kind} ${key.fingerprint}`),
  ];
  if (known.some((key) => key.kind === kind)) {
    return {
      what: "the host's SSH key does not match the known one",
      details,
      hint: `Ask the host's administrators whether the key has changed. If it has, put the new key in ${file} (ssh-keyscan prints it), and run again: Argo CD then drops the old one.`,
    };
  }
  return {
    what: `the host sent an SSH key of another type (${kind}) than the known ones; this does not mean that its key was changed`,
    details,
    hint: `Compare the fingerprint with the one that the host publishes, and add the line that \`ssh-keyscan -t ${kind} HOST\` prints to ${file}.`,
  };
}

/** Type (as in ssh's messages) and fingerprint of the key in a line of known_hosts. */
function keyOf(line: string): { kind: string; fingerprint: string }[] {
  const fields = line.trim().split(/\s+/);
  if (line.trim() === '' || line.startsWith('#')) return [];
  const [type = '', key = ''] = fields.slice(fields[0]?.startsWith('@') === true ? 2 : 1);
  if (key === '') return [];
  const digest = createHash('sha256').update(Buffer.from(key, 'base64')).digest('base64').replace(/=+$/, '');
  return [
    {
      kind: type.replace(/^ssh-/, '').replace(/^ecdsa-.*/, 'ecdsa'),
      fingerprint: `SHA256:${digest}`,
    },
  ];
}
