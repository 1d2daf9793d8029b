import { describe, expect, it } from 'vitest';
import { remoteError, remoteLines } from './remote-failures.ts';
import { GitFailure } from './run.ts';

const remote = { url: 'https://git.example.com/acme/platform.git' };

function explain(stderr: string): unknown {
  return remoteError(new GitFailure({ exitCode: 128, stdout: '', stderr, timedOut: false }), remote, 'read');
}

// What git 2.39, OpenSSH 9.2 and the hosts have said.
describe('what git and hosts say', () => {
  it.each([
    [
      'No ED25519 host key is known for [h]:22 and you have requested strict checking.\nHost key verification failed.',
      'SSH key is not known',
    ],
    [
      '@ WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED! @\nHost key verification failed.',
      'does not match the known one',
    ],
    [
      'git@h: Permission denied (publickey,password).\nfatal: Could not read from remote repository.',
      'refused the credentials',
    ],
    ['Load key "/tmp/key": error in libcrypto\ngit@h: Permission denied (publickey).', 'SSH key cannot be used'],
    ['Load key "/tmp/key": invalid format\ngit@h: Permission denied (publickey).', 'SSH key cannot be used'],
    ['ssh: Could not resolve hostname h: Name or service not known', 'name is unknown'],
    ['ssh: connect to host h port 22: Connection refused', 'refuses the connection'],
    ['ssh: connect to host h port 22: Connection timed out', 'does not answer'],
    ['kex_exchange_identification: Connection closed by remote host', 'connection broke'],
    ['ERROR: Repository not found.\nfatal: Could not read from remote repository.', 'cannot see it'],
    ["remote: Repository not found.\nfatal: repository 'https://github.com/a/b.git/' not found", 'cannot see it'],
    [
      "remote: The project you were looking for could not be found or you don't have permission to view it.",
      'cannot see it',
    ],
    ["fatal: '/srv/absent.git' does not appear to be a git repository", 'cannot see it'],
    [
      'remote: Permission to a/b.git denied to bot.\nfatal: unable to access: The requested URL returned error: 403',
      'lack the permission',
    ],
    ['ERROR: The key you are authenticating with has been marked as read only.', 'lack the permission'],
    ['remote: You are not allowed to push code to this project.', 'lack the permission'],
    ['remote: HTTP Basic: Access denied.\nfatal: Authentication failed for https://h/', 'refused the credentials'],
    ["fatal: could not read Username for 'https://h': terminal prompts disabled", 'asks for credentials'],
    [
      'fatal: unable to access: server certificate verification failed. CAfile: none CRLfile: none',
      'CA that is not trusted',
    ],
    ['fatal: unable to access: SSL certificate problem: self-signed certificate', 'CA that is not trusted'],
    ['fatal: unable to access: CONNECT tunnel failed, response 407', 'the proxy'],
    ['fatal: unable to access: Could not resolve proxy: p', 'the proxy'],
    ["fatal: detected dubious ownership in repository at '/srv/r.git'", 'another user of this machine'],
    ['fatal: unable to access: The requested URL returned error: 502', 'an internal error'],
    ['error: RPC failed; curl 56 GnuTLS recv error\nfatal: early EOF', 'connection broke'],
    ['something new', 'git failed'],
  ])('%j', (stderr, says) => {
    expect(explain(stderr)).toMatchObject({
      name: 'RunError',
      message: expect.stringContaining(says),
      hint: expect.any(String),
    });
  });

  it('is shown without progress', () => {
    expect(
      remoteLines('Enumerating objects: 5\rEnumerating objects: 5, done.\nremote: no pushes\nerror: failed\n'),
    ).toEqual(['remote: no pushes', 'error: failed']);
  });
});

describe('an SSH host with a key that is not the known one', () => {
  // As OpenSSH 9 prints it.
  const stderr = `@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@
@    WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED!     @
@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@
IT IS POSSIBLE THAT SOMEONE IS DOING SOMETHING NASTY!
The fingerprint for the ED25519 key sent by the remote host is
SHA256:nThbg6kXUpJWGl7E1IGOCspRomTxdCARLviKw6E5SY8.
Offending ED25519 key in /tmp/breakwater-git-1-x/known_hosts:1
Host key verification failed.
fatal: Could not read from remote repository.`;
  const failure = new GitFailure({ exitCode: 128, stdout: '', stderr, timedOut: false });
  const remote = (knownHosts: string) => ({
    url: 'ssh://git@git.example.com:2222/a/b.git',
    credentials: { sshKey: 'x', knownHosts, knownHostsFrom: 'keys/kh' },
  });

  it('names both fingerprints and the file of the user, and none of our own files', () => {
    const error = remoteError(failure, remote('[git.example.com]:2222 ssh-ed25519 AAAA\n'), 'read');
    expect(error).toMatchObject({
      message: expect.stringContaining('does not match the known one'),
      details: [
        'sent: ed25519 SHA256:nThbg6kXUpJWGl7E1IGOCspRomTxdCARLviKw6E5SY8',
        expect.stringMatching(/^known \(keys\/kh\): ed25519 SHA256:\S{43}$/),
      ],
      hint: expect.stringContaining('put the new key in keys/kh'),
    });
  });

  it('is distinguished from a host of which a key of another type is known', () => {
    const error = remoteError(failure, remote('[git.example.com]:2222 ssh-rsa AAAA\n'), 'read');
    expect(error).toMatchObject({
      message: expect.stringContaining('another type (ed25519)'),
      hint: expect.stringContaining('ssh-keyscan -t ed25519'),
    });
  });
});
