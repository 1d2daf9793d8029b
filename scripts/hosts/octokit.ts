import { randomUUID } from 'node:crypto';
import type { Octokit } from '@octokit/rest';
import { makeFetch } from '../network/fetch.ts';
import { readCa } from './ca-file.ts';
import { answerOf } from './host-error.ts';
import { isExhausted, isRateLimit, mayWait, waitFor } from './rate-limit.ts';

/** Access to an API of GitHub's kind. */
export interface ApiAccess {
  /** As `https://api.github.com`. */
  baseUrl: string;
  /** The header's value. */
  authorization: string;
  caFile?: string;
  /** Takes a line of progress while the host asks to wait. */
  report: (line: string) => void;
}

/**
 * Makes an Octokit that uses the environment's proxy, trusts the configured CA, does not follow a moved repository, and waits
 * when the host asks to. Octokit is loaded only when needed: most runs do without.
 */
export async function makeOctokit({ baseUrl, authorization, caFile, report }: ApiAccess): Promise<Octokit> {
  const ca = await readCa(caFile);
  const [{ Octokit }, { throttling }] = await Promise.all([
    import('@octokit/rest'),
    import('@octokit/plugin-throttling'),
  ]);
  const silent = () => undefined;
  const onLimit = (seconds: number, _options: object, _octokit: object, tries: number): boolean => {
    if (!mayWait(seconds, tries)) return false;
    // The plugin itself waits in silence.
    void waitFor(seconds, new URL(baseUrl).host, report);
    return true;
  };
  return new (Octokit.plugin(prepare(authorization), throttling))({
    baseUrl,
    userAgent: 'breakwater',
    request: { fetch: makeFetch(process.env, ca) },
    log: { debug: silent, info: silent, warn: silent, error: silent },
    // The plugin shares its queues between all connections of one id.
    throttle: { id: randomUUID(), onRateLimit: onLimit, onSecondaryRateLimit: onLimit },
  });
}

/** A plugin of our own, named before the throttling so that its hooks run inside of that. */
function prepare(authorization: string) {
  return ({ hook }: Pick<Octokit, 'hook'>) => {
    hook.before('request', (options) => {
      options.headers.authorization = authorization;
    });
    hook.after('request', (response) => {
      if (response.status >= 300)
        throw Object.assign(new Error(`moved to ${response.headers.location}`), response, { response });
    });
    hook.error('request', (error) => {
      const answer = answerOf(error);
      // The throttling knows a secondary limit by GitHub's words. Gitea, proxies and older GitHubs send only the status or a header.
      if (answer !== undefined && isRateLimit(answer) && !isExhausted(answer) && !/secondary rate/i.test(error.message))
        error.message = `${error.message} (secondary rate limit)`;
      throw error;
    });
    return {};
  };
}
