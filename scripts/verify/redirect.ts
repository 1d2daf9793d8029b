import type { Site } from './known.ts';

/**
 * Whether a browser that follows a Location stays on the platform, apps on hosts of their own included, and still does after a login.
 * Read as browsers do: `\` is `/`, blanks and control characters are dropped (https://url.spec.whatwg.org).
 *
 * OAuth2 Proxy keeps where a login returns to in `state`, behind a nonce and a colon, URL-encoded.
 */
export function staysHome(location: string, site: Site): boolean {
  const url = atHome(location, site);
  if (url === undefined) return false;
  const state = url.searchParams.get('state');
  if (url.pathname !== '/dex/auth' || state === null) return true;
  return atHome(decoded(state.slice(state.indexOf(':') + 1)), site) !== undefined;
}

function atHome(location: string, site: Site): URL | undefined {
  if (!URL.canParse(location, site.origin)) return undefined;
  const url = new URL(location, site.origin);
  return homeOf(site).includes(url.origin) ? url : undefined;
}

/** A login that began at an app on a host of its own leads back there: OAuth2 Proxy's list of allowed ways back has these, too. */
function homeOf({ authority, places }: Site): string[] {
  const authorities = [authority, ...places.flatMap(({ own }) => (own === undefined ? [] : [own.authority]))];
  return authorities.map((one) => new URL(`https://${one}`).origin);
}

/** What is not an encoding stays as it is. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** @returns where a login that is asked for will return to, or undefined when the Location is not a login */
export function returnsTo(location: string, site: Site): string | undefined {
  const state = atHome(location, site)?.searchParams.get('state');
  return state === null || state === undefined ? undefined : decoded(state.slice(state.indexOf(':') + 1));
}
