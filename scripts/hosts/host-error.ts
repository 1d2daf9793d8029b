import { RunError } from '../report/errors.ts';
import { isRateLimit, type LimitedAnswer } from './rate-limit.ts';

/** What was tried, for messages. */
export interface Attempt {
  /** As `open a pull request`. */
  what: string;
  /** As `acme/platform on github.com`. */
  where: string;
  /** The rights that it needs, as the host calls them: a whole sentence. */
  needs: string;
}

/**
 * Puts a failure of a host's API into plain words: what was tried, why it failed, what to do.
 *
 * @param error what was thrown: an answer with `status`, or a failure of the network
 * @returns a RunError; the error itself when it is one already, or none of a host's
 * @see https://docs.github.com/en/rest/using-the-rest-api/troubleshooting-the-rest-api
 */
export function hostError(error: unknown, { what, where, needs }: Attempt): unknown {
  if (!(error instanceof Error) || error instanceof RunError) return error;
  const answer = answerOf(error);
  const options = { details: detailsOf(error), cause: error };
  const [reason, hint] = answer === undefined ? unreached(error) : explain(answer, needs);
  return new RunError(`Could not ${what} for ${where}: ${reason}`, { ...options, hint });
}

/** @returns the host's answer that an error carries; undefined when none came */
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
      'the token is refused (401)',
      'Check that git.host.token or git.credentials names the right token, and that it has not expired.',
    ];
  }
  if (isRateLimit(answer))
    return ['too many requests for now (rate limit)', 'Wait some minutes and run again: what is done stays done.'];
  if (headers['x-github-sso'] !== undefined) return singleSignOn(String(headers['x-github-sso']));
  if (status === 423 || /archived/i.test(message))
    return [
      `the repository is archived, so it can only be read (${status})`,
      'Take it out of the archive in its settings at the host, or set git.url to another one.',
    ];
  if (status === 403) return forbidden(answer, needs);
  if (status === 404)
    return [
      'there is no such repository, or the token may not see it (404)',
      `Check the spelling of git.url. ${needs}`,
    ];
  if (status >= 300 && status < 400) return [`the repository has moved (${status})`, 'Set git.url to its new address.'];
  if (status >= 400 && status < 500)
    return [`the host refuses it (${status})`, 'What it said is above: check git.branch and git.url.'];
  return [`the host answered ${status}`, "Look at the host's status page and try again later."];
}

/** https://docs.github.com/en/enterprise-cloud@latest/authentication/authenticating-with-single-sign-on */
function singleSignOn(header: string): Explained {
  const url = /url=(\S+)/.exec(header)?.[1];
  return [
    'the token is not authorised for single sign-on (403)',
    url === undefined
      ? "Authorise it for the organisation: the host's settings, Personal access tokens, Configure SSO."
      : `Authorise it for the organisation in a browser, then run again: ${url}`,
  ];
}

/** Each host names the missing scope in its own way. */
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
  return ['the token does not have the right to do this (403)', needs];
}

function lacks(scope: string, has: string | undefined, needs: string): Explained {
  const own = has === undefined || has === '' ? '' : `; it has ${has}`;
  return [`the token lacks the scope ${scope} (403)${own}`, `Make a token with that scope. ${needs}`];
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
    return ["the API was not reached: the host's name is unknown", 'Check git.url, the network, DNS and HTTPS_PROXY.'];
  return ['the API was not reached', 'Check the network, HTTPS_PROXY and NO_PROXY, and git.caFile.'];
}

function detailsOf(error: Error): string[] {
  return [...new Set(chain(error).map(({ message }) => message))].filter((message) => message !== '');
}

/** The error and what caused it. */
function chain(error: Error): Error[] {
  const links = [error];
  for (let at = error.cause; at instanceof Error && links.length < 5; at = at.cause) links.push(at);
  return links;
}
