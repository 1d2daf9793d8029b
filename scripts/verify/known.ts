import type { Answer } from './answer.ts';
import type { Credentials } from './credentials.ts';

/** A place behind the gateway where people open something. */
export interface Place {
  name: string;
  /** Path that it answers at, beginning and ending in `/`. */
  path: string;
  /** Where it has a host of its own: that host, and as it stands in URLs. */
  own?: { host: string; authority: string };
  /** Who may open it; absent where everyone may who is logged in. */
  access?: { groups: readonly string[]; emails: readonly string[] };
  /** It has a route and answers other parts of the platform only: people get 403, logged in or not. */
  inner?: boolean;
  /** Headers by which it learns who somebody is, in lower case; absent: those of the platform. */
  headers?: readonly string[];
}

/** What is known of the platform before anything is asked: all from the cluster's config. */
export interface Site {
  /** DNS name or IP address. */
  host: string;
  /** The host as it stands in URLs. */
  authority: string;
  /** `https://` and the authority. */
  origin: string;
  places: readonly Place[];
  /** Id of a connector of Dex: the first that people are shown. */
  connector: string;
  /** First characters of the session cookie's name: parts of a long one have a number behind it. */
  sessionCookie: string;
  /** Headers that say who somebody is, in lower case: what must never come from outside. */
  identityHeaders: readonly string[];
  /** The header with the verified e-mail address; beside it, the one with the groups. */
  userHeader: string;
  /** Header by which the guard of an app marks what it let through. */
  appMarker: string;
  groupsHeader: string;
  /** True where `authorization` may come from outside: machine tokens are accepted. */
  machineTokens: boolean;
}

/** Somebody who is logged in. */
export interface Session {
  email: string;
  /** Groups as far as cluster.yaml says; undefined: the login's source knows. */
  groups?: readonly string[];
  /** The session cookie's parts, name → value. */
  cookies: ReadonlyMap<string, string>;
}

/** Where an upstream tells what reached it. */
export interface View {
  target: string;
  /** headers: all of them. identity: only whose request it is (the dashboard's env-info). */
  shows: 'headers' | 'identity';
}

/** Makes cookies of a session with the key of the cluster. */
export type SignCookie = (name: string, value: string, time: Date) => string;

/** How one of the two users logged in, before anything that needs a session. */
export interface LoginResult {
  credentials: Credentials;
  /** In words: where the browser was led. */
  answer: string;
  /** Why there is no session. */
  wrong?: string;
  /** The Set-Cookie lines of the session. */
  setCookies: readonly string[];
}

/** What was found out before the checks that need it. */
export interface Known {
  site: Site;
  /** A text that occurs in nothing but what this run forges. */
  forged: string;
  /** Dex's answer to a path that it does not know: what a trick that ends at Dex must look like. */
  dexNotFound?: Answer;
  /** False when nothing listens there. */
  plainPort: boolean;
  firstLogin?: LoginResult;
  secondLogin?: LoginResult;
  first?: Session;
  second?: Session;
  view?: View;
  sign?: SignCookie;
}

/** @returns the Cookie header that carries a session */
export function cookieOf(session: Session): string {
  return [...session.cookies].map(([name, value]) => `${name}=${value}`).join('; ');
}
