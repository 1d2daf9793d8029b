import type { Group, SingleCheck } from '../check.ts';
import { noSessionUpstream, refusedOr, trueIdentity, trueSecondIdentity } from '../judge.ts';
import { cookieOf, type Known, type Session } from '../known.ts';
import type { Request } from '../request.ts';
import { spellings } from './spellings.ts';

/** Headers that the platform's programs trust: tried in each spelling separately, the others in all at once. */
const believed = /^(kubeflow-|x-auth-request-|x-forwarded-|authorization$)/;

const gatewayHeaders = ['x-forwarded-client-cert', 'x-envoy-original-path', 'x-forwarded-host'] as const;

/** A logged-in user who claims another identity, or more groups. */
export const forgedIdentity: Group = {
  name: 'forged-identity',
  title: 'Identity headers from outside, with a session',
  checks: ({ identityHeaders }) => [
    ...[...identityHeaders.filter((name) => believed.test(name)), 'authorization'].flatMap((name) =>
      spellings.map(
        ({ id, words, write }): SingleCheck => ({
          id: `${name}-${id}`,
          tries: `to pass ${name} to an upstream, ${words}`,
          // The dashboard reports only the user, not the groups.
          needs: name === 'kubeflow-userid' ? ['first', 'view'] : ['first', 'headers'],
          send: (known) => viewed(known, known.first, write(name, known.forged)),
          expect: trueIdentity,
        }),
      ),
    ),
    ...identityHeaders
      .filter((name) => !believed.test(name))
      .map(
        (name): SingleCheck => ({
          id: name,
          tries: `to pass ${name} to an upstream, in every spelling at once`,
          needs: ['first', 'headers'],
          send: (known) =>
            viewed(
              known,
              known.first,
              spellings.flatMap(({ write }) => write(name, known.forged)),
            ),
          expect: trueIdentity,
        }),
      ),
    ...gatewayHeaders.map(
      (name): SingleCheck => ({
        id: name,
        tries: `to pass ${name} to an upstream, with which proxies report the origin of a request`,
        needs: ['first', 'headers'],
        send: (known) => viewed(known, known.first, [[name, `${known.forged};By=spiffe://forged`]]),
        expect: trueIdentity,
      }),
    ),
    {
      id: 'mixed-separators',
      tries: 'to pass Kubeflow_UserID and kubeflow-UserId to an upstream',
      needs: ['first', 'view'],
      send: (known) =>
        viewed(known, known.first, [
          ['Kubeflow_UserID', known.forged],
          ['kubeflow-UserId', known.forged],
        ]),
      expect: trueIdentity,
    },
    {
      id: 'empty',
      tries: 'to blank out kubeflow-userid by sending it empty',
      needs: ['first', 'view'],
      send: (known) => viewed(known, known.first, [['kubeflow-userid', '']]),
      expect: trueIdentity,
    },
    {
      id: 'named-by-connection',
      tries: 'to make the gateway drop its own headers by listing them in Connection',
      needs: ['first', 'view'],
      send: (known) => viewed(known, known.first, [['Connection', 'close, kubeflow-userid, kubeflow-groups']]),
      expect: refusedOr(trueIdentity),
    },
    {
      id: 'blank-before-colon',
      tries: 'to pass "kubeflow-userid :" to an upstream',
      needs: ['first', 'view'],
      send: (known) => viewed(known, known.first, [['kubeflow-userid ', known.forged]]),
      expect: refusedOr(trueIdentity),
    },
    {
      id: 'folded-line',
      tries: 'to hide kubeflow-userid in a folded header line',
      needs: ['first', 'view'],
      send: (known) => viewed(known, known.first, [['X-Note', 'a\r\n kubeflow-userid: folded@example.com']]),
      expect: refusedOr(trueIdentity),
    },
    {
      id: 'over-http2',
      tries: 'to pass kubeflow-userid and x-forwarded-email to an upstream over HTTP/2',
      needs: ['first', 'view'],
      send: (known) => ({
        ...viewed(known, known.first, [
          ['kubeflow-userid', known.forged],
          ['x-forwarded-email', known.forged],
        ]),
        version: '2',
      }),
      expect: trueIdentity,
    },
    {
      id: 'groups-of-a-user-without-any',
      tries: 'a user without groups forges kubeflow-groups and x-auth-request-groups',
      needs: ['second', 'headers'],
      send: (known) =>
        viewed(known, known.second, [
          ['kubeflow-groups', known.forged],
          ['Kubeflow-Groups', 'admins'],
          ['kubeflow_groups', known.forged],
          ['x-auth-request-groups', known.forged],
        ]),
      expect: trueSecondIdentity,
    },
    {
      id: 'first-user-s-name',
      tries: "the second user sends the first user's address as kubeflow-userid",
      needs: ['first', 'second', 'view'],
      send: (known) => viewed(known, known.second, [['kubeflow-userid', known.first?.email ?? '']]),
      expect: trueSecondIdentity,
    },
    {
      id: 'session-cookie',
      tries: 'to pass the session cookie to an upstream, after another cookie',
      needs: ['first', 'headers'],
      send: (known) => viewed(known, undefined, [['Cookie', `theme=dark; ${cookieOf(known.first as Session)}`]]),
      expect: noSessionUpstream,
    },
    {
      id: 'session-cookie-twice',
      tries: 'to pass the session cookie to an upstream, in a second Cookie line',
      needs: ['first', 'headers'],
      send: (known) => viewed(known, known.first, [['Cookie', cookieOf(known.first as Session)]]),
      expect: refusedOr(noSessionUpstream),
    },
    {
      id: 'id-token',
      tries: 'to pass the ID token to an upstream',
      needs: ['first', 'headers'],
      send: (known) => viewed(known, known.first, []),
      expect: noSessionUpstream,
    },
  ],
};

/** @returns a request with a session to the page that reports it */
export function viewed(
  { view }: Known,
  session: Session | undefined,
  headers: NonNullable<Request['headers']>,
): Request {
  return {
    target: view?.target ?? '/',
    accept: 'application/json',
    headers: [...(session === undefined ? [] : [['Cookie', cookieOf(session)] as const]), ...headers],
  };
}
