import type { Answer } from './answer.ts';

/** A page or an app behind the gateway. */
export interface Place {
  name: string;
  /** Its path, with a `/` at both ends. */
  path: string;
  /** Its own host, if it has one, also in URL form. */
  own?: { host: string; authority: string };
  /** Who may open it. Default: every user who is logged in. */
  access?: { groups: readonly string[]; emails: readonly string[] };
  /** Its identity headers, in lower case. Default: the platform's. */
  headers?: readonly string[];
}

/** The platform as the cluster's config describes it. */
export interface PlatformSite {
  /** DNS name or IP address. */
  host: string;
  /** The host in URL form. */
  authority: string;
  /** `https://` and the authority. */
  origin: string;
  places: readonly Place[];
  /** Authorities where a login may end: hosts with sessions of their own. */
  logins: readonly string[];
  /** The host of users' code, if it has its own, with the prefix of its session cookie's name. */
  userCode?: { host: string; authority: string; sessionCookie: string };
  /** Id of Dex's first connector. */
  connector: string;
  /** Start of the session cookies' names: a long session has several, with numbered names. */
  sessionCookie: string;
  /** Identity headers, in lower case, which must never come from outside. */
  identityHeaders: readonly string[];
  /** Header with the verified e-mail address. */
  userHeader: string;
  /** Header with which an app's filter marks requests that it admitted. */
  appMarker: string;
  groupsHeader: string;
  /** True when `authorization` may come from outside, with machine tokens. */
  machineTokens: boolean;
}

/** A user who logs in. */
export interface Credentials {
  email: string;
  password: string;
  /** Id of the Dex connector with the login form; `local` for Dex's static users. */
  connector: string;
  /** As in cluster.yaml. */
  groups?: readonly string[];
}

/** A session of a user. */
export interface Session {
  email: string;
  /** Groups from cluster.yaml; undefined: only the identity provider knows them. */
  groups?: readonly string[];
  /** The session cookies: name → value. */
  cookies: ReadonlyMap<string, string>;
}

/** A page that reports the request that reached it. */
export interface View {
  target: string;
  /** headers: all headers. identity: only the user (the dashboard's env-info). */
  shows: 'headers' | 'identity';
}

/** Signs session cookies with the cluster's key. */
export type SignCookie = (name: string, value: string, time: Date) => string;

/** Result of a user's login at the start of the run. */
export interface LoginResult {
  credentials: Credentials;
  /** The login's redirects, in words. */
  answer: string;
  /** Why there is no session. */
  wrong?: string;
  /** Set-Cookie lines of the session. */
  setCookies: readonly string[];
}

/** Everything that the checks need, learned at the start of the run. */
export interface Known {
  site: PlatformSite;
  /** A text that occurs only in values that this run forges. */
  forged: string;
  /** Dex's answer to an unknown path, by which checks recognise Dex. */
  dexNotFound?: Answer;
  /** True when the plain HTTP port is open. */
  plainPort: boolean;
  firstLogin?: LoginResult;
  secondLogin?: LoginResult;
  first?: Session;
  second?: Session;
  view?: View;
  sign?: SignCookie;
}

/** @returns the Cookie header of a session */
export function cookieOf(session: Session): string {
  return [...session.cookies].map(([name, value]) => `${name}=${value}`).join('; ');
}
