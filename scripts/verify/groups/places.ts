import type { Group, Need, SingleCheck } from '../check.ts';
import {
  forbidden,
  loginOrDenied,
  reachedUnforged,
  redirectsToHttpsOf,
  refusedByPolicy,
  trueIdentity,
  unserved,
  unservedOrDex,
} from '../judge.ts';
import { cookieOf, type Known, type Place, type Session, type Site } from '../known.ts';
import type { Request } from '../request.ts';
import { viewed } from './forged-identity.ts';

/** The core of the suite at each place that the cluster's config puts behind the gateway. */
export const places: Group = {
  name: 'places',
  title: 'Every address behind the gateway',
  checks: (site) =>
    site.places.flatMap((place) => [
      ...withoutSession(place),
      ...ofOwnHost(place),
      ...(place.access === undefined && place.headers === undefined ? [asSomebodyElse(place)] : ofApp(place, site)),
    ]),
};

/** Host and SNI of a place. */
function at({ own, path }: Place): Request {
  return { target: path, ...(own === undefined ? {} : { hosts: [own.authority], server: own.host }) };
}

function withoutSession(place: Place): SingleCheck[] {
  const { name, path } = place;
  const names = ['kubeflow-userid', 'x-auth-request-email', ...(place.headers ?? [])];
  return [
    { id: `${name}-page`, tries: `to open ${path} without a session`, send: at(place), expect: loginOrDenied },
    {
      id: `${name}-forged`,
      tries: `to open ${path} as another user with ${names.join(', ')}`,
      send: ({ forged }) => ({
        ...at(place),
        accept: 'application/json',
        headers: names.map((header) => [header, forged] as const),
      }),
      expect: loginOrDenied,
    },
    {
      id: `${name}-path`,
      tries: `to open ${path} through /dex/`,
      send: { ...at(place), target: `/dex/..%2f${path.slice(1)}` },
      expect: unservedOrDex,
    },
    {
      id: `${name}-post`,
      tries: `to post to ${path} without a session`,
      send: { ...at(place), method: 'POST', body: '{}' },
      expect: loginOrDenied,
    },
  ];
}

/** A host of its own is a second door: neither leads to what is behind the other, and it has a port 80, too. */
function ofOwnHost({ name, own }: Place): SingleCheck[] {
  if (own === undefined) return [];
  const { host, authority } = own;
  return [
    {
      id: `${name}-by-platform`,
      tries: `to open ${authority} on a connection to the platform's host`,
      send: { hosts: [authority] },
      expect: unserved,
    },
    {
      id: `${name}-to-platform`,
      tries: `to open the platform's host on a connection to ${authority}`,
      send: { server: host },
      expect: unserved,
    },
    {
      id: `${name}-dex`,
      tries: `to open Dex, which is not checked, at ${authority}`,
      send: { target: '/dex/.well-known/openid-configuration', hosts: [authority], server: host },
      expect: unserved,
    },
    {
      id: `${name}-plain`,
      tries: `to open ${authority} over plain HTTP`,
      needs: ['port 80'],
      send: { scheme: 'http', hosts: [authority] },
      expect: redirectsToHttpsOf(`https://${authority}`),
    },
  ];
}

function asSomebodyElse(place: Place): SingleCheck {
  return {
    id: `${place.name}-session`,
    tries: `to open ${place.path} with a session as another user`,
    needs: ['first', 'headers'],
    send: (known) => ({
      ...viewed(known, known.first, [
        ['kubeflow-userid', known.forged],
        ['x-forwarded-email', known.forged],
      ]),
      ...at(place),
    }),
    expect: place.inner === true ? refusedByPolicy : trueIdentity,
  };
}

/** An app has a guard of its own at the gateway, which says who may open it, and headers of its own. */
function ofApp(place: Place, { appMarker, groupsHeader }: Site): SingleCheck[] {
  const { name, path, access, headers = [] } = place;
  const admitted = access?.groups[0];
  return [
    {
      id: `${name}-session`,
      tries: `to open ${path} as another user, with the session of a user who may open it`,
      needs: [(known) => whyNobody(known, place, true)],
      send: (known) => ({
        ...at(place),
        accept: 'application/json',
        headers: [
          ['Cookie', cookieOf(sessionFor(known, place, true) as Session)],
          ...[...headers, 'kubeflow-userid', 'x-auth-request-user'].map((header) => [header, known.forged] as const),
        ],
      }),
      expect: reachedUnforged,
    },
    ...(access === undefined
      ? []
      : [
          guarded(place, 'stranger', `to open ${path} with the session of a user who may not`, []),
          guarded(place, 'forged-mark', `the same, with the mark of the app's guard forged`, [[appMarker, name]]),
          ...(admitted === undefined
            ? []
            : [
                guarded(place, 'forged-group', `the same, with the group ${admitted} forged`, [
                  [groupsHeader, admitted],
                  [groupsHeader.replaceAll('-', '_'), admitted],
                ]),
              ]),
        ]),
  ];
}

function guarded(place: Place, id: string, tries: string, headers: NonNullable<Request['headers']>): SingleCheck {
  const needs: Need[] = [(known) => whyNobody(known, place, false)];
  return {
    id: `${place.name}-${id}`,
    tries,
    needs,
    send: (known) => ({
      ...at(place),
      headers: [['Cookie', cookieOf(sessionFor(known, place, false) as Session)], ...headers],
    }),
    expect: forbidden,
  };
}

/** The session of a user of whom cluster.yaml says that they may (or may not) open the place. */
function sessionFor({ first, second }: Known, place: Place, may: boolean): Session | undefined {
  return [first, second].find((session) => session !== undefined && admits(place, session) === may);
}

function whyNobody(known: Known, place: Place, may: boolean): string | undefined {
  if (sessionFor(known, place, may) !== undefined) return undefined;
  return `no session of a user known to be ${may ? 'admitted' : 'kept out'}: --user, --second-user`;
}

/** undefined: their groups are known to the identity provider only. */
function admits({ access }: Place, { email, groups }: Session): boolean | undefined {
  if (access === undefined) return true;
  if (access.emails.includes(email)) return true;
  if (access.groups.length === 0) return false;
  return groups?.some((group) => access.groups.includes(group));
}
