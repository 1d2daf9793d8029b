import type { Group, Need, SingleCheck } from '../check.ts';
import {
  forbidden,
  loginOrDenied,
  reachedUnforged,
  redirectsToHttpsOf,
  trueIdentity,
  unserved,
  unservedOrDex,
} from '../judge.ts';
import { cookieOf, type Known, type Place, type PlatformSite, type Session } from '../known.ts';
import type { Request } from '../request.ts';
import { viewed } from './forged-identity.ts';

/** The core of the suite for each page and app behind the gateway. */
export const places: Group = {
  name: 'places',
  title: 'Every address behind the gateway',
  checks: (site) =>
    site.places.flatMap((place) => [
      ...withoutSession(place),
      ...ofOwnHost(place),
      ...(place.access === undefined && place.headers === undefined ? [asAnotherUser(place)] : ofApp(place, site)),
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

/** An app's own host is a second entry: neither host serves the other's pages, and its port 80 only redirects. */
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
      tries: `to open Dex, which needs no session, at ${authority}`,
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

function asAnotherUser(place: Place): SingleCheck {
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
    expect: trueIdentity,
  };
}

/** An app has its own filter at the gateway, which decides who may open it, and its own identity headers. */
function ofApp(place: Place, { appMarker, groupsHeader }: PlatformSite): SingleCheck[] {
  const { name, path, access, headers = [] } = place;
  const admitted = access?.groups[0];
  return [
    {
      id: `${name}-session`,
      tries: `to open ${path} as another user, with the session of a user who may open it`,
      needs: [(known) => whyNoUser(known, place, true)],
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
          guarded(place, 'forged-mark', `to open ${path} without access, with a forged mark of the app's filter`, [
            [appMarker, name],
          ]),
          ...(admitted === undefined
            ? []
            : [
                guarded(place, 'forged-group', `to open ${path} without access, with the forged group ${admitted}`, [
                  [groupsHeader, admitted],
                  [groupsHeader.replaceAll('-', '_'), admitted],
                ]),
              ]),
        ]),
  ];
}

function guarded(place: Place, id: string, tries: string, headers: NonNullable<Request['headers']>): SingleCheck {
  const needs: Need[] = [(known) => whyNoUser(known, place, false)];
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

/** @returns the session of a user who may (or may not) open the app by cluster.yaml */
function sessionFor({ first, second }: Known, place: Place, may: boolean): Session | undefined {
  return [first, second].find((session) => session !== undefined && admits(place, session) === may);
}

function whyNoUser(known: Known, place: Place, may: boolean): string | undefined {
  if (sessionFor(known, place, may) !== undefined) return undefined;
  return `no session of a user known to be ${may ? 'admitted' : 'refused'}: pass one with --user or --second-user`;
}

/** @returns whether the user may open the app; undefined when only the identity provider knows their groups */
function admits({ access }: Place, { email, groups }: Session): boolean | undefined {
  if (access === undefined) return true;
  if (access.emails.includes(email)) return true;
  if (access.groups.length === 0) return false;
  return groups?.some((group) => access.groups.includes(group));
}
