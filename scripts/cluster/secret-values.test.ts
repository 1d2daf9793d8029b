import { mkdtempSync, rmSync } from 'node:fs';
import { chmod, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { compare, hashSync } from 'bcryptjs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Generator, SecretSpec } from '../components/component.ts';
import { makeCertificate } from '../dev/testing/certificates.ts';
import { makePassword, writePasswords } from './passwords.ts';
import { planSecrets } from './secret-plan.ts';
import { prepareSecrets } from './secret-values.ts';

let folder: string;
const files: Record<string, string> = {};

const day = 86_400_000;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'breakwater secrets-'));
  const ca = makeCertificate({ commonName: 'ca', ca: true });
  const served = { commonName: 'x', ca: false, names: ['platform.example.com', '*.platform.example.com'] };
  const company = makeCertificate({ commonName: 'company', ca: true });
  const own = makeCertificate({ ...served, signer: company });
  const between = makeCertificate({ commonName: 'between', ca: true, signer: company });
  const issued = makeCertificate({ ...served, signer: between });
  const encrypted = { type: 'pkcs8', format: 'pem', cipher: 'aes256', passphrase: 'x' } as const;
  Object.assign(files, {
    'ca.crt': ca.certificate,
    'ca.key': ca.key,
    'pkcs1.key': ca.privateKey.export({ type: 'pkcs1', format: 'pem' }).toString(),
    'encrypted.key': ca.privateKey.export(encrypted).toString(),
    'other.key': makeCertificate({ commonName: 'other', ca: true }).key,
    'leaf.crt': makeCertificate({ commonName: 'leaf', ca: false }).certificate,
    'old.crt': makeCertificate({ commonName: 'old', ca: true, to: new Date(Date.now() - day / 2) }).certificate,
    'new.crt': makeCertificate({ commonName: 'new', ca: true, from: new Date(Date.now() + day) }).certificate,
    'own.ca': company.certificate,
    'own.crt': own.certificate,
    'own.key': own.key,
    'chain.crt': issued.certificate + between.certificate,
    'short.crt': issued.certificate,
    'chain.key': issued.key,
    'late.crt': makeCertificate({ ...served, to: new Date(Date.now() - day / 2) }).certificate,
    empty: '',
    blank: ' \n',
    token: 'abc\n',
    words: 'hello',
    'docker.json': '{"auths": {"registry.example.com": {"auth": "dTpw"}}}',
    'helper.json': '{"auths": {"registry.example.com": {}}, "credsStore": "desktop"}',
  });
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

function need(keys: Record<string, Generator>, name = 'it'): SecretSpec {
  return { name, namespace: 'auth', purpose: 'a test', keys };
}

async function make(...needs: SecretSpec[]) {
  const plans = planSecrets(
    needs,
    needs.map(() => ({ live: undefined })),
  );
  return prepareSecrets(plans, (reference) =>
    'file' in reference ? (files[reference.file] ?? '') : 'from the environment',
  );
}

async function value(generator: Generator): Promise<string> {
  const [secret] = await make(need({ key: generator }));
  return secret?.values.key ?? '';
}

const from = (file: string, check?: 'ca' | 'served' | 'private-key' | 'docker-config' | 'not-empty'): Generator => ({
  kind: 'reference',
  from: { file },
  ...(check === undefined ? {} : { check }),
});

describe('values that are made', () => {
  it('are random, of the asked length, and never twice the same', async () => {
    const cookie: Generator = { kind: 'random', bytes: 32, encoding: 'base64url' };
    const [one, two] = [await value(cookie), await value(cookie)];
    expect(Buffer.from(one, 'base64url')).toHaveLength(32);
    expect(one).not.toBe(two);
    expect(await value({ kind: 'random', bytes: 16, encoding: 'hex' })).toMatch(/^[0-9a-f]{32}$/);
  });

  it('are constants', async () => {
    expect(await value({ kind: 'constant', value: 'oauth2-proxy' })).toBe('oauth2-proxy');
  });
});

