import { RunError } from '../report/errors.ts';

/**
 * Puts an answer of GitHub's API into plain words.
 *
 * @param error what Octokit threw
 * @param what what was tried, as `open a pull request`
 * @param where the repository, as `acme/platform on github.com`
 * @see https://docs.github.com/en/rest/using-the-rest-api/troubleshooting-the-rest-api
 */
export function githubError(error: unknown, what: string, where: string): unknown {
  if (!(error instanceof Error) || error instanceof RunError) return error;
  const status = 'status' in error ? Number(error.status) : undefined;
  const options = { details: [error.message], cause: error };
  if (status === undefined || (status === 500 && !('response' in error && error.response !== undefined))) {
    return new RunError(`Could not ${what} for ${where}: the API was not reached`, {
      ...options,
      hint: 'Check the network, HTTPS_PROXY and NO_PROXY, and git.caFile.',
    });
  }
  const [reason, hint] = explain(status, headersOf(error));
  return new RunError(`Could not ${what} for ${where}: ${reason}`, { ...options, hint });
}

function explain(status: number, headers: Readonly<Record<string, unknown>>): readonly [reason: string, hint: string] {
  const rights = 'It needs the rights "Contents" and "Pull requests", both read and write (classic tokens: repo).';
  if (status === 401)
    return [
      'the token is refused (401)',
      'Check that git.credentials names the right token, and that it has not expired.',
    ];
  if (headers['x-ratelimit-remaining'] === '0' || headers['retry-after'] !== undefined)
    return ['too many requests for now (rate limit)', 'Wait some minutes and run again: what is done stays done.'];
  if (headers['x-github-sso'] !== undefined)
    return ['the token is not authorised for single sign-on (403)', 'Authorise it for the organisation at the host.'];
  if (status === 403) return ['the token does not have the right to do this (403)', rights];
  if (status === 404)
    return [
      'there is no such repository, or the token may not see it (404)',
      `Check git.url letter by letter. ${rights}`,
    ];
  if (status >= 300 && status < 400) return [`the repository has moved (${status})`, 'Set git.url to its new address.'];
  if (status === 422) return ['the host refuses it (422)', 'What it said is above: check git.branch.'];
  return [`the host answered ${status}`, "Look at the host's status page and try again later."];
}

function headersOf(error: Error): Readonly<Record<string, unknown>> {
  const response = 'response' in error ? error.response : undefined;
  if (typeof response !== 'object' || response === null || !('headers' in response)) return {};
  return Object.fromEntries(Object.entries(response.headers ?? {}));
}
