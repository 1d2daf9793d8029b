import type { Octokit } from '@octokit/rest';
import { makeFetch } from '../network/fetch.ts';
import { readCa } from './ca-file.ts';
import { answerOf } from './host-error.ts';
import { secondsToWait, waitFor } from './rate-limit.ts';

/** How an API of GitHub's kind is reached. */
export interface ApiAccess {
  /** As `https://api.github.com`. */
  baseUrl: string;
  /** The header's value. */
  authorization: string;
  caFile?: string;
  report?: (line: string) => void;
}

/**
 * Makes an Octokit that goes through proxies, trusts the configured CA, does not follow a moved repository, and waits when the
 * host asks for it. Octokit is loaded when it is needed: most runs do without.
 */
export async function connect({ baseUrl, authorization, caFile, report }: ApiAccess): Promise<Octokit> {
  const ca = await readCa(caFile);
  const { Octokit } = await import('@octokit/rest');
  const silent = () => undefined;
  const octokit = new Octokit({
    baseUrl,
    userAgent: 'breakwater',
    request: { fetch: makeFetch(process.env, ca) },
    log: { debug: silent, info: silent, warn: silent, error: silent },
  });
  octokit.hook.before('request', (options) => {
    options.headers.authorization = authorization;
  });
  octokit.hook.after('request', (response) => {
    if (response.status >= 300)
      throw Object.assign(new Error(`moved to ${response.headers.location}`), response, { response });
  });
  octokit.hook.wrap('request', async (request, options) => {
    for (let tries = 0; ; tries += 1) {
      try {
        return await request(options);
      } catch (error) {
        const answer = answerOf(error);
        const seconds = answer === undefined ? undefined : secondsToWait(answer, tries, Math.floor(Date.now() / 1000));
        if (seconds === undefined) throw error;
        await waitFor(seconds, new URL(baseUrl).host, report ?? silent);
      }
    }
  });
  return octokit;
}
