import { RunError } from '../report/errors.ts';
import { hostKeyProblem } from './host-keys.ts';
import type { Remote } from './remote.ts';
import { GitFailure } from './run.ts';

/** The repository does not exist, or the credentials cannot see it; the host's API may know which. */
export class RepositoryNotFound extends RunError {}

/** A reason why a remote cannot be used. */
interface Reason {
  /** Class of the error, where a caller handles this reason. */
  error?: typeof RunError;
  /** Matches the output of git, ssh, curl or a host. */
  pattern: RegExp;
  what: string;
  hint: (remote: Remote) => string;
}

const checkUrl = () => 'Check git.url, and your network, DNS and proxy (HTTPS_PROXY, NO_PROXY).';
const giveCredentials = (remote: Remote) =>
  /^https?:/.test(remote.url)
    ? 'Set git.credentials with {token: {env: NAME}} or {token: {file: PATH}}, or set up a credential helper for git.'
    : 'Set git.credentials with sshKey and knownHosts, or load your key into an SSH agent (ssh-add).';
const renewCredentials = (remote: Remote) =>
  remote.credentials === undefined
    ? giveCredentials(remote)
    : 'Check git.credentials: is it the right one, not expired, and may it read and write this repository? (An SSH key must have no passphrase.)';

/** Tried in this order: specific reasons before general ones. */
const reasons: readonly Reason[] = [
  {
    pattern:
      /could not resolve proxy|from proxy after CONNECT|CONNECT tunnel failed|requested URL returned error: 407|Proxy CONNECT aborted/i,
    what: 'the proxy refuses the connection or is unreachable',
    hint: () => 'Check HTTPS_PROXY (with user and password if it asks for them) and NO_PROXY, or http.proxy of git.',
  },
  {
    pattern: /could not resolve host/i,
    what: "the host's name is unknown",
    hint: checkUrl,
  },
  {
    pattern: /error setting certificate|problem with the SSL CA cert|error reading ca cert/i,
    what: 'the CA file cannot be read',
    hint: ({ caFile }) => `Check git.caFile${caFile === undefined ? '' : ` (${caFile})`}: it must be a PEM file.`,
  },
  {
    pattern:
      /certificate verif|SSL certificate problem|unable to get local issuer|certificate signer not trusted|self.signed cert/i,
    what: "the host's certificate is signed by a CA that is not trusted here",
    hint: () => 'Set git.caFile to the PEM file of that CA. Do not switch the verification off.',
  },
  {
    pattern: /REMOTE HOST IDENTIFICATION HAS CHANGED/,
    what: "the host's SSH key does not match the known one",
    hint: () => "Ask the host's administrators whether the key has changed. If it has, replace it in the known hosts.",
  },
  {
    pattern: /Host key verification failed|No .* host key is known/i,
    what: "the host's SSH key is not known",
    hint: () =>
      'Run `ssh-keyscan [-p PORT] HOST > known_hosts`, compare what `ssh-keygen -lf known_hosts` prints with the fingerprints that the host publishes, and point git.credentials.knownHosts at that file.',
  },
  {
    pattern: /terminal prompts disabled|could not read (Username|Password)/i,
    what: 'it asks for credentials, and none are set',
    hint: giveCredentials,
  },
  {
    pattern: /Load key .*(invalid format|error in libcrypto)|incorrect passphrase/i,
    what: 'the SSH key cannot be used',
    hint: () => 'git.credentials.sshKey must be a private key in OpenSSH or PEM format, without passphrase.',
  },
  {
    pattern: /Authentication failed|requested URL returned error: 401|Permission denied \(|Access denied/i,
    what: 'the host refused the credentials',
    hint: renewCredentials,
  },
  {
    pattern: /archived/i,
    what: 'the repository is archived and read-only',
    hint: () => 'Unarchive it in its settings on the host, or set git.url to another repository.',
  },
  {
    pattern:
      /requested URL returned error: 403|permission to .* denied|not allowed to push|read.only|write access to repository not granted|insufficient permission|unpacker error|unable to create temporary object directory|Permission denied/i,
    what: 'the credentials lack the permission',
    hint: () =>
      'The bootstrap needs write access to the repository (GitHub: contents read and write; deploy keys: with write access).',
  },
  {
    error: RepositoryNotFound,
    pattern:
      /repository .*not found|cannot find repository|does not appear to be a git repository|requested URL returned error: 404|could not be found|not a git repository|does not exist/i,
    what: 'there is no such repository, or these credentials cannot see it',
    hint: (remote) =>
      `Check the spelling of git.url, or create the repository. ${remote.credentials === undefined ? giveCredentials(remote) : renewCredentials(remote)}`,
  },
  {
    pattern: /dubious ownership/,
    what: 'the repository belongs to another user of this machine',
    hint: () => 'Run as its owner, or trust it: git config --global --add safe.directory PATH',
  },
  {
    pattern: /connection refused|failed to connect|couldn't connect|could not connect/i,
    what: 'the host refuses the connection',
    hint: () => 'Check the host and port in git.url, and your firewall and proxy.',
  },
  {
    pattern: /timed out|timeout|operation too slow/i,
    what: 'the host does not answer',
    hint: checkUrl,
  },
  {
    pattern: /requested URL returned error: 5\d\d|internal server error/i,
    what: 'the host reports an internal error',
    hint: () => "Check the host's status page, and try again later.",
  },
  {
    pattern: /hung up unexpectedly|early EOF|RPC failed|Connection (reset|closed)|unexpected disconnect/i,
    what: 'the connection broke',
    hint: () => 'Try again. If it happens each time, check proxy, firewall, and size limits of the host.',
  },
];

/**
 * Explains why a remote cannot be used, and which setting to change.
 *
 * @param error from a call of git
 * @param doing as `read`, `push to`
 * @returns a RunError; the error itself when it is not a GitFailure
 */
export function remoteError(error: unknown, remote: Remote, doing: string): unknown {
  if (!(error instanceof GitFailure)) return error;
  const key = hostKeyProblem(error.stderr, remote);
  if (key !== undefined) return new RunError(`cannot ${doing} ${remote.url}: ${key.what}`, { ...key, cause: error });
  const said = remoteLines(error.stderr);
  const reason = error.timedOut
    ? { what: 'the connection stalled', hint: checkUrl, error: RunError }
    : reasons.find(({ pattern }) => pattern.test(error.stderr));
  return new (reason?.error ?? RunError)(`cannot ${doing} ${remote.url}: ${reason?.what ?? 'git failed'}`, {
    details: said,
    hint: reason?.hint(remote) ?? 'See the message from git above.',
    cause: error,
  });
}

/** Lines for people, without progress. */
export function remoteLines(stderr: string): string[] {
  return stderr
    .split(/[\r\n]+/)
    .map((line) => line.trimEnd())
    .filter(
      (line) =>
        line !== '' && !/^(remote: )?(Enumerating|Counting|Compressing|Writing|Total|Delta|Resolving) /.test(line),
    );
}
