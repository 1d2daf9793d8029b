import { type Answer, type Exchange, header, headerValues } from './answer.ts';
import type { Expectation } from './check.ts';
import type { Known, PlatformSite } from './known.ts';
import { staysHome } from './redirect.ts';
import { identityProblems, sessionProblems } from './upstream-view.ts';

/**
 * Envoy marks answers from upstreams; its own and those of the check lack this header.
 *
 * https://www.envoyproxy.io/docs/envoy/latest/configuration/http/http_filters/router_filter#x-envoy-upstream-service-time
 */
export function fromUpstream(answer: Answer): boolean {
  return header(answer, 'x-envoy-upstream-service-time') !== undefined;
}

/** @returns true when the answer redirects a browser to the platform's login, which returns to the platform */
export function asksForLogin(answer: Answer, site: PlatformSite): boolean {
  const location = header(answer, 'location');
  if ((answer.status !== 302 && answer.status !== 303) || location === undefined) return false;
  const url = URL.canParse(location, site.origin) ? new URL(location, site.origin) : undefined;
  if (url?.origin !== new URL(site.origin).origin || url.pathname !== '/dex/auth') return false;
  const end = url.searchParams.get('redirect_uri');
  return site.logins.some((login) => end === `https://${login}/oauth2/callback`) && staysHome(location, site);
}

/** 401 or 403 from the check itself: the request reached no upstream. */
function deniedByCheck(answer: Answer): boolean {
  return (answer.status === 401 || answer.status === 403) && !fromUpstream(answer);
}

/** The gateway's own answer: a refusal, or a redirect within the platform. */
function refusedByGateway(answer: Answer, site: PlatformSite): boolean {
  if (fromUpstream(answer)) return false;
  if (answer.status >= 400) return true;
  return answer.status >= 300 && answer.status !== 304 && staysHome(header(answer, 'location') ?? '/', site);
}

function isDexNotFound(answer: Answer, { dexNotFound }: Known): boolean {
  return (
    dexNotFound !== undefined &&
    answer.status === dexNotFound.status &&
    answer.body === dexNotFound.body &&
    header(answer, 'content-type') === header(dexNotFound, 'content-type')
  );
}

function eachAnswer(text: string, judge: (answer: Answer, known: Known) => string | undefined): Expectation {
  return {
    text,
    judge: ({ answers, ended }, known) => {
      if (answers.length === 0) return ended === 'timeout' ? 'timeout' : undefined;
      for (const answer of answers) {
        const wrong = judge(answer, known);
        if (wrong !== undefined) return wrong;
      }
      return undefined;
    },
  };
}

function mustAnswer(expectation: Expectation): Expectation {
  return {
    text: expectation.text,
    judge: (exchange, known) =>
      exchange.answers.length === 0 ? `no answer (${exchange.ended ?? 'closed'})` : expectation.judge(exchange, known),
  };
}

const served = (answer: Answer) =>
  fromUpstream(answer) ? `an upstream answered ${answer.status}` : `answered ${answer.status}`;

/** Only the redirect to the login. */
export const loginRedirect: Expectation = mustAnswer(
  eachAnswer('the login', (answer, { site }) => (asksForLogin(answer, site) ? undefined : served(answer))),
);

/** The login, or 401 or 403 from the check: the request reached no upstream. */
export const loginOrDenied: Expectation = mustAnswer(
  eachAnswer('the login, or 401', (answer, { site }) =>
    asksForLogin(answer, site) || deniedByCheck(answer) ? undefined : served(answer),
  ),
);

/** The login, or any refusal, even a closed connection: the request reached no upstream. */
export const unserved: Expectation = eachAnswer(
  'the login page or a refusal, with no upstream reached',
  (answer, known) =>
    asksForLogin(answer, known.site) || refusedByGateway(answer, known.site) ? undefined : served(answer),
);

/** As `unserved`; a path below /dex/ may also reach Dex, which has no such page. */
export const unservedOrDex: Expectation = eachAnswer(
  'the login, a refusal, or "not found" from Dex itself',
  (answer, known) =>
    asksForLogin(answer, known.site) || refusedByGateway(answer, known.site) || isDexNotFound(answer, known)
      ? undefined
      : served(answer),
);

/** OAuth2 Proxy's own refusals below /oauth2/. */
export const refusedByProxy: Expectation = mustAnswer(
  eachAnswer('401, 403, 404 or the login', (answer, { site }) =>
    asksForLogin(answer, site) || [400, 401, 403, 404, 405].includes(answer.status) ? undefined : served(answer),
  ),
);

/** Port 80 only redirects to HTTPS on the same host, without a cookie. */
export const redirectsToHttps: Expectation = redirectsTo(({ origin }) => origin);

/** As `redirectsToHttps`, for another host's origin. */
export function redirectsToHttpsOf(origin: string): Expectation {
  return redirectsTo(() => origin);
}

