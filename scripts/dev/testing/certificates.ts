import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto';

/** A certificate with its key, as PEM; created without openssl, which test machines may lack. */
export interface TestCertificate {
  commonName: string;
  certificate: string;
  privateKey: KeyObject;
  /** PKCS#8. */
  key: string;
}

/** Properties of a test certificate. */
export interface CertificateSpec {
  commonName: string;
  ca: boolean;
  from?: Date;
  to?: Date;
  /** DNS names of subjectAltName. */
  names?: readonly string[];
  /** The CA that signs it. Absent: self-signed. */
  signer?: TestCertificate;
}

const day = 86_400_000;

/** Creates a certificate, self-signed unless a CA is given: https://www.rfc-editor.org/rfc/rfc5280#section-4.1 */
export function makeCertificate(spec: CertificateSpec): TestCertificate {
  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const { from = new Date(Date.now() - day), to = new Date(Date.now() + 365 * day) } = spec;
  const algorithm = sequence(oid(0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0b), element(0x05));
  const nameOf = (text: string) =>
    sequence(element(0x31, sequence(oid(0x55, 0x04, 0x03), element(0x0c, Buffer.from(text)))));
  const constraints = sequence(...(spec.ca ? [element(0x01, Buffer.from([0xff]))] : []));
  const critical = element(0x01, Buffer.from([0xff]));
  const extension = sequence(oid(0x55, 0x1d, 0x13), critical, element(0x04, constraints));
  const body = sequence(
    element(0xa0, element(0x02, Buffer.from([2]))),
    element(0x02, Buffer.from([1])),
    algorithm,
    nameOf(spec.signer?.commonName ?? spec.commonName),
    sequence(time(from), time(to)),
    nameOf(spec.commonName),
    publicKey.export({ type: 'spki', format: 'der' }),
    element(0xa3, sequence(extension, ...alternatives(spec.names ?? []))),
  );
  const signature = element(
    0x03,
    Buffer.concat([Buffer.from([0]), sign('sha256', body, spec.signer?.privateKey ?? privateKey)]),
  );
  const base64 = sequence(body, algorithm, signature)
    .toString('base64')
    .replaceAll(/(.{64})/g, '$1\n')
    .trimEnd();
  return {
    commonName: spec.commonName,
    certificate: `-----BEGIN CERTIFICATE-----\n${base64}\n-----END CERTIFICATE-----\n`,
    privateKey,
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  };
}

function alternatives(names: readonly string[]): Buffer[] {
  if (names.length === 0) return [];
  const list = sequence(...names.map((name) => element(0x82, Buffer.from(name))));
  return [sequence(oid(0x55, 0x1d, 0x11), element(0x04, list))];
}

/** One DER element: tag, length, content. */
function element(tag: number, ...parts: readonly Buffer[]): Buffer {
  const content = Buffer.concat(parts);
  const { length } = content;
  const size = length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...size]), content]);
}

function sequence(...parts: readonly Buffer[]): Buffer {
  return element(0x30, ...parts);
}

function oid(...bytes: readonly number[]): Buffer {
  return element(0x06, Buffer.from(bytes));
}

function time(date: Date): Buffer {
  const digits = date.toISOString().replaceAll(/[-:T]|\.\d+/g, '');
  return element(0x18, Buffer.from(digits));
}