describe('values that are brought', () => {
  it('are taken without the line break that an editor adds', async () => {
    expect(await value(from('token', 'not-empty'))).toBe('abc');
  });

  it.each(['empty', 'blank'])(
    'are refused when %s: Dex lets everybody in with an empty client secret',
    async (file) => {
      await expect(value(from(file))).rejects.toMatchObject({
        name: 'UsageError',
        message: `the file ${file} is empty`,
      });
    },
  );

  it('are a CA with its key, in PKCS#8 or PKCS#1', async () => {
    for (const key of ['ca.key', 'pkcs1.key']) {
      const [secret] = await make(need({ 'tls.crt': from('ca.crt', 'ca'), 'tls.key': from(key, 'private-key') }));
      expect(secret?.values).toEqual({ 'tls.crt': files['ca.crt'], 'tls.key': files[key] });
    }
  });

  it.each([
    ['words', 'ca', 'the file words does not contain a certificate'],
    ['leaf.crt', 'ca', 'the certificate in the file leaf.crt (CN=leaf) is not a CA'],
    ['old.crt', 'ca', 'the certificate in the file old.crt expired on'],
    ['new.crt', 'ca', 'the certificate in the file new.crt is not valid before'],
    ['words', 'private-key', 'the file words does not contain a private key'],
    ['encrypted.key', 'private-key', 'the private key in the file encrypted.key is encrypted'],
    ['words', 'docker-config', 'the file words has no logins of registries'],
    ['helper.json', 'docker-config', 'the file helper.json has no login for registry.example.com'],
  ] as const)('are refused: %s as %s', async (file, check, message) => {
    await expect(value(from(file, check))).rejects.toMatchObject({
      name: 'UsageError',
      message: expect.stringContaining(message),
    });
  });

  it('are the logins of registries', async () => {
    expect(await value(from('docker.json', 'docker-config'))).toBe(files['docker.json']);
  });

  it("are refused when the key is another certificate's", async () => {
    const pair = need({ 'tls.crt': from('ca.crt', 'ca'), 'tls.key': from('other.key', 'private-key') });
    await expect(make(pair)).rejects.toThrow(
      'the private key in the file other.key does not match the certificate in the file ca.crt',
    );
  });

  describe('as a certificate to serve', () => {
    const hosts = ['platform.example.com', 'grafana.platform.example.com'];
    const certificate = (chain: string, key: string, ca: string | undefined, more: readonly string[] = hosts) =>
      make(
        need({
          'tls.crt': { kind: 'reference', from: { file: chain }, check: 'served', hosts: more },
          'tls.key': from(key, 'private-key'),
          ...(ca === undefined ? {} : { 'ca.crt': from(ca, 'ca') }),
        }),
      );

    it.each([
      ['own.crt', 'own.key'],
      ['chain.crt', 'chain.key'],
    ])('are taken: %s', async (chain, key) => {
      const [secret] = await certificate(chain, key, 'own.ca');
      expect(secret?.values['tls.crt']).toBe(files[chain]);
    });

    it.each([
      ['own.crt', 'chain.key', 'own.ca', hosts, 'the private key in the file chain.key does not match'],
      [
        'own.crt',
        'own.key',
        'own.ca',
        ['a.b.platform.example.com'],
        'does not cover a.b.platform.example.com, but DNS:',
      ],
      ['own.crt', 'own.key', 'own.ca', ['192.0.2.1'], 'does not cover 192.0.2.1'],
      ['leaf.crt', 'own.key', 'own.ca', hosts, 'but no name at all'],
      ['late.crt', 'own.key', 'own.ca', hosts, 'expired on'],
      ['short.crt', 'chain.key', 'own.ca', hosts, 'chain to CN=between, which is not in tls.certificate.ca'],
      ['chain.crt', 'chain.key', 'ca.crt', hosts, 'chain to CN=company, which is not in tls.certificate.ca'],
      ['own.crt', 'own.key', undefined, hosts, 'chain to CN=company, which is not a publicly trusted CA'],
    ])('are refused: %s, %s, %s for %s', async (chain, key, ca, names, message) => {
      await expect(certificate(chain, key, ca, names)).rejects.toThrow(message);
    });

    it('are refused where the cluster has one that no longer fits', () => {
      const spec = need({
        'tls.crt': { kind: 'reference', from: { file: '' }, check: 'served', hosts: ['new.example.com'] },
      });
      const data = { 'tls.crt': Buffer.from(files['own.crt'] ?? '').toString('base64') };
      const live = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'it', namespace: 'auth' }, data };
      expect(() => planSecrets([spec], [{ live }])).toThrow(
        expect.objectContaining({ details: [expect.stringMatching(/does not cover new\.example\.com.*--rotate it$/)] }),
      );
      expect(planSecrets([spec], [{ live }], ['it'])[0]?.action).toBe('rotate');
    });
  });

  it('are all checked before anything is written, and everything wrong is said at once', async () => {
    const wrong = make(need({ a: from('empty') }), need({ b: from('words', 'private-key') }, 'second'));
    await expect(wrong).rejects.toThrow('the file empty is empty; the file words does not contain a private key');
  });
});

