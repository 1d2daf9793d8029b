import { RunError } from '../report/errors.ts';
import { isRateLimit, type LimitedAnswer } from './rate-limit.ts';

/** An attempted action, for messages. */
export interface HostAttempt {
  /** As `open a pull request`. */
  what: string;
  /** As `acme/platform on github.com`. */
  where: string;
  /** The permissions that it needs, in the host's terms: a whole sentence. */
  needs: string;
}

/**
 * Explains a failure of a host's API: what was attempted, why it failed, what to do.
 *
 * @param error a response with `status`, or a network error
 * @returns a RunError; the error itself when it is one already, or not a host's
 * @see https://docs.github.com/en/rest/using-the-rest-api/troubleshooting-the-rest-api
 */
export function hostError(error: unknown, { what, where, needs }: HostAttempt): unknown {
  if (!(error instanceof Error) || error instanceof RunError) return error;
  const answer = answerOf(error);
  const options = { details: detailsOf(error), cause: error };
  const [reason, hint] = answer === undefined ? unreached(error) : explain(answer, needs);
  return new RunError(`cannot ${what} for ${where}: ${reason}`, { ...options, hint });
}

/** @returns the host's response in an error; undefined when there is none */
export function answerOf(error: unknown): LimitedAnswer | undefined {
  if (!(error instanceof Error) || !('status' in error)) return undefined;
  const status = Number(error.status);
  const response = 'response' in error ? error.response : undefined;
  if (typeof response !== 'object' || response === null) return undefined;
  const headers = 'headers' in response && typeof response.headers === 'object' ? { ...response.headers } : {};
  return { status, headers, message: error.message };
}

type Explained = readonly [reason: string, hint: string];

function explain(answer: LimitedAnswer, needs: string): Explained {
  const { status, headers, message } = answer;
  if (status === 401) {
    return [
      'the host refused the token (401)',
      'Check that git.host.token or git.credentials is the right token, and that it has not expired.',
    ];
  }
  if (isRateLimit(answer))
    return ['too many requests (rate limit)', 'Wait a few minutes and run it again: finished steps are kept.'];
  if (headers['x-github-sso'] !== undefined) return singleSignOn(String(headers['x-github-sso']));
  if (status === 423 || /archived/i.test(message))
    return [
      `the repository is archived and read-only (${status})`,
      'Unarchive it in its settings on the host, or set git.url to another repository.',
    ];
  if (status === 403) return forbidden(answer, needs);
  if (status === 404)
    return ['there is no such repository, or the token cannot see it (404)', `Check the spelling of git.url. ${needs}`];
  if (status >= 300 && status < 400) return [`the repository has moved (${status})`, 'Set git.url to its new address.'];
  if (status >= 400 && status < 500)
    return [`the host refused it (${status})`, 'See its message above, and check git.branch and git.url.'];
  return [`the host answered ${status}`, "Check the host's status page, and try again later."];
}

/** https://docs.github.com/en/enterprise-cloud@latest/authentication/authenticating-with-single-sign-on */
function singleSignOn(header: string): Explained {
  const url = /url=(\S+)/.exec(header)?.[1];
  return [
    'the token is not authorized for single sign-on (403)',
    url === undefined
      ? "Authorize it for the organization: the host's settings, Personal access tokens, Configure SSO."
      : `Authorize it for the organization in a browser, then run it again: ${url}`,
  ];
}

/** Each host reports the missing scope differently. */
function forbidden({ headers, message }: LimitedAnswer, needs: string): Explained {
  const has = headers['x-oauth-scopes'];
  const scopes = headers['x-accepted-oauth-scopes'];
  const permissions = headers['x-accepted-github-permissions'];
  // Gitea: "required=[write:repository], token scope=read:user"; GitLab: error insufficient_scope with its scope.
  const gitea = /required=\[([^\]]*)\], token scope=(\S*)/.exec(message);
  const gitlab = /insufficient_scope[^\n]*?scope: ?([\w ,]+)/.exec(message)?.[1];
  if (gitea !== null) return lacks(gitea[1] ?? '', gitea[2], needs);
  if (gitlab !== undefined) return lacks(gitlab.trim(), undefined, needs);
  if (typeof has === 'string' && has !== '' && typeof scopes === 'string' && scopes !== '') {
    const owned = has.split(',').map((scope) => scope.trim());
    const accepted = scopes.split(',').map((scope) => scope.trim());
    if (!accepted.some((scope) => owned.includes(scope))) return lacks(accepted.join(' or '), has, needs);
  }
  if (typeof permissions === 'string' && permissions !== '')
    return [`the token lacks a permission (403): ${permissions.replaceAll('=', ': ').replaceAll(';', ', or ')}`, needs];
  return ['the token lacks the permission (403)', needs];
}

function lacks(scope: string, has: string | undefined, needs: string): Explained {
  const own = has === undefined || has === '' ? '' : `; it has ${has}`;
  return [`the token lacks the scope ${scope} (403)${own}`, `Create a token with that scope. ${needs}`];
}

const certificateCodes = /CERT|SELF_SIGNED|UNABLE_TO_(VERIFY|GET_ISSUER)|ERR_TLS/;

function unreached(error: Error): Explained {
  const codes = chain(error).map((link) => ('code' in link ? String(link.code) : ''));
  const texts = chain(error).map(({ message }) => message);
  if (codes.some((code) => certificateCodes.test(code)) || texts.some((text) => /certificate/i.test(text))) {
    return [
      "the host's certificate is signed by a CA that is not trusted here",
      'Set git.caFile to the PEM file of that CA. Do not switch the verification off.',
    ];
  }
  if (codes.includes('ENOTFOUND') || codes.includes('EAI_AGAIN'))
    return ["cannot reach the API: the host's name is unknown", 'Check git.url, the network, DNS and HTTPS_PROXY.'];
  return ['cannot reach the API', 'Check the network, HTTPS_PROXY and NO_PROXY, and git.caFile.'];
}

function detailsOf(error: Error): string[] {
  return [...new Set(chain(error).map(({ message }) => message))].filter((message) => message !== '');
}

/** The error and its causes. */
function chain(error: Error): Error[] {
  const links = [error];
  for (let at = error.cause; at instanceof Error && links.length < 5; at = at.cause) links.push(at);
  return links;
}
