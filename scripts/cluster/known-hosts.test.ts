import { createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { checkKnownHosts, mergeKnownHosts } from './known-hosts.ts';

const key = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAfuCHKVTjquxvt6CM6tdG4SLp1Btn';
const rsa = 'ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABAQCsj2bNKTBSpIYDEGk9KxsG';

function hashed(address: string): string {
  const salt = Buffer.from('0123456789abcdefghij');
  return `|1|${salt.toString('base64')}|${createHmac('sha1', salt).update(address).digest('base64')}`;
}

describe("a Git host's keys", () => {
  it('are taken as ssh-keyscan prints them, all types, without its comments', () => {
    const text = `# git.example.com:22 SSH-2.0\r\ngit.example.com ${key}\n\ngit.example.com ${rsa} root@git\n`;
    expect(checkKnownHosts(text, 'git.example.com')).toEqual([
      `git.example.com ${key}`,
      `git.example.com ${rsa} root@git`,
    ]);
  });

  it('are for the port, too (fluxcd/flux2#642)', () => {
    expect(checkKnownHosts(`[git.example.com]:7999 ${key}`, 'git.example.com', 7999)).toHaveLength(1);
    expect(checkKnownHosts(`git.example.com ${key}`, 'git.example.com', 22)).toHaveLength(1);
    expect(() => checkKnownHosts(`git.example.com ${key}`, 'git.example.com', 7999)).toThrow(
      'knownHosts has no key for [git.example.com]:7999',
    );
  });

  it.each([
    ['a list of names', `other.example.com,git.example.com ${key}`],
    ['a hashed name', `${hashed('git.example.com')} ${key}`],
    ['a pattern', `*.example.com ${key}`],
    ['a CA', `@cert-authority *.example.com ${key}`],
  ])('may be given under %s', (_, line) => {
    expect(checkKnownHosts(line, 'git.example.com')).toEqual([line]);
  });

  it.each([
    ['another host', `git.example.org ${key}`, 'no key for git.example.com'],
    ['another hashed host', `${hashed('git.example.org')} ${key}`, 'no key for git.example.com'],
    ['a name that only ends the same', `xgit.example.com ${key}`, 'no key for git.example.com'],
    ['a name where a dot stands for any character', `git-example.com ${key}`, 'no key for git.example.com'],
    ['a key that is revoked', `@revoked git.example.com ${key}`, 'no key for git.example.com'],
    ['nothing', '# only a comment\n', 'no key for git.example.com'],
    ['an error page', '<html>\n', 'a line that is not a key: <html>'],
  ])('are refused when they are for %s', (_, text, message) => {
    expect(() => checkKnownHosts(text, 'git.example.com')).toThrow(message);
  });
});

describe('merging them into what Argo CD knows', () => {
  const current = `# by upstream\ngithub.com ${key}\ngithub.com ${rsa}\n`;

  it('keeps everything that is there and adds what is not', () => {
    expect(mergeKnownHosts(current, [`git.example.com ${key}`])).toBe(`${current}git.example.com ${key}\n`);
  });

  it('changes nothing the second time, whatever comment stands behind the key', () => {
    expect(mergeKnownHosts(current, [`github.com ${key} me@here`])).toBe(current);
    expect(mergeKnownHosts(current, [])).toBe(current);
  });

  it('begins an empty file', () => {
    expect(mergeKnownHosts('', [`git.example.com ${key}`])).toBe(`git.example.com ${key}\n`);
  });

  it('adds a missing line break at the end', () => {
    expect(mergeKnownHosts(`github.com ${key}`, [`a ${rsa}`])).toBe(`github.com ${key}\na ${rsa}\n`);
  });
});

describe('a key that was replaced', () => {
  const old = '[git.example.com]:2222 ssh-ed25519 OLD';
  const renewed = '[git.example.com]:2222 ssh-ed25519 NEW';
  const others =
    'git.example.com ssh-ed25519 OTHERPORT\n[git.example.com]:2222,b.example.com ssh-rsa SHARED\n*.example.com ssh-rsa ALL';

  it('goes, and what is about other hosts stays', () => {
    const merged = mergeKnownHosts(`${others}\n${old}\n`, [renewed], '[git.example.com]:2222');
    expect(merged).toBe(`${others}\n${renewed}\n`);
    expect(mergeKnownHosts(merged, [renewed], '[git.example.com]:2222')).toBe(merged);
    expect(mergeKnownHosts(`${old}\n`, [renewed])).toBe(`${old}\n${renewed}\n`);
  });
});
