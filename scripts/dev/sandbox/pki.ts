import { generateKeyPairSync } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { $ } from 'zx/core';
import { SandboxError } from './errors.ts';

/** A certificate and its key, as files. */
export interface KeyPair {
  certificate: string;
  key: string;
}

/** What a certificate is for. */
interface CertificateRequest {
  /** Names the files, too. */
  name: string;
  commonName: string;
  /** Kubernetes takes these as the groups of a user. */
  organizations?: readonly string[];
  /** For a server: DNS names and addresses, e.g. "DNS:localhost", "IP:127.0.0.1". */
  subjectAltNames?: readonly string[];
}

/** A certificate authority in a folder, for one cluster. Keys are files that only their owner can read. */
export interface Authority {
  folder: string;
  /** The authority's own certificate and key. */
  ca: KeyPair;
  /** Signs a certificate with a new key; one that is there already is kept. */
  issue(request: CertificateRequest): Promise<KeyPair>;
}

/** Days; a sandbox lives for hours. */
const lifetime = 30;

/**
 * Opens the certificate authority of a folder, making it when it is absent.
 * @throws SandboxError when openssl (3.0 or newer) is missing or fails.
 */
export async function openAuthority(folder: string): Promise<Authority> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const ca = filesOf(folder, 'ca');
  if (!existsSync(ca.certificate)) {
    await sign(
      folder,
      'ca',
      ['[name]', 'CN = breakwater-sandbox-ca'],
      ['basicConstraints = critical, CA:TRUE', 'keyUsage = critical, keyCertSign, cRLSign, digitalSignature'],
    );
  }
  return {
    folder,
    ca,
    async issue(request) {
      const files = filesOf(folder, request.name);
      if (existsSync(files.certificate)) return files;
      const organizations = (request.organizations ?? []).map((organization, index) => `${index}.O = ${organization}`);
      const extensions = [
        'basicConstraints = critical, CA:FALSE',
        'keyUsage = critical, digitalSignature',
        'extendedKeyUsage = clientAuth, serverAuth',
      ];
      if (request.subjectAltNames) extensions.push(`subjectAltName = ${request.subjectAltNames.join(', ')}`);
      await sign(folder, request.name, ['[name]', ...organizations, `CN = ${request.commonName}`], extensions, ca);
      return files;
    },
  };
}

/**
 * Makes the pair of keys with which an API server signs and checks the tokens of service accounts.
 * @returns their files; `certificate` is the public key.
 */
export async function makeTokenKeys(folder: string): Promise<KeyPair> {
  const files = { certificate: join(folder, 'service-accounts.pub'), key: join(folder, 'service-accounts.key') };
  if (existsSync(files.certificate)) return files;
  const { privateKey, publicKey } = newKey();
  await writeFile(files.key, privateKey, { mode: 0o600 });
  await writeFile(files.certificate, publicKey);
  return files;
}

function filesOf(folder: string, name: string): KeyPair {
  return { certificate: join(folder, `${name}.crt`), key: join(folder, `${name}.key`) };
}

function newKey() {
  return generateKeyPairSync('ec', {
    namedCurve: 'prime256v1',
    privateKeyEncoding: { type: 'sec1', format: 'pem' },
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  });
}

// openssl reads keys and settings from files only, so that nothing secret shows in a list of processes.
async function sign(
  folder: string,
  name: string,
  subject: readonly string[],
  extensions: readonly string[],
  ca?: KeyPair,
): Promise<void> {
  const files = filesOf(folder, name);
  const settings = join(folder, `${name}.cnf`);
  const sections = ['[req]', 'prompt = no', 'distinguished_name = name', 'x509_extensions = extensions'];
  await writeFile(settings, [...sections, ...subject, '[extensions]', ...extensions, ''].join('\n'));
  await writeFile(files.key, newKey().privateKey, { mode: 0o600 });
  const signer = ca ? ['-CA', ca.certificate, '-CAkey', ca.key] : [];
  const result = await $({
    quiet: true,
    nothrow: true,
  })`openssl req -x509 -new -config ${settings} -key ${files.key} -days ${lifetime} ${signer} -out ${files.certificate}`;
  await rm(settings);
  if (result.exitCode === 0) return;
  await rm(files.certificate, { force: true });
  throw new SandboxError(
    `openssl could not make the certificate "${name}" in ${folder}: ${result.stderr.trim() || 'it did not run'}\n` +
      'OpenSSL 3.0 or newer is needed on the PATH.',
  );
}
