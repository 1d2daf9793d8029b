import { execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { makeSshKey, publicHalf } from './ssh-key.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'breakwater-key-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

describe('a deploy key', () => {
  it("is one that OpenSSH's own program reads, with every length of comment", () => {
    for (const comment of ['', 'a', 'argocd of demo', 'x'.repeat(70)]) {
      const { privateKey, publicKey } = makeSshKey(comment);
      const file = join(folder, `key-${comment.length}`);
      writeFileSync(file, privateKey);
      chmodSync(file, 0o600);
      const read = execFileSync('ssh-keygen', ['-y', '-f', file], { encoding: 'utf8' });
      expect(read.trim()).toBe(`${publicKey} ${comment}`.trim());
      expect(publicHalf(privateKey)).toBe(publicKey);
    }
  });

  it('is another one each time', () => {
    expect(makeSshKey('x').publicKey).not.toBe(makeSshKey('x').publicKey);
  });

  it('has its public half read out of a key that ssh-keygen made, of other kinds too', () => {
    for (const type of ['ed25519', 'ecdsa', 'rsa']) {
      const file = join(folder, type);
      execFileSync('ssh-keygen', ['-q', '-t', type, '-N', '', '-f', file]);
      const [kind, blob] = readFileSync(`${file}.pub`, 'utf8').split(' ');
      expect(publicHalf(readFileSync(file, 'utf8'))).toBe(`${kind} ${blob}`);
    }
  });

  it('has no public half that could be read when it is encrypted, cut off, or no key', () => {
    const file = join(folder, 'encrypted');
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', 'secret words', '-f', file]);
    expect(publicHalf(readFileSync(file, 'utf8'))).toBeUndefined();
    const [first = '', second = '', , , , last = ''] = makeSshKey('').privateKey.trim().split('\n');
    expect(publicHalf([first, second.slice(0, 40), last].join('\n'))).toBeUndefined();
    expect(publicHalf('nonsense')).toBeUndefined();
    expect(publicHalf('-----BEGIN RSA PRIVATE KEY-----\nAAAA\n-----END RSA PRIVATE KEY-----')).toBeUndefined();
  });
});