function redirectsTo(originOf: (site: PlatformSite) => string): Expectation {
  return mustAnswer(
    eachAnswer('301 to https on the same host, no cookie', (answer, { site }) => {
      const location = header(answer, 'location') ?? '';
      if (headerValues(answer, 'set-cookie').length > 0) return 'a cookie was set over plain HTTP';
      if (answer.status !== 301 && answer.status !== 308) return served(answer);
      const origin = originOf(site);
      return location === origin || location.startsWith(`${origin}/`) ? undefined : `redirects to ${location}`;
    }),
  );
}

/** Plain HTTP that is refused, or redirected to HTTPS on the same host. */
export const plainUnserved: Expectation = eachAnswer(
  '301 to https on the same host, or a refusal',
  (answer, { site }) => {
    if (headerValues(answer, 'set-cookie').length > 0) return 'a cookie was set over plain HTTP';
    if (fromUpstream(answer)) return served(answer);
    if (answer.status >= 400) return undefined;
    const location = header(answer, 'location') ?? '';
    if (answer.status === 301 || answer.status === 308)
      return location === site.origin || location.startsWith(`${site.origin}/`)
        ? undefined
        : `redirects to ${location}`;
    return served(answer);
  },
);

/** Any redirect stays on the platform, even after a login. */
export const staysOnHost: Expectation = mustAnswer(
  eachAnswer('no redirect to a foreign host', (answer, { site }) => {
    const location = header(answer, 'location');
    if (location !== undefined) return staysHome(location, site) ? undefined : `redirects to ${location.slice(0, 200)}`;
    return answer.status >= 400 ? undefined : served(answer);
  }),
);

/** An upstream sees the first user's identity, and nothing forged. */
export const trueIdentity: Expectation = mustAnswer(
  eachAnswer('an upstream sees the true identity and nothing forged', (answer, known) =>
    known.first === undefined ? 'no session' : identityProblems(answer, known, known.first),
  ),
);

/** As `trueIdentity`, for the second user. */
export const trueSecondIdentity: Expectation = mustAnswer(
  eachAnswer("an upstream sees the second user's true identity and nothing forged", (answer, known) =>
    known.second === undefined ? 'no session' : identityProblems(answer, known, known.second),
  ),
);

/** An upstream sees neither the session cookie nor a token. */
export const noSessionUpstream: Expectation = mustAnswer(
  eachAnswer('an upstream sees no session cookie and no token', sessionProblems),
);

/** @returns an expectation that a refusal also meets, for requests that a strict server may refuse */
export function refusedOr(expectation: Expectation): Expectation {
  return {
    text: `a refusal, or: ${expectation.text}`,
    judge: (exchange, known) =>
      unserved.judge(exchange, known) === undefined ? undefined : expectation.judge(exchange, known),
  };
}

/** A logged-in user without access: 403 from the gateway, without reaching an upstream. */
export const forbidden: Expectation = mustAnswer(
  eachAnswer('403 from the gateway', (answer) =>
    answer.status === 403 && !fromUpstream(answer) ? undefined : served(answer),
  ),
);

/** The session reaches the app; if the app reports its request, nothing in it is forged. */
export const reachedUnforged: Expectation = mustAnswer(
  eachAnswer('the upstream is reached, and reports nothing forged', (answer, { forged }) => {
    if (!fromUpstream(answer)) return `answered ${answer.status} without reaching the upstream`;
    return answer.body.includes(forged) ? 'its response contains a forged value' : undefined;
  }),
);

/** @returns an expectation that combines two */
export function both(first: Expectation, second: Expectation): Expectation {
  return {
    text: `${first.text}; ${second.text}`,
    judge: (exchange, known) => first.judge(exchange, known) ?? second.judge(exchange, known),
  };
}

/** @returns one expectation per request on a connection, in order; each request must be answered */
export function inOrder(...expectations: readonly Expectation[]): Expectation {
  return {
    text: expectations.map(({ text }) => text).join('; then '),
    judge: ({ answers }, known) => {
      if (answers.length !== expectations.length)
        return `${answers.length} of ${expectations.length} requests answered`;
      for (const [at, expectation] of expectations.entries()) {
        const wrong = expectation.judge({ answers: answers.slice(at, at + 1) }, known);
        if (wrong !== undefined) return wrong;
      }
      return undefined;
    },
  };
}

/** No answer allows a foreign origin to read it: https://fetch.spec.whatwg.org/#http-cors-protocol */
export const noForeignOrigin: Expectation = {
  text: 'no other origin can read the answer',
  judge: ({ answers }) => {
    const allowed = answers.map((answer) => header(answer, 'access-control-allow-origin')).find(Boolean);
    return allowed === undefined ? undefined : `Access-Control-Allow-Origin: ${allowed}`;
  },
};

/** @returns an exchange in one readable line */
export function describeExchange({ answers, ended }: Exchange): string {
  const parts = answers.map((answer) => {
    const location = header(answer, 'location');
    const where = location === undefined ? '' : ` to ${location.replace(/\?.*$/s, '').slice(0, 100)}`;
    return `${answer.status}${where}${fromUpstream(answer) ? ' from an upstream' : ''}`;
  });
  if (ended !== undefined) parts.push(ended === 'timeout' ? 'no answer in time' : `connection ${ended}`);
  return parts.join(', then ');
}
