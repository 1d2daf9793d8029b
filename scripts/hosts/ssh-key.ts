import { generateKeyPairSync, randomBytes } from 'node:crypto';

/** An SSH key pair without a passphrase. */
export interface SshKeyPair {
  /** OpenSSH's format. */
  privateKey: string;
  /** As `ssh-ed25519 AAAA…`. */
  publicKey: string;
}

const magic = Buffer.from('openssh-key-v1\0');
const kind = 'ssh-ed25519';
const begin = '-----BEGIN OPENSSH PRIVATE KEY-----';
const end = '-----END OPENSSH PRIVATE KEY-----';

/**
 * Makes an ed25519 key pair, in memory only.
 *
 * @param comment kept in the private half, for people
 * @see https://github.com/openssh/openssh-portable/blob/master/PROTOCOL.key
 */
export function makeSshKey(comment: string): SshKeyPair {
  const pair = generateKeyPairSync('ed25519');
  const { x = '', d = '' } = pair.privateKey.export({ format: 'jwk' });
  const point = Buffer.from(x, 'base64url');
  const secret = Buffer.concat([Buffer.from(d, 'base64url'), point]);
  const blob = Buffer.concat([field(kind), field(point)]);
  const check = randomBytes(4);
  const body = Buffer.concat([check, check, field(kind), field(point), field(secret), field(comment)]);
  const padding = Buffer.from(Array.from({ length: (8 - (body.length % 8)) % 8 }, (_, index) => index + 1));
  const one = Buffer.from([0, 0, 0, 1]);
  const whole = Buffer.concat([
    ...[magic, field('none'), field('none'), field(''), one],
    ...[field(blob), field(Buffer.concat([body, padding]))],
  ]);
  const lines = whole.toString('base64').match(/.{1,70}/g) ?? [];
  return {
    privateKey: [begin, ...lines, end, ''].join('\n'),
    publicKey: `${kind} ${blob.toString('base64')}`,
  };
}

/**
 * @param privateKey OpenSSH's format
 * @returns the public half, as `ssh-ed25519 AAAA…`; undefined when it is not such a key, or encrypted
 */
export function publicHalf(privateKey: string): string | undefined {
  const text = privateKey.trim();
  if (!text.startsWith(begin) || !text.endsWith(end)) return undefined;
  const whole = Buffer.from(text.slice(begin.length, -end.length), 'base64');
  if (!whole.subarray(0, magic.length).equals(magic)) return undefined;
  try {
    const [cipher, afterCipher] = readField(whole, magic.length);
    const [, afterKdf] = readField(whole, afterCipher);
    const [, afterOptions] = readField(whole, afterKdf);
    const [blob] = readField(whole, afterOptions + 4);
    const [type] = readField(blob, 0);
    return cipher.toString() === 'none' ? `${type.toString()} ${blob.toString('base64')}` : undefined;
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

function field(content: string | Buffer): Buffer {
  const bytes = Buffer.from(content);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
}

/** @returns the field at an offset, and the offset behind it. @throws RangeError when it ends too early */
function readField(from: Buffer, at: number): [content: Buffer, next: number] {
  const next = at + 4 + from.readUInt32BE(at);
  if (next > from.length) throw new RangeError('a field is longer than the key');
  return [from.subarray(at + 4, next), next];
}
