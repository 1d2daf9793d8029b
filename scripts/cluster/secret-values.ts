import { createPrivateKey, type KeyObject, randomBytes, X509Certificate } from 'node:crypto';
import type { Generator, SecretSpec } from '../components/component.ts';
import type { SecretReference } from '../config/schema/common.ts';
import { UsageError } from '../report/errors.ts';
import { checkPasswordHash, hashPassword, type MadePassword, makePassword } from './passwords.ts';
import type { SecretPlan } from './secret-plan.ts';

/** Reads the value of a reference. Throws a UsageError when it is missing. */
export type Resolve = (reference: SecretReference) => Promise<string> | string;

/** Generated and validated values for a plan, not yet written. */
export interface PreparedSecret {
  plan: SecretPlan;
  /** Plain values, for the plan's keys. */
  values: Readonly<Record<string, string>>;
  passwords: readonly MadePassword[];
}

/**
 * Prepares all values, so that a missing or bad reference is reported before the first write.
 *
 * @throws UsageError with every problem of the references
 */
export async function prepareSecrets(plans: readonly SecretPlan[], resolve: Resolve): Promise<PreparedSecret[]> {
  const prepared: PreparedSecret[] = [];
  const problems: UsageError[] = [];
  for (const plan of plans) {
    try {
      prepared.push(await prepareSecret(plan, resolve));
    } catch (error) {
      if (!(error instanceof UsageError)) throw error;
      problems.push(error);
    }
  }
  const first = problems[0];
  if (first === undefined) return prepared;
  if (problems.length === 1) throw first;
  throw new UsageError(problems.map(({ message }) => message).join('; '), {
    hint: problems
      .map(({ hint }) => hint)
      .filter((hint) => hint !== undefined)
      .join(' '),
  });
}

async function prepareSecret(plan: SecretPlan, resolve: Resolve): Promise<PreparedSecret> {
  const values: Record<string, string> = {};
  const passwords: MadePassword[] = [];
  for (const key of plan.keys) {
    const generator = plan.need.keys[key];
    if (generator === undefined) continue;
    if (generator.kind === 'password-hash') {
      const { hash, made } = await passwordHash(generator, resolve);
      values[key] = hash;
      if (made !== undefined) passwords.push({ user: generator.user, password: made });
    } else {
      values[key] = await plainValue(plan.need, key, generator, resolve);
    }
  }
  checkPair(plan.need, values);
  return { plan, values, passwords };
}

async function plainValue(
  need: SecretSpec,
  key: string,
  generator: Exclude<Generator, { kind: 'password-hash' }>,
  resolve: Resolve,
): Promise<string> {
  switch (generator.kind) {
    case 'random':
      return randomBytes(generator.bytes).toString(generator.encoding);
    case 'constant':
      return generator.value;
    case 'reference': {
      const text = await resolve(generator.from);
      const place = describeReference(generator.from);
      if (text.trim() === '') {
        throw new UsageError(`${place} is empty`, { hint: `It becomes "${key}" of ${need.namespace}/${need.name}.` });
      }
      if (generator.check === 'certificate') return checkCertificate(place, text);
      if (generator.check === 'private-key') return checkPrivateKey(place, text);
      // Editors add a final newline that is not part of the secret.
      return text.replace(/\r?\n$/, '');
    }
  }
}

async function passwordHash(
  generator: Extract<Generator, { kind: 'password-hash' }>,
  resolve: Resolve,
): Promise<{ hash: string; made?: string }> {
  const { user, password, passwordHash } = generator;
  if (passwordHash !== undefined) return { hash: checkPasswordHash(user, await resolve(passwordHash)) };
  if (password !== undefined) {
    return { hash: await hashPassword(user, (await resolve(password)).replace(/\r?\n$/, '')) };
  }
  const made = makePassword();
  return { hash: await hashPassword(user, made), made };
}

/** Checks that cert-manager can issue with the CA: https://cert-manager.io/docs/configuration/ca/ */
function checkCertificate(place: string, text: string): string {
  const certificate = parseCertificate(text);
  if (certificate === undefined) {
    throw new UsageError(`${place} does not contain a certificate`, {
      hint: 'It must be PEM ("-----BEGIN CERTIFICATE-----").',
    });
  }
  if (!certificate.ca) {
    throw new UsageError(`the certificate in ${place} (${certificate.subject}) is not a CA`, {
      hint: 'It needs the extension basicConstraints CA:TRUE, and must come first in the file.',
    });
  }
  const now = Date.now();
  if (Date.parse(certificate.validTo) < now) {
    throw new UsageError(`the certificate in ${place} expired on ${certificate.validTo}`, {
      hint: 'Provide a new one.',
    });
  }
  if (Date.parse(certificate.validFrom) > now) {
    throw new UsageError(`the certificate in ${place} is not valid before ${certificate.validFrom}`, {
      hint: "Check this machine's clock.",
    });
  }
  return text;
}

function checkPrivateKey(place: string, text: string): string {
  if (/-----BEGIN ENCRYPTED|Proc-Type: 4,ENCRYPTED/.test(text)) {
    throw new UsageError(`the private key in ${place} is encrypted`, {
      hint: 'The cluster cannot ask for the passphrase: decrypt it with `openssl pkey -in OLD -out NEW`. Keep NEW out of Git.',
    });
  }
  if (parseKey(text) === undefined) {
    throw new UsageError(`${place} does not contain a private key`, {
      hint: 'It must be PEM ("-----BEGIN PRIVATE KEY-----").',
    });
  }
  return text;
}

/** Checks that certificate and key of one Secret match. */
function checkPair(need: SecretSpec, values: Readonly<Record<string, string>>): void {
  const checked = (check: string) =>
    Object.entries(need.keys).find(([, generator]) => generator.kind === 'reference' && generator.check === check);
  const [certificateKey, certificateFrom] = checked('certificate') ?? [];
  const [keyKey, keyFrom] = checked('private-key') ?? [];
  if (certificateKey === undefined || keyKey === undefined) return;
  const certificate = parseCertificate(values[certificateKey] ?? '');
  const key = parseKey(values[keyKey] ?? '');
  if (certificate === undefined || key === undefined || certificate.checkPrivateKey(key)) return;
  const places = [certificateFrom, keyFrom].map((from) =>
    from?.kind === 'reference' ? describeReference(from.from) : '',
  );
  throw new UsageError(`the private key in ${places[1]} does not match the certificate in ${places[0]}`, {
    hint: 'Provide the key of that certificate.',
  });
}

function parseCertificate(text: string): X509Certificate | undefined {
  try {
    return new X509Certificate(text);
  } catch {
    return undefined;
  }
}

function parseKey(text: string): KeyObject | undefined {
  try {
    return createPrivateKey(text);
  } catch {
    return undefined;
  }
}

function describeReference(reference: SecretReference): string {
  return 'env' in reference ? `the environment variable ${reference.env}` : `the file ${reference.file}`;
}
