import type { PlatformSite } from './known.ts';

/**
 * Whether a browser that follows a Location stays on the platform (apps with hosts of their own included), also after a login.
 * Parsed as in browsers: `\` is `/`, whitespace and control characters are dropped (https://url.spec.whatwg.org).
 *
 * OAuth2 Proxy keeps the return address of a login in `state`: a nonce, a colon, and the URL-encoded address.
 */
export function staysHome(location: string, site: PlatformSite): boolean {
  const url = atHome(location, site);
  if (url === undefined) return false;
  const state = url.searchParams.get('state');
  if (url.pathname !== '/dex/auth' || state === null) return true;
  return atHome(decoded(state.slice(state.indexOf(':') + 1)), site) !== undefined;
}

function atHome(location: string, site: PlatformSite): URL | undefined {
  if (!URL.canParse(location, site.origin)) return undefined;
  const url = new URL(location, site.origin);
  return homeOf(site).includes(url.origin) ? url : undefined;
}

/** Origins of the platform: OAuth2 Proxy also allows a login to return to apps with hosts of their own. */
function homeOf({ authority, places, logins }: PlatformSite): string[] {
  const authorities = [
    authority,
    ...logins,
    ...places.flatMap(({ own }) => (own === undefined ? [] : [own.authority])),
  ];
  return authorities.map((one) => new URL(`https://${one}`).origin);
}

/** Decodes a URL component; invalid encodings stay unchanged. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** @returns the return address of the login that a Location starts; undefined when it is not a login */
export function returnsTo(location: string, site: PlatformSite): string | undefined {
  const state = atHome(location, site)?.searchParams.get('state');
  return state === null || state === undefined ? undefined : decoded(state.slice(state.indexOf(':') + 1));
}