describe('passwords', () => {
  const hash = (options: object): Generator => ({ kind: 'password-hash', user: 'ada@example.com', ...options });

  it('are generated when none is given, and printed with their user', async () => {
    const [secret] = await make(need({ ada: hash({}) }));
    const [told] = secret?.passwords ?? [];
    expect(told?.user).toBe('ada@example.com');
    expect(told?.password).toMatch(/^([a-km-zA-HJ-NP-Z2-9]{6}-){3}[a-km-zA-HJ-NP-Z2-9]{6}$/);
    expect(await compare(told?.password ?? '', secret?.values.ada ?? '')).toBe(true);
    expect(secret?.values.ada).toMatch(/^\$2b\$12\$/);
  });

  it('are never made twice the same', () => {
    expect(new Set(Array.from({ length: 100 }, makePassword))).toHaveProperty('size', 100);
  });

  it('are hashed when they are given, and not printed', async () => {
    files.password = 'correct horse\n';
    const [secret] = await make(need({ ada: hash({ password: { file: 'password' } }) }));
    expect(secret?.passwords).toEqual([]);
    expect(await compare('correct horse', secret?.values.ada ?? '')).toBe(true);
  });

  it.each([
    ['longer than bcrypt reads', 'é'.repeat(37), 'is 74 bytes long'],
    ['empty', '\n', 'is empty'],
    ['cut off by a NUL', 'ab\0cd', 'contains a NUL byte'],
  ])('are refused when %s', async (_, text, message) => {
    files.password = text;
    await expect(value(hash({ password: { file: 'password' } }))).rejects.toMatchObject({
      name: 'UsageError',
      message: `the password of ada@example.com ${message}`,
    });
  });

  it('may be 72 bytes long', async () => {
    files.password = 'x'.repeat(72);
    expect(await value(hash({ password: { file: 'password' } }))).toMatch(/^\$2b\$/);
  });

  it.each(['2a', '2b', '2y'])('are taken as a hash of the kind $%s$', async (kind) => {
    files.hash = `${hashSync('x', 10).replace('$2b$', `$${kind}$`)}\n`;
    expect(await value(hash({ passwordHash: { file: 'hash' } }))).toBe(files.hash.trim());
  });

  it.each([
    ['a plain password', 'hunter22', 'is not a bcrypt hash'],
    ['another kind of hash', '$argon2id$v=19$m=65536,t=3,p=4$c2FsdA$aGFzaA', 'is not a bcrypt hash'],
    ['a hash that a shell cut', '$2b$12$abc', 'is not a bcrypt hash'],
    ['a cheap hash', hashSync('x', 5), 'has cost 5'],
    ['a hash that Dex refuses as too slow', hashSync('x', 5).replace('$05$', '$17$'), 'has cost 17'],
  ])('are refused as a hash that is %s, without repeating it', async (_, text, message) => {
    files.hash = text;
    const refused = await value(hash({ passwordHash: { file: 'hash' } })).catch((error: Error) => error.message);
    expect(refused).toContain(message);
    expect(refused).not.toContain(text);
  });

  it('go into a file that only its owner can read, after what stands there', async () => {
    const file = join(folder, 'passwords');
    await writePasswords(file, [{ user: 'ada', password: 'one' }]);
    await writePasswords(file, [{ user: 'bob', password: 'two' }]);
    expect(await readFile(file, 'utf8')).toBe('ada: one\nbob: two\n');
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    await rm(file);
  });

  it('do not go into a file that others can read', async () => {
    const file = join(folder, 'open');
    await writeFile(file, '');
    await chmod(file, 0o644);
    await expect(writePasswords(file, [{ user: 'ada', password: 'one' }])).rejects.toThrow('can be read by others');
    expect(await readFile(file, 'utf8')).toBe('');
  });
});
