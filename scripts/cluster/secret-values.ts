import { createPrivateKey, type KeyObject, randomBytes } from 'node:crypto';
import type { Generator, SecretSpec, SopsReference } from '../components/component.ts';
import type { SecretReference } from '../config/schema/common.ts';
import { UsageError } from '../report/errors.ts';
import { type CertificateProblem, caProblem, chainProblem, parseCertificate, servedProblem } from './certificates.ts';
import { checkPasswordHash, hashPassword, type MadePassword, makePassword } from './passwords.ts';
import type { SecretPlan } from './secret-plan.ts';

/** Reads the value of a reference. Throws a UsageError when it is missing. */
export type Resolve = (reference: SecretReference | SopsReference) => Promise<string> | string;

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
      if (generator.check === 'ca') return accepted(text, caProblem(place, text));
      if (generator.check === 'served') return accepted(text, servedProblem(place, text, generator.hosts ?? []));
      if (generator.check === 'private-key') return checkPrivateKey(place, text);
      if (generator.check === 'docker-config') return checkDockerConfig(place, text);
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

/** The file of `docker login`. With a credential helper, the file holds no login. */
function checkDockerConfig(place: string, text: string): string {
  let registries: [string, { auth?: unknown; username?: unknown } | null][] = [];
  try {
    registries = Object.entries(JSON.parse(text).auths ?? {});
  } catch {
    // Reported below, without the text.
  }
  const without = registries.filter(([, login]) => !login?.auth && !login?.username).map(([registry]) => registry);
  if (registries.length > 0 && without.length === 0) return text;
  const what = without.length === 0 ? 'has no logins of registries' : `has no login for ${without.join(', ')}`;
  throw new UsageError(`${place} ${what}`, {
    hint: 'It must be as docker login writes it without a credential helper: {"auths": {"registry.example.com": {"auth": "base64 of user:password"}}}.',
  });
}

function accepted(text: string, problem: CertificateProblem | undefined): string {
  if (problem !== undefined) throw new UsageError(problem.message, { hint: problem.hint });
  return text;
}

/** Checks that the certificates and the key of one Secret match. */
function checkPair(need: SecretSpec, values: Readonly<Record<string, string>>): void {
  const given = (check: string) => {
    const [key = '', generator] =
      Object.entries(need.keys).find(([, one]) => one.kind === 'reference' && one.check === check) ?? [];
    if (generator?.kind !== 'reference') return undefined;
    return { text: values[key], place: describeReference(generator.from) };
  };
  const [served, ca, privateKey] = [given('served'), given('ca'), given('private-key')];
  const own = served ?? ca;
  const certificate = parseCertificate(own?.text ?? '');
  const key = parseKey(privateKey?.text ?? '');
  if (certificate !== undefined && key !== undefined && !certificate.checkPrivateKey(key)) {
    throw new UsageError(`the private key in ${privateKey?.place} does not match the certificate in ${own?.place}`, {
      hint: 'Provide the key of that certificate.',
    });
  }
  if (served?.text === undefined || (ca !== undefined && ca.text === undefined)) return;
  accepted(served.text, chainProblem(served.place, served.text, ca?.text));
}

function parseKey(text: string): KeyObject | undefined {
  try {
    return createPrivateKey(text);
  } catch {
    return undefined;
  }
}

function describeReference(reference: SecretReference | SopsReference): string {
  if ('sops' in reference) return `${reference.key} of ${reference.sops} in secrets/sops.yaml`;
  return 'env' in reference ? `the environment variable ${reference.env}` : `the file ${reference.file}`;
}
